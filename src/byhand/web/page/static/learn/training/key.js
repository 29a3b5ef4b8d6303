// What was started from this browser: where only who has the key of a training may command it, each of its tabs may,
// and one that was closed and opened again.

/**
 * A training that was started, or taken over, here.
 * @typedef {{key: string, started: string, settings: Record<string, unknown>}} Own
 */

const NAME = "byhand-training";

/** @returns {Own | null} what was started from this browser */
export function recall() {
  try {
    return JSON.parse(localStorage.getItem(NAME) ?? "null");
  } catch {
    return null; // A browser that keeps nothing, or something else under that name.
  }
}

/**
 * @param {Own | null} own
 * @returns {Own | null} the same
 */
export function remember(own) {
  try {
    if (own) localStorage.setItem(NAME, JSON.stringify(own));
    else localStorage.removeItem(NAME);
  } catch {
    // A browser that keeps nothing: the key lives as long as the page.
  }
  return own;
}

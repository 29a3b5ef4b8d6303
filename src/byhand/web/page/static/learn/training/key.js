// What this tab started itself: only who has the key of a training may command it, and a tab keeps it when it is
// loaded again.

/** @typedef {{key: string, started: string, settings: Record<string, unknown>}} Own a training that was started here */

const NAME = "byhand-training";

/** @returns {Own | null} what was started from this tab */
export function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(NAME) ?? "null");
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
    if (own) sessionStorage.setItem(NAME, JSON.stringify(own));
    else sessionStorage.removeItem(NAME);
  } catch {
    // A browser that keeps nothing: the key lives as long as the page.
  }
  return own;
}

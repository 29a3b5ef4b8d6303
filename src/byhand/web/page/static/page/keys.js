// Keys that work anywhere in a view, and never while somebody types. Who speaks to the computer, or hits keys by
// accident, can switch the ones off that are a single sign.

/** @typedef {ReturnType<typeof createKeys>} Keys */

const TYPING = "input:not([type=range], [type=checkbox], [type=radio], [type=file]), select, textarea, dialog[open]";
const PLACE = "byhand-keys"; // in the browser's memory

/** @returns {string | null} */
function remembered() {
  try {
    return localStorage.getItem(PLACE);
  } catch {
    return null; // Some browsers keep nothing for a page that is a file.
  }
}

/**
 * Make the keys, on or off as they were left.
 * @param {EventTarget} [target] within which they work
 */
export function createKeys(target = globalThis) {
  let on = remembered() !== "off";
  return {
    /** Whether keys that are a single sign do something. */
    get on() { return on; },

    /** @param {boolean} wanted */
    turn(wanted) {
      on = wanted;
      try {
        localStorage.setItem(PLACE, wanted ? "on" : "off");
      } catch {
        // Then it holds until the page is closed.
      }
    },

    /**
     * Do something when a key is pressed.
     * @param {Record<string, () => void>} actions by the key's name; "Ctrl+z" also stands for the Command key
     * @returns {() => void} to listen no more
     */
    listen(actions) {
      /** @param {Event} happened */
      function pressed(happened) {
        const event = /** @type {KeyboardEvent} */ (happened);
        if (event.defaultPrevented || (event.target instanceof Element && event.target.closest(TYPING))) return;
        // Many keyboards have the brackets only on a third level, so there Alt belongs to the sign itself.
        const bracket = event.key === "[" || event.key === "]";
        if (!bracket && event.altKey) return;
        const control = !bracket && (event.ctrlKey || event.metaKey);
        if (!on && !control && event.key.length === 1) return;
        const action = actions[control ? `Ctrl+${event.key}` : event.key];
        if (!action) return;
        event.preventDefault();
        action();
      }
      target.addEventListener("keydown", pressed);
      return () => target.removeEventListener("keydown", pressed);
    },
  };
}

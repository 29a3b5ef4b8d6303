// Keys that work anywhere in a view, and never while somebody types. Who speaks to the computer, or hits keys by
// accident, can switch the ones off that are a single sign.

/** @typedef {ReturnType<typeof createKeys>} Keys */

const TYPING = "input:not([type=range], [type=checkbox], [type=radio], [type=file]), select, textarea, dialog[open]";
const PRESSED = "button, a, summary"; // what the space bar presses, if it was gone to by keyboard
const FIELDS = "input, select, textarea, dialog, [role=listbox], [role=application], [role=region]"; // which need it
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
  /** @type {Element | null} */ let clicked = null; // what the pointer pressed last, if no Tab has come since
  target.addEventListener("pointerdown", ({ target: at }) => {
    clicked = at instanceof Element ? at.closest(PRESSED) : null;
  }, { capture: true });
  target.addEventListener("keydown", (event) => {
    if (/** @type {KeyboardEvent} */ (event).key === "Tab") clicked = null;
  }, { capture: true });

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
     * Do something when the space bar is pressed: not in a field, nor on a button that the keyboard has gone to. A
     * button that was clicked has the focus, too, but who clicked it does not mean to press it again.
     * @param {() => void} action
     * @returns {() => void} to listen no more
     */
    space(action) {
      /** @param {Event} happened */
      function pressed(happened) {
        const event = /** @type {KeyboardEvent} */ (happened);
        if (event.key !== " " || event.defaultPrevented || event.repeat || !on) return;
        if (event.ctrlKey || event.altKey || event.metaKey || !(event.target instanceof Element)) return;
        const button = event.target.closest(PRESSED);
        if (event.target.closest(FIELDS) || (button && button !== clicked)) return;
        event.preventDefault();
        target.addEventListener("keyup", (up) => up.preventDefault(), { once: true }); // Some press buttons only then.
        action();
      }
      target.addEventListener("keydown", pressed);
      return () => target.removeEventListener("keydown", pressed);
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

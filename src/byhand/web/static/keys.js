// Keys that work anywhere in a view, and never while somebody types.

const TYPING = "input:not([type=range], [type=checkbox], [type=radio], [type=file]), select, textarea, dialog[open]";

/**
 * Do something when a key is pressed.
 * @param {Record<string, () => void>} actions by the key's name; "Ctrl+z" also stands for the Command key
 * @returns {() => void} to listen no more
 */
export function listenKeys(actions) {
  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.defaultPrevented || (event.target instanceof Element && event.target.closest(TYPING))) return;
    // Many keyboards have the brackets only on a third level, so there Alt belongs to the sign itself.
    const bracket = event.key === "[" || event.key === "]";
    if (!bracket && event.altKey) return;
    const action = actions[!bracket && (event.ctrlKey || event.metaKey) ? `Ctrl+${event.key}` : event.key];
    if (!action) return;
    event.preventDefault();
    action();
  }
  addEventListener("keydown", pressed);
  return () => removeEventListener("keydown", pressed);
}

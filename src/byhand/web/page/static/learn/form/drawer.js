// The drawer that the form lies in: open, it covers what stands at the side of a wide screen; on a narrow one it opens
// where it is.

import { h } from "../../elements/dom.js";
import { words } from "../words.js";

const text = words.settings;

/**
 * @param {HTMLElement} content
 * @returns {{element: HTMLElement, handle: HTMLButtonElement, open: () => void}} the button that opens and closes it
 */
export function createDrawer(content) {
  const handle = h("button", {
    type: "button", class: "handle", "aria-expanded": "false", "aria-controls": "learn-drawer",
    onclick: () => turn(element.hidden === true),
  }, text.title);
  const element = h("section", {
    class: "card settings", id: "learn-drawer", hidden: true, "aria-labelledby": "learn-settings",
    onkeydown: (/** @type {KeyboardEvent} */ event) => event.key === "Escape" && turn(false),
  }, h("div", { class: "row spread" }, h("h2", { id: "learn-settings", tabIndex: -1 }, text.title),
    h("button", { type: "button", class: "quiet", onclick: () => turn(false) }, text.close)), content);

  /** @param {boolean} wanted whether it shall be open */
  function turn(wanted) {
    const inside = element.contains(document.activeElement);
    element.hidden = !wanted;
    handle.setAttribute("aria-expanded", String(wanted));
    if (wanted) element.querySelector("h2")?.focus();
    else if (inside) handle.focus();
  }

  return { element, handle, open: () => element.hidden && turn(true) };
}

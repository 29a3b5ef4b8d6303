// How what is on the page is handed on: its link, copied; where the server asks for a token, the whole link with it, and
// a code that a phone reads from the wall.

import { h, say, svg } from "../elements/dom.js";
import { askJson, sentenceOf } from "../server/api.js";
import { facts } from "../server/facts.js";
import { words } from "./words.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {{link: string, size: number, path: string}} Shared */

const HANDED = /** @type {const} */ ({ size: "usual", theme: "auto" }); // A class has no projector, but screens of its own.
const COPIED = 2500; // milliseconds for which the button says so
const HERE = /^(localhost|127\.[\d.]+|\[::1\])$/; // names of this machine that mean another one elsewhere

/**
 * Make the button that hands the page on, and the dialog that it may open.
 * @param {App} app
 * @returns {{button: HTMLElement, dialog: HTMLElement | null}}
 */
export function createShare(app) {
  if (!facts?.shared) {
    const button = h("button", { class: "quiet", onclick: () => copyLink(app, button) }, words.share.copy);
    return { button, dialog: null };
  }
  const dialog = createDialog(app);
  return { button: h("button", { class: "quiet", onclick: dialog.open }, words.share.open), dialog: dialog.element };
}

/**
 * Copy the link to this very state.
 * @param {App} app
 * @param {HTMLElement} button
 */
async function copyLink(app, button) {
  const link = new URL(app.store.link(), location.href).href;
  history.replaceState(null, "", link);
  try {
    await navigator.clipboard.writeText(link);
    say(button, words.share.copied);
  } catch {
    say(button, words.share.inBar); // Without the clipboard it still stands in the address bar.
  }
  setTimeout(() => say(button, words.share.copy), COPIED);
}

/** @param {App} app */
function createDialog(app) {
  const text = words.share;
  const title = h("h2", { id: "share-title" }, text.title);
  const body = h("div", { class: "sharing" });
  /** @type {HTMLDialogElement} */
  const element = h("dialog", { "aria-labelledby": title.id }, title, body,
    h("div", { class: "row" }, h("button", { class: "primary", onclick: () => element.close() }, words.close)));

  async function open() {
    body.replaceChildren();
    element.showModal();
    const at = encodeURIComponent(new URL("./", location.href).href);
    try {
      body.replaceChildren(...shown(/** @type {Shared} */ (await askJson(`api/share?at=${at}`)), app.store.link(HANDED)));
    } catch (error) {
      body.replaceChildren(h("p", { class: "notice bad", role: "alert" }, sentenceOf(error)));
    }
  }
  return { element, open };
}

/**
 * Show a link and its code. The token stands in both, and nowhere else: the address bar is read by others, too.
 * @param {Shared} shared
 * @param {string} state what the page shows, as a link after "#"
 */
function shown({ link, size, path }, state) {
  const text = words.share;
  const whole = h("textarea", { // It shows all of a link that is typed from the wall, where a field would cut it.
    readOnly: true, rows: 3, spellcheck: false, value: link + (state.length > 1 ? state : ""), "aria-label": text.link,
    onfocus: () => whole.select(),
  });
  const copy = h("button", { type: "button", onclick: () => copyFrom(whole, copy) }, text.copy);
  const far = !HERE.test(new URL(link).hostname);
  return [
    far && svg("svg", { class: "code", viewBox: `0 0 ${size} ${size}`, role: "img", "aria-label": text.code },
      svg("rect", { width: size, height: size, class: "paper" }), svg("path", { d: path })),
    h("p", {}, far ? text.how : text.here),
    h("div", { class: "row" }, whole, copy),
    h("p", { class: "muted small" }, text.care),
  ].filter((part) => part !== false);
}

/**
 * Copy what stands in a field; without a clipboard, as over plain HTTP, in the way of old.
 * @param {HTMLTextAreaElement} field
 * @param {HTMLElement} button
 */
async function copyFrom(field, button) {
  let done = true;
  try {
    await navigator.clipboard.writeText(field.value);
  } catch {
    field.focus();
    done = document.execCommand("copy");
  }
  say(button, done ? words.share.copied : words.share.selected);
  setTimeout(() => say(button, words.share.copy), COPIED);
}

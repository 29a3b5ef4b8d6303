// The first lines of a view: what it is called, and what it is about. Who has been there before knows that, and has more
// use for the room: then it is folded.

import { h } from "../elements/dom.js";

const PLACE = "byhand-seen"; // in the browser's memory: the views that were visited

/**
 * Tell whether a view was visited before, and remember that it is now.
 * @param {string} view
 * @returns {boolean}
 */
function wasSeen(view) {
  try {
    const seen = (localStorage.getItem(PLACE) ?? "").split(" ");
    if (seen.includes(view)) return true;
    localStorage.setItem(PLACE, [...seen, view].join(" ").trim());
  } catch {
    // Some browsers keep nothing for a page that is a file: then each visit is the first.
  }
  return false;
}

/**
 * @param {string} view
 * @param {string | Node} title
 * @param {...import("../elements/dom.js").Child} about
 * @returns {HTMLElement}
 */
export function createLead(view, title, ...about) {
  return h("header", { class: "lead" }, h("details", { open: !wasSeen(view) },
    h("summary", {}, h("h1", {}, title)), h("p", { class: "muted" }, about)));
}

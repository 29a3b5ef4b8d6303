// Links from one view to another, which go there without loading the page anew.

import { h } from "../elements/dom.js";

/** @typedef {import("./app.js").App} App */

/**
 * Make a link to a view that holds the whole state. To write it takes as long as the drawing is, so that is done only
 * when somebody is about to use it.
 * @param {App} app
 * @param {string} view
 * @param {string} name
 * @param {Record<string, string>} [properties]
 * @param {() => Partial<import("../link/link.js").State>} [more] what else is to be seen there
 * @returns {HTMLAnchorElement}
 */
export function linkTo({ store }, view, name, properties = {}, more = () => ({})) {
  const freshen = () => { link.href = store.link({ view, ...more() }); };
  /** Follow the link by way of the store, so that nothing drawn is lost. @param {MouseEvent} event */
  function follow(event) {
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    if (view !== store.state.view) store.go({ view, ...more() });
  }
  const link = h("a", {
    "data-view": view, onclick: follow, onpointerdown: freshen, onpointerenter: freshen, onfocus: freshen,
    oncontextmenu: freshen, ...properties,
  }, name);
  freshen();
  return link;
}

/**
 * The last line of a view: where to go next.
 * @param {App} app
 * @param {string} view
 * @param {string} why
 * @param {string} name
 * @returns {HTMLElement}
 */
export function onwards(app, view, why, name) {
  return h("p", { class: "onwards" }, why, " ", linkTo(app, view, name));
}

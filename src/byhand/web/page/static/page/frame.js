// The frame around the views: the name, the tabs, the link to copy, the keys, the colours, and which network reads.

import { count } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { CHOICES } from "../link/link.js";
import { exported } from "../server/carrying.js";
import { linkTo } from "./links.js";
import { createShare } from "./share.js";
import { words } from "./words.js";

/** @typedef {import("./app.js").App} App */

/** The views that this page has. */
export const views = CHOICES.view;
/** @type {Record<string, string>} */ const names = words.views;

/**
 * Return the view to show: the one that the link names, if this page has it.
 * @param {{view: string}} state
 * @returns {string}
 */
export function viewOf({ view }) {
  return views.includes(view) ? view : "draw";
}

const find = (/** @type {string} */ selector) => /** @type {HTMLElement} */ (document.querySelector(selector));

/**
 * Put the frame around the page, and keep it true.
 * @param {App} app
 */
export function createFrame(app) {
  const { store } = app;
  const main = find("#main");
  const tabs = views.map((view) => linkTo(app, view, names[view]));
  const themes = /** @type {Record<string, string>} */ (words.theme);
  const theme = h("select", { "aria-label": words.theme.label, onchange: () => store.set({ theme: theme.value }) },
    CHOICES.theme.map((name) => h("option", { value: name }, themes[name])));
  const keys = keysDialog(app);
  const large = h("button", {
    class: "quiet large", title: words.large.title,
    onclick: () => store.set({ size: store.state.size === "large" ? "usual" : "large" }),
  }, words.large.name);
  const share = createShare(app);
  const wordmark = linkTo(app, "draw", words.name, { class: "wordmark", title: words.tagline });
  const chip = trainedChip(app);
  find("#header").replaceChildren(
    wordmark,
    h("nav", { class: "tabs", "aria-label": words.nav }, tabs),
    h("div", { class: "aside" }, share.button, large,
      h("button", { class: "quiet", onclick: keys.open }, words.keys.open), theme),
    chip.element, keys.element, ...(share.dialog ? [share.dialog] : []));
  const network = h("span");
  find("#footer").replaceChildren(network, ...(exported ? [] : [" ", h("a", { href: "api" }, words.api)]));
  const skip = find(".skip");
  say(skip, words.skip);
  skip.addEventListener("click", (event) => {
    event.preventDefault(); // "#main" would be read as a state, and the drawing be gone.
    main.focus();
  });

  function update() {
    const { state } = store;
    theme.value = state.theme;
    document.documentElement.dataset.theme = state.theme;
    document.documentElement.dataset.size = state.size;
    large.setAttribute("aria-pressed", String(state.size === "large"));
    for (const tab of tabs) {
      if (tab.dataset.view === state.view) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
    }
    chip.update();
  }

  /** Say which network it is. */
  function describe() {
    const { sizes, theta } = app.model;
    say(network, fill(words.footer, { sizes: sizes.join("–"), parameters: count(theta.length) }));
    chip.update();
  }

  const digits = tabs.map((tab, k) => [String(k + 1), () => tab.click()]);
  app.keys.listen({ ...Object.fromEntries(digits), "?": keys.open, l: () => large.click() });
  app.on("model", describe);
  store.subscribe(update);
  update();
  describe();
}

/**
 * Make the line that says that another network reads than the one the page came with, and the way back to that.
 * @param {App} app
 */
function trainedChip(app) {
  const back = h("button", { type: "button", onclick: () => app.store.set({ model: "served" }) }, words.trained.back);
  const said = h("span", {}, words.trained.reads);
  const element = h("div", { class: "trained", role: "status" });
  let shown = false;

  function update() {
    const wanted = app.store.state.model === "training" && app.model !== app.served;
    if (wanted === shown) return;
    if (shown && element.contains(document.activeElement)) find("#main").focus();
    shown = wanted;
    element.replaceChildren(...(shown ? [said, back] : [])); // A status that was hidden is not read out.
  }
  return { element, update };
}

/**
 * Make the dialog that tells which keys there are, those of the view first.
 * @param {App} app
 */
function keysDialog(app) {
  const title = h("h2", { id: "keys-title" }, words.keys.title);
  const tables = h("div", { class: "keys" });
  const box = h("input", { type: "checkbox", id: "keys-on", role: "switch", onchange: () => app.keys.turn(box.checked) });
  /** @type {HTMLDialogElement} */
  const element = h("dialog", { "aria-labelledby": title.id }, title, tables,
    h("div", { class: "switching" },
      h("label", { class: "switch", for: box.id }, box, words.keys.on),
      h("p", { class: "muted small", id: "keys-why" }, words.keys.why)),
    h("div", { class: "row" }, h("button", { class: "primary", onclick: () => element.close() }, words.close)));
  box.setAttribute("aria-describedby", "keys-why");

  function open() {
    const view = viewOf(app.store.state);
    const lists = /** @type {Record<string, string[][]>} */ (words.keys.of);
    tables.replaceChildren(
      ...keysTable(fill(words.keys.here, { view: names[view] }), lists[view] ?? []),
      ...keysTable(words.keys.anywhere, words.keys.everywhere));
    box.checked = app.keys.on;
    element.showModal();
  }
  return { element, open };
}

/**
 * @param {string} title
 * @param {string[][]} list of keys and what they do
 */
function keysTable(title, list) {
  return [h("h3", {}, title), h("table", {}, h("tbody", {}, list.map(([keys, what]) =>
    h("tr", {}, h("th", { scope: "row" }, keys.split(" ").flatMap((one) => [h("kbd", {}, one), " "])),
      h("td", {}, what)))))];
}

// Starts the page: the frame around the views, the tabs, the keys, and the way from the link to the view.

import { exported } from "./api.js";
import { createApp } from "./app.js";
import { fill, h, say } from "./dom.js";
import { forget } from "./palette.js";
import { words } from "./words/en.js";

/** @typedef {import("./app.js").App} App */
/** @typedef {{mount: (host: HTMLElement, app: App) => (() => void)}} View */

/** @type {Record<string, () => Promise<View>>} */
const VIEWS = {
  draw: () => import("./views/draw.js"),
  learn: () => import("./views/learn.js"),
  step: () => import("./views/step.js"),
  judge: () => import("./views/judge.js"),
  break: () => import("./views/break.js"),
};
const THEMES = ["auto", "light", "dark"];

/** @type {Record<string, string>} */ const names = words.views;
const header = /** @type {HTMLElement} */ (document.getElementById("header"));
const main = /** @type {HTMLElement} */ (document.getElementById("main"));

/**
 * Show an error that no view could handle, in words.
 * @param {unknown} error
 */
function complain(error) {
  main.replaceChildren(h("p", { class: "notice bad", role: "alert" }, error instanceof Error && error.message
    ? error.message : words.noServer));
}

/** @param {App} app */
function frame(app) {
  const tabs = Object.keys(VIEWS).filter((view) => !exported || view === "draw").map((view) =>
    h("a", { href: app.store.link({ view }), "data-view": view, onclick: follow }, names[view]));
  /** Follow the link by way of the store, so that nothing drawn is lost. @param {Event} event */
  function follow(event) {
    if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    const view = /** @type {HTMLElement} */ (event.currentTarget).dataset.view ?? "draw";
    if (view === app.store.state.view) return;
    history.pushState(null, "", app.store.link({ view }));
    app.store.set({ view });
    main.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }
  const theme = h("select", { "aria-label": words.theme.label, onchange: () => app.store.set({ theme: theme.value }) },
    THEMES.map((name) => h("option", { value: name }, /** @type {Record<string, string>} */ (words.theme)[name])));
  const keys = keysDialog();
  const share = h("button", { class: "quiet", onclick: () => copyLink(app, share) }, words.share);
  header.replaceChildren(
    h("a", { class: "wordmark", href: "/", title: words.tagline, onclick: exported ? undefined : null }, words.name),
    tabs.length > 1 ? h("nav", { class: "tabs", "aria-label": words.nav }, tabs) : h("span"),
    h("div", { class: "aside" }, share, h("button", { class: "quiet", onclick: () => keys.showModal() }, words.keys.open),
      theme),
    keys);
  const footer = /** @type {HTMLElement} */ (document.getElementById("footer"));
  say(/** @type {Element} */ (document.querySelector(".skip")), words.skip);
  const update = () => {
    const { state } = app.store;
    theme.value = state.theme;
    document.documentElement.dataset.theme = state.theme;
    forget();
    for (const tab of tabs) {
      if (tab.dataset.view === state.view) tab.setAttribute("aria-current", "page");
      else tab.removeAttribute("aria-current");
      tab.href = app.store.link({ view: tab.dataset.view });
    }
    const { sizes, theta } = app.model;
    say(footer, fill(words.footer, { sizes: sizes.join("–"), parameters: theta.length.toLocaleString("en") }));
  };
  app.on("model", update);
  update();
  return update;
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
    say(button, words.shared);
  } catch {
    say(button, words.sharedInBar); // Without the clipboard it still stands in the address bar.
  }
  setTimeout(() => say(button, words.share), 2500);
}

/** The dialog that tells which keys there are. */
function keysDialog() {
  const close = () => dialog.close();
  /** @type {HTMLDialogElement} */
  const dialog = h("dialog", { "aria-labelledby": "keys-title" },
    h("h2", { id: "keys-title" }, words.keys.title),
    h("table", { class: "keys" }, h("tbody", {}, words.keys.list.map(([key, what]) =>
      h("tr", {}, h("th", { scope: "row" }, key.split(" ").flatMap((one) => [h("kbd", {}, one), " "])), h("td", {}, what))))),
    h("div", { class: "row" }, h("button", { class: "primary", onclick: close }, words.close)));
  return dialog;
}

/**
 * Show the view that the state names; the one before is taken down first.
 * @param {App} app
 */
function router(app) {
  let unmount = () => {};
  let shown = "";
  return async () => {
    const wanted = app.store.state.view in VIEWS && !(exported && app.store.state.view !== "draw")
      ? app.store.state.view : "draw";
    if (wanted === shown) return;
    shown = wanted;
    try {
      const view = await VIEWS[wanted]();
      if (shown !== wanted) return; // Another tab was chosen while this one was loading.
      unmount();
      const host = h("div", { class: `view view-${wanted}`, "data-view": wanted });
      main.replaceChildren(host);
      document.title = `${names[wanted]} · ${words.name}`;
      unmount = view.mount(host, app);
    } catch (error) {
      unmount = () => {};
      complain(error);
      throw error;
    }
  };
}

/** Start everything. */
async function start() {
  let app;
  try {
    app = await createApp();
  } catch (error) {
    complain(error);
    throw error;
  }
  const update = frame(app);
  const route = router(app);
  app.store.subscribe((state, changed) => {
    update();
    if (changed.has("theme")) app.themeChanged();
    void route();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => {
    forget();
    app.themeChanged();
  });
  addEventListener("keydown", (event) => {
    const typing = event.target instanceof Element && event.target.closest("input, select, textarea, dialog[open]");
    if (event.key === "?" && !typing) /** @type {HTMLDialogElement} */ (header.querySelector("dialog")).showModal();
    const number = "12345".indexOf(event.key);
    if (number >= 0 && !typing && !event.ctrlKey && !event.altKey && !event.metaKey) {
      /** @type {HTMLElement | undefined} */ (header.querySelectorAll(".tabs a")[number])?.click();
    }
  });
  await route();
  performance.mark("can-draw"); // benchmarks/page.py reads it
  Object.assign(globalThis, { byhand: app }); // for who is curious: type byhand.reading into the browser's console
}

void start();

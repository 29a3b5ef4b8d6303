// Starts the page: the application, the frame around it, and the way from the link to the view.

import { forget } from "./charts/palette.js";
import { h } from "./elements/dom.js";
import { createApp } from "./page/app.js";
import { createFrame, viewOf } from "./page/frame.js";
import { followPrinting } from "./page/printing.js";
import { words } from "./page/words.js";
import { sentenceOf } from "./server/api.js";
import { exported } from "./server/carrying.js";

/** @typedef {import("./page/app.js").App} App */
/** @typedef {{mount: (host: HTMLElement, app: App) => (() => void)}} View */

/** @type {Record<string, () => Promise<View>>} */
const VIEWS = {
  draw: () => import("./draw/view.js"),
  learn: () => import("./learn/view.js"),
  step: () => import("./step/view.js"),
  judge: () => import("./judge/view.js"),
  break: () => import("./break/view.js"),
};
const IDLE = 1000; // milliseconds after which the other views are fetched

/** @type {Record<string, string>} */ const names = words.views;
const main = /** @type {HTMLElement} */ (document.getElementById("main"));

/**
 * Show an error that no view could handle, in words, and the way out of it.
 * @param {string} sentence
 * @param {() => void} again
 */
function complain(sentence, again) {
  main.replaceChildren(h("div", { class: "notice bad", role: "alert" },
    h("p", {}, sentence), h("button", { type: "button", onclick: again }, words.again)));
}

/**
 * Show the view that the state names; the one before is taken down first.
 * @param {App} app
 */
function router(app) {
  let unmount = () => {};
  let shown = "";

  /** Take the view down that is there. */
  function clear() {
    const last = unmount;
    unmount = () => {};
    last();
  }

  /** @param {string} wanted */
  async function show(wanted) {
    shown = wanted;
    /** @type {View} */ let view;
    try {
      view = await VIEWS[wanted]();
    } catch {
      if (shown !== wanted) return;
      shown = "";
      clear();
      return complain(words.noServer, () => void route());
    }
    if (shown !== wanted) return; // Another tab was chosen while this one was loading.
    try {
      clear();
      const host = h("div", { class: `view view-${wanted}`, "data-view": wanted });
      main.replaceChildren(host);
      document.title = `${names[wanted]} · ${words.name}`;
      unmount = view.mount(host, app);
    } catch (error) {
      shown = "";
      complain(sentenceOf(error), () => void route());
    }
  }

  async function route() {
    const wanted = viewOf(app.store.state);
    if (wanted !== shown) await show(wanted);
  }
  return route;
}

/** Start everything. */
async function start() {
  let app;
  try {
    app = await createApp();
  } catch (error) {
    return complain(sentenceOf(error), () => location.reload());
  }
  const retheme = () => {
    forget();
    app.themeChanged();
  };
  createFrame(app);
  const route = router(app);
  app.store.subscribe((_, changed) => {
    if (changed.has("theme")) retheme();
    void route();
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", retheme);
  followPrinting(retheme);
  await route();
  performance.mark("can-draw"); // benchmarks/page.py reads it
  Object.assign(globalThis, { byhand: app }); // for who is curious: type byhand.reading into the browser's console
  // What is here already opens at once, even if the server has been ended meanwhile.
  if (!exported) setTimeout(() => Object.values(VIEWS).forEach((load) => void load().catch(() => {})), IDLE);
}

void start();

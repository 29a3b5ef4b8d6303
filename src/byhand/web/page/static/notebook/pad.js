// The pad in a notebook: the page's own parts about one core, and what is drawn told to Python, which does the same
// with it. web/page/modules.py puts this and all that it calls into one module, so that a host loads nothing else.

import { forget } from "../charts/palette.js";
import { h } from "../elements/dom.js";
import { fromBase64 } from "../link/base64.js";
import { DEFAULTS } from "../link/link.js";
import { parseModel } from "../network/model.js";
import { createInspector } from "../draw/network/inspector.js";
import { createNetwork } from "../draw/network/network.js";
import { createWhy } from "../draw/network/why.js";
import { createOutputs } from "../draw/outputs.js";
import { soundStrokes } from "../draw/pad/recording.js";
import { createSurface } from "../draw/pad/surface.js";
import { createPrepared } from "../draw/prepared.js";
import { createCore } from "../page/core.js";
import { createKeys } from "../page/keys.js";
import { createState } from "../page/state.js";
import { watchColours } from "./colours.js";
import { words } from "./words.js";

/** @typedef {import("../page/core.js").App} App */
/** @typedef {{element: HTMLElement, dispose: () => void}} Part */
/**
 * What Python knows of the pad, as anywidget hands it over.
 * @typedef {object} Shared
 * @property {(name: string) => any} get
 * @property {(name: string, value: unknown) => void} set
 * @property {() => void} save_changes
 * @property {(event: string, listener: () => void) => void} on
 * @property {(event: string, listener: () => void) => void} off
 */

/**
 * Show the pad.
 * @param {{model: Shared, el: HTMLElement}} given
 * @returns {() => void} to take it down
 */
function render({ model: shared, el }) {
  const host = h("div");
  const root = host.attachShadow({ mode: "open" }); // The notebook's styles stay outside, and the pad's inside.
  const sheet = new CSSStyleSheet();
  sheet.replaceSync(shared.get("_styles"));
  root.adoptedStyleSheets = [sheet];
  const pad = h("div", { class: "notebook-pad" });
  root.append(pad);
  el.append(host);

  const nowhere = { visit: () => {}, go: () => {}, link: () => "", returned: false }; // Nothing leads out of a notebook.
  const store = { ...createState({ ...DEFAULTS }), ...nowhere };
  const app = createCore(store, parseModel(bytesOf(shared.get("_network"))), createKeys(pad), { over: false }); // as Python does
  const stopKeeping = keepKeys(host, pad);
  const stopTelling = connect(app, shared);
  const parts = show(app, pad);
  const stopWatching = watchColours(root, (dark) => {
    pad.style.colorScheme = dark ? "dark" : "light";
    forget(pad);
    app.themeChanged();
  });
  return () => {
    stopWatching();
    stopTelling();
    stopKeeping();
    parts.forEach((part) => part.dispose());
    host.remove();
  };
}

/**
 * Keep the keys that the pad knows from the notebook, whose commands they may be as well; Ctrl+S goes on saving it.
 * @param {HTMLElement} host
 * @param {HTMLElement} pad
 * @returns {() => void} to keep them no more
 */
function keepKeys(host, pad) {
  const known = (/** @type {KeyboardEvent} */ { ctrlKey, metaKey, altKey, key }) =>
    key === "z" || !(ctrlKey || metaKey || altKey);
  // JupyterLab listens before the pad does, and looks for this attribute.
  const mark = (/** @type {KeyboardEvent} */ event) => host.toggleAttribute("data-lm-suppress-shortcuts", known(event));
  addEventListener("keydown", mark, { capture: true });
  pad.addEventListener("keydown", (event) => known(event) && event.stopPropagation());
  return () => removeEventListener("keydown", mark, { capture: true });
}

/**
 * Put the parts together; the inside of the network is made when it is first opened.
 * @param {App} app
 * @param {HTMLElement} pad
 * @returns {Part[]}
 */
function show(app, pad) {
  const surface = createSurface(app);
  const parts = [surface, createOutputs(app), createPrepared(app)];
  const inside = h("div", { class: "inside-parts" });
  const details = h("details", { class: "card inside", ontoggle: open }, h("summary", {}, words.inside), inside);

  /** Show every number of the network. */
  function open() {
    if (!details.open || inside.childElementCount) return;
    const more = [createNetwork(app), createInspector(app), createWhy(app)];
    inside.append(...more.map((part) => part.element));
    parts.push(...more);
  }

  pad.append(
    h("section", { class: "card pad", "aria-label": words.title },
      surface.element, h("div", { class: "pad-tools" }, surface.tools)),
    parts[1].element, parts[2].element, details);
  return parts;
}

/**
 * Tell Python what is drawn, and draw what Python tells.
 * @param {App} app
 * @param {Shared} shared
 * @returns {() => void} to do neither any more
 */
function connect(app, shared) {
  const { state } = app.store;
  let busy = false; // telling or hearing, which do not answer each other

  /** @param {() => void} act */
  function once(act) {
    if (busy) return;
    busy = true;
    try {
      act();
    } finally {
      busy = false;
    }
  }

  /** Tell what was changed here. */
  const tell = () => once(() => {
    /** @type {Record<string, unknown>} */ const here = { strokes: state.strokes, centred: state.centred };
    if (!app.sample) here._given = "";
    const changes = Object.entries(here).filter(([name, value]) => !alike(shared.get(name), value));
    changes.forEach(([name, value]) => shared.set(name, value));
    if (changes.length) shared.save_changes();
  });

  /** Take over what was changed elsewhere: by Python, or in another view of this pad. */
  const hear = () => once(() => {
    app.store.set({ centred: shared.get("centred") });
    const strokes = soundStrokes(shared.get("strokes")) ?? [];
    if (!alike(strokes, state.strokes)) app.setStrokes(strokes);
    const given = shared.get("_given");
    if (given) app.useSample({ index: 0, name: "", pixels: fromBase64(given) }, null);
    else if (app.sample) app.backToPad();
  });

  const useNetwork = () => app.useModel(parseModel(bytesOf(shared.get("_network"))));
  app.store.set({ strokes: soundStrokes(shared.get("strokes")) ?? [] });
  hear();
  const stops = [app.store.subscribe(tell), app.on("ink", tell)];
  const heard = /** @type {[string, () => void][]} */ ([
    ["change:strokes", hear], ["change:_given", hear], ["change:centred", hear], ["change:_network", useNetwork],
  ]);
  heard.forEach(([event, listener]) => shared.on(event, listener));
  return () => {
    stops.forEach((stop) => stop());
    heard.forEach(([event, listener]) => shared.off(event, listener));
  };
}

/**
 * @param {unknown} one of plain values
 * @param {unknown} other
 */
function alike(one, other) {
  return one === other || JSON.stringify(one) === JSON.stringify(other);
}

/**
 * @param {DataView} view
 * @returns {ArrayBuffer} its bytes by themselves
 */
function bytesOf({ buffer, byteOffset, byteLength }) {
  return /** @type {ArrayBuffer} */ (buffer.slice(byteOffset, byteOffset + byteLength));
}

export default { render };

// A small lab: damage the network and see how much of it an answer needs.

import { h, stylesheet } from "../elements/dom.js";
import { terms } from "../elements/terms.js";
import { isFollowed, isGone } from "../page/followed.js";
import { createLead } from "../page/lead.js";
import { onwards } from "../page/links.js";
import { ask, sentenceOf } from "../server/api.js";
import { createBeside } from "./beside.js";
import { fromText, isNone, toText } from "./damage.js";
import { createLab } from "./lab.js";
import { createOutcome } from "./outcome.js";
import { createUnits } from "./units.js";
import { createWeights } from "./weights.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */

/**
 * @param {HTMLElement} host
 * @param {App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  stylesheet("charts/figures.css");
  stylesheet("break/break.css");
  const said = words;
  const news = h("div", { class: "notice row", role: "status", hidden: true }, h("span", {}, said.trained),
    h("button", { onclick: () => load() }, said.again));
  const body = h("div", { class: "lab-place" }, h("p", { class: "empty", role: "status" }, said.loading));
  host.append(createLead("break", said.title, ...terms(said.lead)),
    news, body, onwards(app, "draw", said.onwards, said.toDraw));
  const { store } = app;
  /** @type {ReturnType<typeof createBench> | null} */ let bench = null;

  /** Take the network that the page reads with, as it is now. */
  function load() {
    if (!isFollowed(app)) return; // The one that the link names is still being fetched.
    bench?.dispose();
    bench = createBench(app);
    news.hidden = true;
    body.replaceChildren(bench.element);
  }

  /** Take another network; but one that has only learned on changes many times a minute, and must not undo anything. */
  function follow() {
    if (bench?.model === app.model || !isFollowed(app)) return;
    if (bench?.of === store.state.model) news.hidden = false;
    else load();
  }

  load();
  const stops = [app.on("model", follow), store.subscribe((state, changed) => {
    if (changed.has("model")) follow();
    // Who goes back or opens a link finds what is broken there.
    if (bench && changed.has("break") && state.break !== toText(bench.lab.damage)) bench.take(state.break);
  })];
  return () => {
    stops.forEach((stop) => stop());
    bench?.dispose();
  };
}

/**
 * Everything for one network.
 * @param {App} app
 */
function createBench(app) {
  const { model, store } = app;
  const of = store.state.model;
  const said = words;
  const lab = createLab(model, said.outcome.start, (theta) => measure(of, theta),
    (error) => isGone(app, error) || outcome.fail(sentenceOf(error)));
  const units = createUnits(lab);
  const beside = createBeside(app, lab, units.show);
  const outcome = createOutcome(lab);
  const weights = createWeights(lab);

  /** Break what a link says is broken. @param {string} text */
  function take(text) {
    const damage = fromText(text, model.sizes);
    if (toText(damage) !== toText(lab.damage)) {
      if (isNone(damage)) lab.mend(said.outcome.mended);
      else lab.change("link", said.outcome.linked, damage);
    }
  }

  take(store.state.break);
  const parts = [units, beside, outcome, weights, lab];
  const stops = [
    app.keys.listen({ z: lab.undo, "Ctrl+z": lab.undo }),
    lab.on(() => store.set({ break: toText(lab.damage) })),
  ];
  return {
    of, model, lab, take,
    element: h("div", { class: "lab" }, outcome.strip,
      h("div", { class: "tools" }, weights.element, units.element, learned(model.sizes.length > 2)),
      outcome.element, beside.element),
    dispose() {
      stops.forEach((stop) => stop());
      for (const part of parts) part.dispose();
    },
  };
}

/**
 * What to look for.
 * @param {boolean} hasUnits
 */
function learned(hasUnits) {
  const said = words.learned;
  return h("section", { class: "card learned", "aria-labelledby": "learned-title" },
    h("h2", { id: "learned-title" }, said.title), h("p", {}, said.why), hasUnits && h("p", {}, said.care));
}

/**
 * Let the server read the test images with these parameters.
 * @param {string} of the network they are those of, damaged
 * @param {Float32Array} theta
 * @returns {Promise<import("../server/messages.js").Accuracy>}
 */
async function measure(of, theta) {
  const body = /** @type {Float32Array<ArrayBuffer>} */ (theta);
  const headers = { "Content-Type": "application/octet-stream" };
  return (await ask(`api/accuracy?of=${of}`, { method: "POST", body, headers })).json();
}

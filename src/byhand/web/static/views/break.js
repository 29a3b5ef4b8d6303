// A small lab: damage the network and see how much of it an answer needs.

import { ask, getModel } from "../api.js";
import { h, stylesheet } from "../dom.js";
import { createBeside } from "../break/beside.js";
import { createLab } from "../break/lab.js";
import { createOutcome } from "../break/outcome.js";
import { createUnits } from "../break/units.js";
import { createWeights } from "../break/weights.js";
import { listenKeys } from "../keys.js";
import { parseModel } from "../nn.js";
import { words } from "../words/en.js";

/** @typedef {import("../app.js").App} App */

/**
 * @param {HTMLElement} host
 * @param {App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  stylesheet("views/judge.css"); // its tables and charts
  stylesheet("views/break.css");
  const said = words.break;
  const body = h("div", { class: "lab-place" }, h("p", { class: "empty", role: "status" }, said.loading));
  host.append(h("header", { class: "lead" }, h("h1", {}, said.title), h("p", { class: "muted" }, said.lead)), body);
  let gone = false;
  let dispose = () => {};

  /** Take the served network, whichever one the page reads with: it is the one that the server can judge. */
  async function load() {
    try {
      const model = parseModel(await getModel("served"));
      if (gone) return;
      const lab = createLab(model, said.outcome.start, measure, (error) => outcome.fail(sentence(error)));
      const units = createUnits(lab);
      const beside = createBeside(app, lab, units.show);
      const outcome = createOutcome(lab);
      const weights = createWeights(lab);
      const unlisten = listenKeys({ z: lab.undo, "Ctrl+z": lab.undo });
      const parts = [lab, units, beside, outcome, weights];
      dispose = () => {
        unlisten();
        for (const part of parts) part.dispose();
      };
      body.replaceChildren(h("div", { class: "lab" }, outcome.element, outcome.strip,
        h("div", { class: "tools" }, weights.element, units.element, learned(model.sizes.length > 2)), beside.element));
    } catch (error) {
      if (!gone) body.replaceChildren(h("p", { class: "notice bad", role: "alert" }, sentence(error)));
    }
  }

  void load();
  return () => {
    gone = true;
    dispose();
  };
}

/**
 * What to look for.
 * @param {boolean} hasUnits
 */
function learned(hasUnits) {
  const said = words.break.learned;
  return h("section", { class: "card learned", "aria-labelledby": "learned-title" },
    h("h2", { id: "learned-title" }, said.title), h("p", {}, said.why), hasUnits && h("p", {}, said.care));
}

/**
 * Let the server read the test images with these parameters.
 * @param {Float32Array} theta
 * @returns {Promise<import("../break/lab.js").Score>}
 */
async function measure(theta) {
  const body = /** @type {Float32Array<ArrayBuffer>} */ (theta);
  const headers = { "Content-Type": "application/octet-stream" };
  return (await ask("/api/accuracy", { method: "POST", body, headers })).json();
}

/**
 * @param {unknown} error
 * @returns {string}
 */
function sentence(error) {
  return error instanceof Error && error.message ? error.message : words.noServer;
}

// Stage 7: the gradient of every weight, and the images that those of the first layer make.

import { count, greatest, percent, rounded, significant } from "../../charts/numbers.js";
import { paintDiverging } from "../../charts/paint.js";
import { fill, h, say } from "../../elements/dom.js";
import { incoming, layers } from "../../network/nn.js";
import { NETWORK } from "../lines.js";
import { words } from "../words.js";
import { enough } from "./digits.js";
import { createBatch } from "./batch.js";
import { chosenWeights } from "./chosen.js";
import { createImage, createUnitField, nameOf, sub } from "./flow.js";
import { createNudge } from "./nudge.js";
import { createFormula, halves, scrolling } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */
/** @typedef {import("./parts.js").Now} Now */

const MOST_UNITS = 8; // whose gradients are shown small

/**
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createGradient(lesson) {
  const text = words.gradient;
  const weights = createImage(lesson, text.weights);
  const gradient = createImage(lesson, text.image);
  const title = h("h3");
  const field = createUnitField(lesson, 0);
  const meaning = h("p");
  const strip = h("div", { class: "strip", role: "group", "aria-label": text.strip });
  const rows = h("tbody");
  const biasRows = h("tbody");
  const layerRows = h("tbody");
  const law = createFormula();
  const nudge = createNudge(lesson);
  const batch = createBatch(lesson);
  const table = (/** @type {string} */ caption, /** @type {string[]} */ heads, /** @type {HTMLElement} */ body) =>
    scrolling(h("table", { class: "sum" }, h("caption", {}, caption),
      h("thead", {}, h("tr", {}, heads.map((head) => h("th", { scope: "col" }, head)))), body), caption);
  return {
    element: halves([
      h("div", { class: "slopes" },
        h("div", { class: "seen" }, h("div", { class: "row spread" }, title, field.element),
          h("div", { class: "flow pair" }, weights.element, gradient.element)),
        nudge.element)],
    [nudge.said, meaning, h("h3", {}, text.hand), table(text.oneOfEach, text.heads, rows), law.element, batch.element,
      h("h3", {}, text.strip), strip, h("p", { class: "small muted" }, text.legend),
      table(text.biases, text.biasHeads, biasRows), table(text.all, text.allHeads, layerRows)]),
    update(now) {
      const { model, back } = now;
      const unit = lesson.memory.units[0];
      const [w, dw] = [model.theta, back.gradient].map((theta) => incoming(theta, model.sizes, 0, unit));
      say(title, fill(text.unit, { unit: nameOf(model, 0, unit) }));
      field.element.hidden = back.deltas.length === 1; // Without hidden layers, these are the classes.
      field.update(unit, back.deltas[0].length);
      const tell = (/** @type {Float32Array} */ values) => (/** @type {number} */ at) =>
        `${nameOf(model, -1, at)}: ${significant(values[at])}`;
      weights.update(now, w, { signed: true, describe: tell(w) });
      gradient.update(now, dw, { signed: true, describe: tell(dw) });
      const delta = back.deltas[0][unit];
      say(meaning, delta === 0 ? text.nothing
        : fill(delta > 0 ? text.positive : text.negative, { delta: significant(delta) }));
      showStrip(strip, lesson, now);
      const cut = layers(model.theta, model.sizes);
      const gradients = layers(back.gradient, model.sizes);
      rows.replaceChildren(...chosenWeights(lesson, now).map((weight) => rowOf(weight, back.gradient[weight.at])));
      biasRows.replaceChildren(...back.deltas.map((deltas, layer) => h("tr", {},
        h("th", { scope: "row" }, nameOf(model, layer, lesson.memory.units[layer])),
        h("td", {}, significant(deltas[lesson.memory.units[layer]])))));
      layerRows.replaceChildren(...gradients.map((layer, k) => h("tr", {},
        h("th", { scope: "row" }, `${cut[k].nIn} × ${cut[k].nOut}`), h("td", {}, count(layer.weights.length)),
        h("td", {}, percent(layer.weights.reduce((n, g) => n + (g === 0 ? 1 : 0), 0) / layer.weights.length)),
        h("td", {}, significant(greatest(layer.weights), 3)))));
      const { layer } = lesson.memory;
      const [k, input] = [sub(layer + 1), layer ? `a${sub(layer)}` : "x"];
      law.update(`∂L/∂W${k} = ${input}ᵀ · δ${k},   ∂L/∂b${k} = δ${k}`,
        fill(text.letters, { nIn: cut[layer].nIn, nOut: cut[layer].nOut, k, input }), NETWORK.gradient);
      nudge.update(now);
      if (nudge.weight) void batch.update(now, nudge.weight);
    },
    dispose: nudge.dispose,
  };
}

/**
 * A weight's slope, as the product that it is.
 * @param {{name: string, a: number, delta: number}} weight
 * @param {number} slope
 */
function rowOf({ name, a, delta }, slope) {
  const result = significant(slope);
  const { digits } = enough(result, (places) => significant(rounded(a, places) * rounded(delta, places)));
  return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, significant(a, digits)),
    h("td", {}, `× ${significant(delta, digits)}`), h("td", {}, result));
}

/**
 * Show the gradients of the units that would change most, all on one scale; each is a button that chooses its unit.
 * @param {HTMLElement} strip
 * @param {Lesson} lesson
 * @param {Now} now
 */
function showStrip(strip, lesson, { model, back }) {
  const delta = back.deltas[0];
  const order = Array.from(delta.keys()).sort((a, b) => Math.abs(delta[b]) - Math.abs(delta[a])).slice(0, MOST_UNITS);
  const images = order.map((unit) => incoming(back.gradient, model.sizes, 0, unit));
  const largest = Math.max(...images.map(greatest)) || 1;
  const [height, width] = model.imageShape;
  const chosen = lesson.memory.units[0];
  const focused = [...strip.children].indexOf(/** @type {Element} */ (document.activeElement));
  strip.replaceChildren(...order.map((unit, k) => {
    const canvas = h("canvas", { class: "pixelated", "aria-hidden": "true", width, height });
    paintDiverging(canvas, images[k], width, height, largest);
    return h("button", { "aria-pressed": String(unit === chosen), onclick: () => lesson.choose(0, unit) }, canvas,
      h("span", { class: "small" }, nameOf(model, 0, unit, true)),
      h("span", { class: "small number" }, `δ ${significant(delta[unit], 3)}`));
  }));
  if (focused >= 0) /** @type {HTMLElement | undefined} */ (strip.children[focused])?.focus();
}

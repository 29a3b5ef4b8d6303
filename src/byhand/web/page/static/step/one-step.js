// Every number of one step, from an image, its label and a network; nothing here knows of the page.

import { backward, step } from "../network/backward.js";
import { withTheta } from "../network/model.js";
import { crossEntropy, forward, logSoftmax, terms, toInput } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {{model: Model, image: Uint8Array, label: number, pass: import("../network/nn.js").Pass,
 *             back: import("../network/backward.js").Backward}} Now */
/** @typedef {{theta: Float32Array, pass: import("../network/nn.js").Pass, loss: number}} After */

/**
 * Run a network there and back.
 * @param {Model} model
 * @param {Uint8Array} image
 * @param {number} label
 * @returns {Now}
 */
export function reckon(model, image, label) {
  const pass = forward(model, toInput(image));
  return { model, image, label, pass, back: backward(model, pass, label) };
}

/**
 * Make the step.
 * @param {Now} now
 * @param {number} rate
 * @returns {After | null} null if its numbers would grow beyond all bounds
 */
export function reckonAfter({ model, label, pass: before, back }, rate) {
  const theta = step(model.theta, back.gradient, rate);
  if (!theta.every(Number.isFinite)) return null;
  const pass = forward(withTheta(model, theta), before.inputs[0]);
  const loss = crossEntropy(logSoftmax(pass.logits), label);
  return Number.isFinite(loss) ? { theta, pass, loss } : null;
}

/**
 * Find the units that are worth a look: of each layer the one with the largest delta, of the last the right class.
 * @param {Now} now
 * @returns {number[]}
 */
export function strongestUnits({ label, back }) {
  const last = back.deltas.length - 1;
  return back.deltas.map((delta, layer) => (layer === last ? label : placeOfGreatest(delta)));
}

/**
 * Find the pixel that matters most to a unit of the first layer.
 * @param {Now} now
 * @param {number} unit
 * @returns {number}
 */
export function strongestPixel({ model, pass }, unit) {
  return terms(model, pass, 0, unit)[0].from;
}

/**
 * @param {ArrayLike<number>} values
 * @returns {number} where the one farthest from 0 stands
 */
function placeOfGreatest(values) {
  let place = 0;
  for (let k = 1; k < values.length; k++) if (Math.abs(values[k]) > Math.abs(values[place])) place = k;
  return place;
}

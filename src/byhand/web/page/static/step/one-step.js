// Every number of one step, from an image, its label and a network; nothing here knows of the page.

import { backward, step } from "../network/backward.js";
import { withTheta } from "../network/model.js";
import { ACTIVATIONS, crossEntropy, forward, layers, logSoftmax, terms, toInput } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {{model: Model, image: Uint8Array, label: number, pass: import("../network/nn.js").Pass,
 *             back: import("../network/backward.js").Backward}} Now */
/** @typedef {{theta: Float32Array, pass: import("../network/nn.js").Pass, loss: number}} After */

const FARTHEST = 64; // No weight is worth being moved farther.

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
 * Find the loss if one weight were another and all others stayed, in doubles, so that a small change shows.
 * @param {Pick<Now, "model" | "pass" | "label">} now
 * @param {{layer: number, from: number, to: number}} weight the layer is counted from 0, the one above the image
 * @param {number} by how much it is moved
 * @returns {number}
 */
export function lossIfMoved({ model, pass, label }, { layer, from, to }, by) {
  const { apply } = ACTIVATIONS[model.activation];
  const cut = layers(model.theta, model.sizes);
  let z = Float64Array.from(pass.sums[layer]);
  const change = pass.inputs[layer][from] * by;
  if (layer + 1 < cut.length) {
    const passed = apply(z[to] + change) - apply(z[to]); // Of the next layer's inputs this one alone is another.
    const { weights, nOut } = cut[layer + 1];
    z = Float64Array.from(pass.sums[layer + 1], (sum, k) => sum + passed * weights[to * nOut + k]);
  } else z[to] += change;
  for (let k = layer + 2; k < cut.length; k++) z = sumsOf(cut[k], z.map(apply));
  const most = Math.max(...z);
  return most + Math.log(z.reduce((sum, each) => sum + Math.exp(each - most), 0)) - z[label];
}

/**
 * @param {import("../network/nn.js").Layer} layer
 * @param {Float64Array} a
 */
function sumsOf({ weights, bias, nOut }, a) {
  const z = Float64Array.from(bias);
  a.forEach((input, i) => {
    if (input !== 0) for (let j = 0; j < nOut; j++) z[j] += input * weights[i * nOut + j];
  });
  return z;
}

/**
 * Choose how far to either side a weight is worth being moved: until the loss changes clearly, and past the lowest
 * point of the valley, if there is one.
 * @param {(by: number) => number} loss
 * @returns {number}
 */
export function reachOf(loss) {
  const here = loss(0);
  const clear = (/** @type {number} */ reach) =>
    Math.max(Math.abs(loss(reach) - here), Math.abs(loss(-reach) - here)) > Math.max(0.3, 0.15 * here);
  let reach = 1;
  while (reach < FARTHEST && !clear(reach)) reach *= 2;
  if (!clear(reach)) return 1; // It is flat wherever one looks.
  for (let far = reach; far <= FARTHEST; far *= 2) {
    const middle = [-0.6, -0.4, -0.2, 0.2, 0.4, 0.6].map((share) => loss(share * far));
    if (Math.min(...middle) < Math.min(loss(far), loss(-far))) return far;
  }
  return reach;
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
export function placeOfGreatest(values) {
  let place = 0;
  for (let k = 1; k < values.length; k++) if (Math.abs(values[k]) > Math.abs(values[place])) place = k;
  return place;
}

/**
 * What each hidden unit is worth: by how much the loss rises when it alone is switched off, on some images. Apart from
 * the document, so that it can be tested without one.
 */

import { ACTIVATIONS, crossEntropy, forward, layers, logSoftmax } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../network/nn.js").Pass} Pass */

const WORK = 1.5e9; // multiplications that a browser does in a few seconds

/**
 * Return how many images there is time for.
 * @param {number[]} sizes
 * @param {number} most
 * @returns {number} at least ten
 */
export function imagesFor(sizes, most) {
  let each = 0;
  for (let layer = 1; layer + 1 < sizes.length; layer++) {
    let after = sizes[layer + 1];
    for (let k = layer + 1; k + 1 < sizes.length; k++) after += sizes[k] * sizes[k + 1];
    each += sizes[layer] * after;
  }
  return Math.max(10, Math.min(most, Math.floor(WORK / Math.max(1, each))));
}

/**
 * Add what every unit is worth for one image.
 * @param {Model} model
 * @param {Float32Array} x the pixels, 0…1
 * @param {number} label
 * @param {Float64Array[]} worth of every hidden layer a number for each unit; is added to
 */
export function addWorth(model, x, label, worth) {
  const pass = forward(model, x);
  const whole = crossEntropy(logSoftmax(pass.logits), label);
  worth.forEach((of, layer) => {
    for (let unit = 0; unit < of.length; unit++) {
      // Whoever is silent has no say in this image.
      if (pass.inputs[layer + 1][unit] !== 0) of[unit] += lossWithout(model, pass, label, layer, unit) - whole;
    }
  });
}

/**
 * @param {Model} model
 * @param {Pass} pass of the whole network
 * @param {number} label
 * @param {number} layer counted from 0, the layer above the image
 * @param {number} unit
 * @returns {number} the loss without this unit
 */
function lossWithout({ theta, sizes, activation }, pass, label, layer, unit) {
  const { apply } = ACTIVATIONS[activation];
  const all = layers(theta, sizes);
  const [{ weights, nOut }, a] = [all[layer + 1], pass.inputs[layer + 1][unit]];
  let z = pass.sums[layer + 1].map((sum, j) => sum - a * weights[unit * nOut + j]);
  for (const { weights: next, bias, nIn, nOut: n } of all.slice(layer + 2)) {
    const sums = Float32Array.from(bias);
    for (let i = 0; i < nIn; i++) {
      const put = apply(z[i]);
      if (put === 0) continue;
      for (let j = 0; j < n; j++) sums[j] += put * next[i * n + j];
    }
    z = sums;
  }
  return crossEntropy(logSoftmax(z), label);
}

/**
 * @param {Float64Array} worth
 * @returns {number[]} the units, the one that is missed most first
 */
export function byWorth(worth) {
  return Array.from(worth.keys()).sort((one, other) => worth[other] - worth[one]);
}

/**
 * Damage to a network, to see how much of it an answer needs: units are switched off, small weights cut, noise added.
 * Each function returns other parameters and leaves the model as it is, so that everything can be undone.
 */

import { layers } from "../network/nn.js";
import { normalNumbers } from "../network/random.js";

/** @typedef {import("../network/nn.js").Model} Model */

/**
 * Switch hidden units off: nothing that they put out counts any more.
 * @param {Model} model
 * @param {number} layer counted from 0, the layer above the image
 * @param {...number} units
 * @returns {Float32Array} theta
 * @throws {RangeError} if there is no such hidden unit
 */
export function switchOff(model, layer, ...units) {
  const theta = model.theta.slice();
  const above = layers(theta, model.sizes)[layer + 1];
  for (const unit of units) {
    if (above === undefined || !(layer >= 0) || !(unit >= 0 && unit < above.nIn)) {
      throw new RangeError(`The network has no unit ${unit} in a hidden layer ${layer}.`);
    }
    above.weights.fill(0, unit * above.nOut, (unit + 1) * above.nOut);
  }
  return theta;
}

/**
 * Set the smallest weights of the whole network to 0; biases stay.
 * @param {Model} model
 * @param {number} share of all weights, 0…1
 * @returns {Float32Array} theta
 */
export function prune(model, share) {
  const theta = model.theta.slice();
  const sizes = sortedSizes(model);
  let left = Math.round(Math.min(Math.max(share, 0), 1) * sizes.length);
  const limit = left > 0 ? sizes[left - 1] : -1;
  left -= lowerThan(sizes, limit); // So many of those just at the limit go as well.
  for (const { weights } of layers(theta, model.sizes)) {
    for (let k = 0; k < weights.length; k++) {
      const size = Math.abs(weights[k]);
      if (size < limit || (size === limit && left-- > 0)) {
        weights[k] = 0;
      }
    }
  }
  return theta;
}

/** @type {WeakMap<Model, Float32Array>} */
const sorted = new WeakMap(); // While a slider is drawn, the same network is pruned many times.

/**
 * Return the sizes of all weights in order.
 * @param {Model} model
 * @returns {Float32Array}
 */
function sortedSizes(model) {
  let sizes = sorted.get(model);
  if (sizes === undefined) {
    const all = layers(model.theta, model.sizes).map(({ weights }) => weights);
    sizes = new Float32Array(all.reduce((sum, { length }) => sum + length, 0));
    let place = 0;
    for (const weights of all) {
      sizes.set(weights.map(Math.abs), place);
      place += weights.length;
    }
    sorted.set(model, sizes.sort());
  }
  return sizes;
}

/**
 * Return how many of some numbers in order are below a limit.
 * @param {Float32Array} numbers
 * @param {number} limit
 * @returns {number}
 */
function lowerThan(numbers, limit) {
  let [below, above] = [0, numbers.length];
  while (below < above) {
    const middle = (below + above) >> 1;
    if (numbers[middle] < limit) {
      below = middle + 1;
    } else {
      above = middle;
    }
  }
  return below;
}

/**
 * Add normal noise to every weight; biases stay.
 * @param {Model} model
 * @param {number} strength the noise's standard deviation, as a share of that of the layer's own weights
 * @param {number} seed the same seed gives the same noise
 * @returns {Float32Array} theta
 */
export function addNoise(model, strength, seed) {
  const theta = model.theta.slice();
  const noise = noiseOf(seed, theta.length);
  let place = 0;
  for (const { weights } of layers(theta, model.sizes)) {
    const width = strength * deviation(weights);
    for (let k = 0; k < weights.length; k++) {
      weights[k] += width * noise[place++];
    }
  }
  return theta;
}

let drawn = { seed: NaN, noise: new Float64Array(0) }; // what was drawn last: a slider asks for the same many times

/**
 * Return so many normal numbers of a seed.
 * @param {number} seed
 * @param {number} n
 * @returns {Float64Array}
 */
function noiseOf(seed, n) {
  if (drawn.seed !== seed || drawn.noise.length < n) {
    drawn = { seed, noise: Float64Array.from({ length: n }, normalNumbers(seed)) };
  }
  return drawn.noise;
}

/**
 * Return the standard deviation of some numbers.
 * @param {Float32Array} numbers
 * @returns {number}
 */
function deviation(numbers) {
  let [sum, squares] = [0, 0];
  for (const each of numbers) sum += each;
  for (const each of numbers) squares += (each - sum / numbers.length) ** 2;
  return Math.sqrt(squares / numbers.length);
}

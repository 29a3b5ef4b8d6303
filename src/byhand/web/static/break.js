/**
 * Damage to a network, to see how much of it an answer needs: units are switched off, small weights cut, noise added.
 * Each function returns other parameters and leaves the model as it is, so that everything can be undone.
 */

import { layers } from "./nn.js";

/** @typedef {import("./nn.js").Model} Model */

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
  const all = layers(theta, model.sizes).map(({ weights }) => weights);
  const sizes = Float32Array.from(all.flatMap((weights) => Array.from(weights, Math.abs))).sort();
  let left = Math.round(Math.min(Math.max(share, 0), 1) * sizes.length);
  const limit = left > 0 ? sizes[left - 1] : -1;
  left -= lowerThan(sizes, limit); // So many of those just at the limit go as well.
  for (const weights of all) {
    for (let k = 0; k < weights.length; k++) {
      const size = Math.abs(weights[k]);
      if (size < limit || (size === limit && left-- > 0)) {
        weights[k] = 0;
      }
    }
  }
  return theta;
}

/**
 * Return how many of some numbers in order are below a limit.
 * @param {Float32Array} numbers
 * @param {number} limit
 * @returns {number}
 */
function lowerThan(numbers, limit) {
  const first = numbers.findIndex((number) => number >= limit);
  return first < 0 ? numbers.length : first;
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
  const normal = normalNumbers(seed);
  for (const { weights } of layers(theta, model.sizes)) {
    const width = strength * deviation(weights);
    for (let k = 0; k < weights.length; k++) {
      weights[k] += width * normal();
    }
  }
  return theta;
}

/**
 * Return the standard deviation of some numbers.
 * @param {Float32Array} numbers
 * @returns {number}
 */
function deviation(numbers) {
  const mean = numbers.reduce((sum, each) => sum + each, 0) / numbers.length;
  return Math.sqrt(numbers.reduce((sum, each) => sum + (each - mean) ** 2, 0) / numbers.length);
}

/**
 * Return a source of random numbers, 0 ≤ number < 1, that a seed repeats: xorshift (Marsaglia 2003, "Xorshift RNGs").
 * Math.random cannot be repeated.
 * @param {number} seed
 * @returns {() => number}
 */
export function randomNumbers(seed) {
  let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) || 1; // Spread out, as seeds are small; 0 would stay 0.
  const next = () => {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    return (bits >>> 0) / 2 ** 32;
  };
  for (let k = 0; k < 8; k++) {
    next(); // The first numbers of similar seeds are similar.
  }
  return next;
}

/**
 * Return a source of normal random numbers: Box and Muller's way, from two even ones.
 * @param {number} seed
 * @returns {() => number}
 */
export function normalNumbers(seed) {
  const even = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even());
}

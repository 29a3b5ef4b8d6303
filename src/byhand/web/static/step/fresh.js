// A network that knows nothing yet: small random weights, drawn as `initial_parameters` of network.py draws them.

import { normalNumbers } from "../random.js";
import { nParameters } from "../model.js";
import { layers } from "../nn.js";

/** @type {Record<string, number>} The gains of network.py's ACTIVATIONS. */
const GAINS = { relu: 2, leaky_relu: 2, tanh: 1, sigmoid: 16 };

/**
 * Draw normal weights of variance gain / n_in; biases are zero.
 * @param {number[]} sizes
 * @param {string} activation
 * @param {number} seed the same seed, the same weights
 * @returns {Float32Array}
 */
export function initialParameters(sizes, activation, seed) {
  const theta = new Float32Array(nParameters(sizes));
  const normal = normalNumbers(seed);
  for (const { weights, nIn } of layers(theta, sizes)) {
    const spread = Math.sqrt(GAINS[activation] / nIn);
    for (let i = 0; i < weights.length; i++) weights[i] = spread * normal();
  }
  return theta;
}

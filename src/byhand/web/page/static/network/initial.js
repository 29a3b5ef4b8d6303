// A network that knows nothing yet: small random weights, drawn as `initial_parameters` of network.py draws them.

import { nParameters } from "./model.js";
import { layers } from "./nn.js";
import { normalNumbers } from "./random.js";

/**
 * Draw normal weights of variance gain / n_in; biases are zero.
 * @param {number[]} sizes
 * @param {number} gain of the activation
 * @param {number} seed the same seed, the same weights
 * @returns {Float32Array}
 */
export function initialParameters(sizes, gain, seed) {
  const theta = new Float32Array(nParameters(sizes));
  const normal = normalNumbers(seed);
  for (const { weights, nIn } of layers(theta, sizes)) {
    const spread = Math.sqrt(gain / nIn);
    for (let i = 0; i < weights.length; i++) weights[i] = spread * normal();
  }
  return theta;
}

// What a network makes of many images at once: which of them a unit likes best, and which are nearest to another image in
// the eyes of a layer.

import { forward, toInput } from "./nn.js";
import { createRest } from "./slices.js";

/** @typedef {import("./nn.js").Model} Model */
/** @typedef {Float32Array[][]} Outputs of every layer, the probabilities last: image by image */

/**
 * Run a network on many images, a few at a time.
 * @param {Model} model
 * @param {Uint8Array[]} images
 * @param {() => boolean} wanted whether anybody still waits for it
 * @returns {Promise<Outputs | null>} null if nobody does
 */
export async function outputsOf(model, images, wanted) {
  /** @type {Outputs} */ const all = model.sizes.slice(1).map(() => []);
  const goesOn = createRest(wanted);
  for (const image of images) {
    const { inputs, probabilities } = forward(model, toInput(image));
    [...inputs.slice(1), probabilities].forEach((outputs, layer) => all[layer].push(outputs));
    if (!(await goesOn())) return null;
  }
  return all;
}

/**
 * Return the images that a unit likes best, the best one first; none that leaves it silent.
 * @param {Outputs} outputs
 * @param {number} layer
 * @param {number} unit
 * @param {number} n
 * @returns {number[]} their places
 */
export function favourites(outputs, layer, unit, n) {
  const values = outputs[layer].map((each) => each[unit]);
  const order = [...values.keys()].sort((one, other) => values[other] - values[one]);
  return order.slice(0, n).filter((place) => values[place] > 0);
}

/**
 * Return the images whose outputs of a layer are nearest to some others.
 * @param {Outputs} outputs
 * @param {number} layer
 * @param {Float32Array} to
 * @param {number} n
 * @returns {number[]} their places, the nearest first
 */
export function nearest(outputs, layer, to, n) {
  const apart = outputs[layer].map((each) => each.reduce((sum, value, k) => sum + (value - to[k]) ** 2, 0));
  return [...apart.keys()].sort((one, other) => apart[one] - apart[other]).slice(0, n);
}

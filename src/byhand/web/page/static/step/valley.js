// The loss along one weight for many images together. One image alone pulls a weight to one side for ever; of many, some
// pull to the other side, and so there is a valley.

import { forward, toInput } from "../network/nn.js";
import { lossIfMoved } from "./one-step.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {Pick<import("./one-step.js").Now, "model" | "pass" | "label">} Read */

const SLICE = 12; // milliseconds for which the page may be busy

/**
 * Return a function that waits now and then, so that the page stays alive.
 * @param {() => boolean} wanted whether anybody still waits for what is computed
 * @returns {() => Promise<boolean>} whether to go on
 */
function breather(wanted) {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < SLICE) return true;
    await new Promise((resolve) => { setTimeout(resolve); });
    began = performance.now();
    return wanted();
  };
}

/**
 * Run a network on images.
 * @param {Model} model
 * @param {Sample[]} samples
 * @param {() => boolean} wanted
 * @returns {Promise<Read[] | null>} null if nobody waits any more
 */
export async function readAll(model, samples, wanted) {
  const goOn = breather(wanted);
  /** @type {Read[]} */ const all = [];
  for (const { name, pixels } of samples) {
    const label = model.classes.indexOf(name);
    if (label >= 0) all.push({ model, label, pass: forward(model, toInput(pixels)) });
    if (!(await goOn())) return null;
  }
  return all;
}

/**
 * Find the mean loss of images for each place of one weight.
 * @param {Read[]} read
 * @param {{layer: number, from: number, to: number}} weight
 * @param {number[]} offsets
 * @param {() => boolean} wanted
 * @returns {Promise<number[] | null>} null if nobody waits any more, or there are none
 */
export async function meanLosses(read, weight, offsets, wanted) {
  if (!read.length) return null;
  const goOn = breather(wanted);
  const losses = [];
  for (const by of offsets) {
    losses.push(read.reduce((sum, each) => sum + lossIfMoved(each, weight, by), 0) / read.length);
    if (!(await goOn())) return null;
  }
  return losses;
}

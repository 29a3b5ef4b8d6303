// One image on its way from what it is to something else: how the answer changes on the way, and where it flips.
// Apart from the document, so that it can be tested without one.

import { outputsOf } from "../network/likeness.js";
import { changed } from "./sections/image-changes.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("./sections/image-changes.js").Way} Way */
/**
 * @typedef {object} Walk
 * @property {number[]} amounts of change, in order
 * @property {number} still the place of the amount that changes nothing
 * @property {Uint8Array[]} images
 * @property {Float32Array[]} probabilities
 */
/** @typedef {{at: number, to: number} | null} Flip the first place at which the answer is another, and which */

/** @type {Record<Way, {first: number, last: number, step: number, still: number}>} */
export const WAYS = {
  shift: { first: -10, last: 10, step: 0.25, still: 0 },
  rotation: { first: -90, last: 90, step: 1, still: 0 },
  size: { first: 0.3, last: 1.7, step: 0.01, still: 1 },
  noise: { first: 0, last: 2, step: 0.02, still: 0 },
};

/**
 * Return every amount of change that the slider can have.
 * @param {Way} way
 * @returns {number[]}
 */
export function amountsOf(way) {
  const { first, last, step } = WAYS[way];
  return Array.from({ length: Math.round((last - first) / step) + 1 }, (_, k) => Number((first + k * step).toFixed(4)));
}

/**
 * Let a network read an image on all the way; a large network takes a moment.
 * @param {Model} model
 * @param {Uint8Array} image
 * @param {Way} way
 * @param {() => boolean} wanted whether anybody still waits for it
 * @returns {Promise<Walk | null>} null if nobody does
 */
export async function walk(model, image, way, wanted) {
  const amounts = amountsOf(way);
  const [height, width] = model.imageShape;
  const images = amounts.map((amount) => changed(image, height, width, way, amount));
  const outputs = await outputsOf(model, images, wanted);
  return outputs && {
    amounts, images, still: amounts.indexOf(WAYS[way].still), probabilities: outputs[outputs.length - 1] };
}

/**
 * Return the class that comes first.
 * @param {ArrayLike<number>} probabilities
 * @returns {number}
 */
export function best(probabilities) {
  return Array.from(probabilities).reduce((most, each, k) => (each > probabilities[most] ? k : most), 0);
}

/**
 * Find where the answer flips: nearest to the unchanged image, on either side.
 * @param {Pick<Walk, "still" | "probabilities">} walk
 * @returns {{before: Flip, after: Flip}}
 */
export function flips({ still, probabilities }) {
  const answers = probabilities.map(best);
  const first = (/** @type {1 | -1} */ way) => {
    for (let at = still + way; at >= 0 && at < answers.length; at += way) {
      if (answers[at] !== answers[still]) return { at, to: answers[at] };
    }
    return null;
  };
  return { before: first(-1), after: first(1) };
}

/**
 * Return, all the way along, the probability of the answer to the unchanged image, and that of the best other one.
 * @param {Pick<Walk, "still" | "probabilities">} walk
 * @returns {{own: number[], rival: number[]}}
 */
export function lines({ still, probabilities }) {
  const answer = best(probabilities[still]);
  return {
    own: probabilities.map((p) => p[answer]),
    rival: probabilities.map((p) => Math.max(...p.map((each, k) => (k === answer ? 0 : each)))),
  };
}

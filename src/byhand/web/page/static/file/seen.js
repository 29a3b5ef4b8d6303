// One image is learned in the file, and looked at: what it was, what was guessed, and which step it made the network
// take; the same that web/training/measuring/seen.py tells.

import { backward, step } from "../network/backward.js";
import { forward, toInput } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../server/messages.js").Seen} Seen */
/** @typedef {import("./judging.js").Images} Images */
/** @typedef {ReturnType<typeof import("../network/learning.js").createLearner>} Learner */

const AS_GOOD = 1e-3; // By so much of the farthest move a step may differ from plain descent, which rounding makes it do.

/**
 * Let the next image be learned.
 * @param {Learner} learner
 * @param {Model} model
 * @param {number} batch images of a step, of which one makes its share
 * @param {Images} images
 * @param {() => void} learn
 * @returns {{seen: Seen, before: Float32Array}} with the parameters before
 */
export function learnOne(learner, model, batch, { inputs, labels }, learn) {
  const { next: index, rate } = learner;
  const pixels = inputs.slice(index * model.sizes[0], (index + 1) * model.sizes[0]);
  const [input, label] = [toInput(pixels), labels[index]];
  const before = learner.network.theta.slice();
  const pass = forward({ ...model, theta: before }, input);
  const { gradient } = backward({ ...model, theta: before }, pass, label);
  learn();
  const after = learner.network.theta.slice();
  const plain = step(before, gradient, rate / batch);
  const most = farthest(before, after);
  const same = plain.every((theta, k) => Math.abs(theta - after[k]) <= AS_GOOD * Math.abs(after[most] - before[most]));
  return {
    before,
    seen: {
      pixels: btoa(String.fromCharCode(...pixels)),
      index, label,
      before: [...pass.probabilities],
      after: [...forward({ ...model, theta: after }, input).probabilities],
      moved: after.reduce((n, theta, k) => n + Number(theta !== before[k]), 0),
      most: after[most] === before[most] ? null
        : { ...placeOf(most, model.sizes), was: before[most], now: after[most] },
      rate: same ? rate / batch : null,
      network: checksum(before),
    },
  };
}

/** @param {Float32Array} before @param {Float32Array} after @returns {number} the place of what moved most */
function farthest(before, after) {
  let most = 0;
  for (let k = 1; k < after.length; k++) {
    if (Math.abs(after[k] - before[k]) > Math.abs(after[most] - before[most])) most = k;
  }
  return most;
}

/**
 * Say which parameter stands at a place; the biases follow a layer's weights as those of one more input.
 * @param {number} place
 * @param {number[]} sizes
 */
function placeOf(place, sizes) {
  let layer = 0;
  const size = () => (sizes[layer] + 1) * sizes[layer + 1];
  for (; place >= size(); layer++) place -= size();
  const source = Math.floor(place / sizes[layer + 1]);
  return { layer, unit: place % sizes[layer + 1], source: source < sizes[layer] ? source : null };
}

/**
 * A number that tells these parameters from others (FNV-1a by Fowler, Noll and Vo).
 * @param {Float32Array} theta
 */
function checksum(theta) {
  let sum = 0x811c9dc5;
  for (const word of new Uint32Array(theta.buffer)) sum = Math.imul(sum ^ word, 0x01000193);
  return sum >>> 0;
}

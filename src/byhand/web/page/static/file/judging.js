// How good a network is, reckoned in the file itself: the figures that evaluation.py and web/work/judging.py give.

import { wilson } from "../judge/arithmetic.js";
import { changed } from "../judge/sections/image-changes.js";
import { crossEntropy, forward, logSoftmax, toInput } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../network/nn.js").Pass} Pass */
/** @typedef {import("../server/messages.js").Judgement} Judgement */
/** @typedef {{inputs: Uint8Array, labels: Uint8Array}} Images grey levels, image after image */

const BINS = 15; // of confidence
const MOST_PRODUCTS = 2.25e9; // Robustness takes a few seconds, not minutes: a large network is asked of fewer images.
const AMOUNTS = /** @type {const} */ ({
  shift: [0, 1, 2, 3, 4],
  rotation: [0, 5, 10, 15, 20, 25, 30, 35, 40, 45],
  noise: [0, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.4, 0.5],
});
const CHANGES = 49; // of an image, by the amounts and the ways in which each goes

/** @param {number[]} values @returns {number} the place of the first of the largest */
function best(values) {
  return values.indexOf(Math.max(...values));
}

/**
 * Read every image.
 * @param {Model} model
 * @param {Images} images
 */
function readAll(model, { inputs, labels }) {
  const pixels = model.sizes[0];
  /** @type {Pass | undefined} */ let pass;
  const all = { answers: [0], confidence: [0], runnerUp: [0], loss: 0 };
  labels.forEach((label, k) => {
    pass = forward(model, toInput(inputs.subarray(k * pixels, (k + 1) * pixels)), pass);
    const p = [...pass.probabilities];
    all.loss += crossEntropy(logSoftmax(pass.logits), label) / labels.length;
    all.answers[k] = best(p);
    all.confidence[k] = p[all.answers[k]];
    p[all.answers[k]] = -1;
    all.runnerUp[k] = best(p);
  });
  return all;
}

/**
 * Judge a network on images, in short.
 * @param {Model} model
 * @param {Images} images
 * @returns {import("../server/messages.js").Accuracy}
 */
export function accuracy(model, images) {
  const { answers, loss } = readAll(model, images);
  const n = answers.length;
  return { accuracy: answers.filter((answer, k) => answer === images.labels[k]).length / n, n, loss };
}

/**
 * Judge a network on images, and tell what it made of each.
 * @param {Model} model
 * @param {Images} images
 * @returns {Judgement}
 */
export function judgement(model, images) {
  const { answers, confidence, runnerUp, loss } = readAll(model, images);
  const labels = [...images.labels];
  const n = labels.length;
  const classes = model.classes.length;
  const matrix = Array.from({ length: classes }, () => Array(classes).fill(0));
  const bins = Array.from({ length: BINS }, () => ({ n: 0, sure: 0, right: 0 }));
  labels.forEach((label, k) => {
    matrix[label][answers[k]]++;
    const bin = bins[Math.min(Math.floor(confidence[k] * BINS), BINS - 1)];
    bin.n++;
    bin.sure += confidence[k];
    bin.right += Number(answers[k] === label);
  });
  const right = matrix.reduce((total, row, k) => total + row[k], 0);
  const share = (/** @type {number} */ part, /** @type {number} */ whole) => (whole ? part / whole : null);
  const wrong = labels.flatMap((label, k) => (answers[k] === label ? [] : [k]));
  return {
    n, loss, labels, answers,
    accuracy: right / n,
    interval: wilson(right, n),
    calibration_error: bins.reduce((total, bin) => total + Math.abs(bin.sure - bin.right), 0) / n,
    threshold: model.threshold,
    classes: model.classes,
    precision: matrix.map((_, k) => share(matrix[k][k], matrix.reduce((total, row) => total + row[k], 0))),
    recall: matrix.map((row, k) => share(row[k], row.reduce((total, each) => total + each, 0))),
    confusion_matrix: matrix,
    reliability: bins.map((bin) =>
      ({ n: bin.n, confidence: share(bin.sure, bin.n), accuracy: share(bin.right, bin.n) })),
    confidence: confidence.map((each) => Math.round(1e4 * each) / 1e4),
    runner_up: runnerUp,
    mistakes: wrong.sort((one, other) => confidence[other] - confidence[one]),
  };
}

/**
 * Tell how well a network reads images that are shifted, turned, or covered with noise.
 * @param {Model} model
 * @param {Images} images
 * @returns {import("../server/messages.js").Robustness}
 */
export function robustness(model, images) {
  const pixels = model.sizes[0];
  const most = Math.max(1, Math.floor(MOST_PRODUCTS / CHANGES / model.theta.length));
  const every = Math.ceil(images.labels.length / most);
  const labels = images.labels.filter((_, k) => k % every === 0);
  /** @type {import("../server/messages.js").Change[]} */ const rows = [];
  /** @type {Pass | undefined} */ let pass;
  for (const kind of /** @type {(keyof typeof AMOUNTS)[]} */ (Object.keys(AMOUNTS))) {
    for (const amount of AMOUNTS[kind]) {
      let [right, n] = [0, 0];
      labels.forEach((label, place) => {
        const image = images.inputs.subarray(place * every * pixels, (place * every + 1) * pixels);
        for (const other of variants(image, model.imageShape, kind, amount, place)) {
          pass = forward(model, toInput(other), pass);
          right += Number(best([...pass.probabilities]) === label);
          n++;
        }
      });
      rows.push({ kind, amount, accuracy: right / n });
    }
  }
  return { n: labels.length, rows };
}

/**
 * Return an image changed in every way that a kind of change has: four directions, two turns, or one noise.
 * @param {Uint8Array} image
 * @param {number[]} shape
 * @param {keyof typeof AMOUNTS} kind
 * @param {number} amount
 * @param {number} seed
 * @returns {Uint8Array[]}
 */
function variants(image, [height, width], kind, amount, seed) {
  if (kind === "noise") return [changed(image, height, width, kind, amount, seed)];
  const both = [1, -1].map((sign) => changed(image, height, width, kind, sign * amount));
  if (kind === "rotation") return both;
  const swapped = (/** @type {Uint8Array} */ one, /** @type {number} */ wide) =>
    one.map((_, k) => one[(k % (one.length / wide)) * wide + Math.floor(k / (one.length / wide))]);
  const upright = [1, -1].map((sign) => changed(swapped(image, width), width, height, kind, sign * amount));
  return [...both, ...upright.map((one) => swapped(one, height))];
}

// Which steps were made, as text for the link, and how they are made again: a step needs nothing but an image, its
// class and a rate, so that whoever opens the link gets the very same weights.

import { withTheta } from "../network/model.js";
import { reckon, reckonAfter } from "./one-step.js";

/** @typedef {import("../network/nn.js").Model} Model */
/**
 * Steps with one image and one rate, one after the other.
 * @typedef {object} Run
 * @property {number} n
 * @property {string} image "t7" is training image 7, "d4" the drawing, meant to be class 4; "": the image that is shown
 * @property {number} rate 0: the rate that is chosen
 */
/** @typedef {{image: Uint8Array, label: number}} Example */
/**
 * @typedef {object} Made
 * @property {Float32Array} theta
 * @property {Float32Array} before the last step
 * @property {number[]} history the right class's probability before the last image's steps and after each of them
 */

const [MOST, MOST_RUNS] = [1000, 30]; // More would make who opens the link wait, and the link long.
const RUN = /^([1-9]\d{0,3})(?:_([td]\d{1,7}))?(?:_(\d{1,2}(?:\.\d{1,6})?))?$/;
const SLICE = 30; // milliseconds for which the page may be busy

/** @param {Run[]} runs */
export const countOf = (runs) => runs.reduce((sum, { n }) => sum + n, 0);

/**
 * Add a step.
 * @param {Run[]} runs
 * @param {string} image
 * @param {number} rate
 * @returns {Run[]}
 */
export function withStep(runs, image, rate) {
  const last = runs[runs.length - 1];
  return last?.image === image && last.rate === rate ? [...runs.slice(0, -1), { ...last, n: last.n + 1 }]
    : [...runs, { n: 1, image, rate }];
}

/**
 * Write steps down.
 * @param {Run[]} runs
 * @param {Pick<Run, "image" | "rate">} shown what need not be written
 * @returns {string} such as "5" or "2_t7-3_t12_0.1"; empty if there are none, or too many
 */
export function toText(runs, shown) {
  if (countOf(runs) > MOST || runs.length > MOST_RUNS) return "";
  return runs.map(({ n, image, rate }) =>
    [n, image !== shown.image && image, rate !== shown.rate && rate].filter(Boolean).join("_")).join("-");
}

/**
 * Read what `toText` wrote.
 * @param {string} text from anywhere
 * @returns {Run[] | null} null if that makes no sense
 */
export function fromText(text) {
  const found = text.split("-").map((part) => RUN.exec(part));
  const runs = found.flatMap((parts) =>
    (parts ? [{ n: Number(parts[1]), image: parts[2] ?? "", rate: Number(parts[3] ?? 0) }] : []));
  return runs.length < found.length || countOf(runs) > MOST || runs.length > MOST_RUNS ? null : runs;
}

/**
 * Make steps again, a few at a time, so that the page stays alive.
 * @param {Model} base
 * @param {Run[]} runs with every image and rate
 * @param {(image: string) => Example | null} exampleOf null if there is no such image
 * @param {() => boolean} wanted whether anybody still waits for them
 * @returns {Promise<Made | null>} null if nobody does, or they cannot be made
 */
export async function makeAgain(base, runs, exampleOf, wanted) {
  let [theta, before] = [base.theta, base.theta];
  /** @type {number[]} */ let history = [];
  let image = "";
  let began = performance.now();
  for (const run of runs) {
    const example = exampleOf(run.image);
    if (!example) return null;
    for (let k = 0; k < run.n; k++) {
      const now = reckon(withTheta(base, theta), example.image, example.label);
      const after = reckonAfter(now, run.rate);
      if (!after) return null;
      if (run.image !== image) [image, history] = [run.image, [now.pass.probabilities[example.label]]];
      [before, theta] = [theta, after.theta];
      history.push(after.pass.probabilities[example.label]);
      if (performance.now() - began < SLICE) continue;
      await new Promise((resolve) => { setTimeout(resolve); });
      if (!wanted()) return null;
      began = performance.now();
    }
  }
  return { theta, before, history };
}

// What a lesson shows, as text for the link: the stage, the image, the network. Only what differs from the start.

import { readPairs, writePairs } from "../link/pairs.js";

/** @typedef {"train" | "drawing"} Source */
/** @typedef {"fresh" | "own" | "training"} Network */
/**
 * @typedef {object} Choice
 * @property {number} stage counted from 0
 * @property {Source} source of the image
 * @property {number} index of a training image
 * @property {number | null} label that a drawing is meant to have; null: what byhand takes it for
 * @property {Network} network
 * @property {number} seed of a fresh network
 * @property {number} rate of learning
 */

/** @type {Readonly<Choice>} */
export const START = Object.freeze({
  stage: 0, source: "train", index: 0, label: null, network: "fresh", seed: 1, rate: 0.01,
});
export const STAGES = 8;
export const [SLOWEST, FASTEST] = [0.0001, 10]; // learning rates

/**
 * Name in the link → whether a value makes sense.
 * @type {Record<keyof Choice, (text: string) => boolean>}
 */
const SENSIBLE = {
  stage: (text) => /^\d$/.test(text) && Number(text) < STAGES,
  source: (text) => ["train", "drawing"].includes(text),
  index: (text) => /^\d{1,7}$/.test(text),
  label: (text) => /^\d{1,4}$/.test(text),
  network: (text) => ["fresh", "own", "training"].includes(text),
  seed: (text) => /^\d{1,9}$/.test(text),
  rate: (text) => /^\d{1,2}(\.\d{1,6})?$/.test(text) && Number(text) >= SLOWEST && Number(text) <= FASTEST,
};

/**
 * @param {Choice} choice
 * @returns {string} such as "stage:2,index:7"; empty if nothing differs from the start
 */
export function toText(choice) {
  const names = /** @type {(keyof Choice)[]} */ (Object.keys(START));
  const other = names.filter((name) => choice[name] !== START[name]);
  return writePairs(Object.fromEntries(other.map((name) => [name, choice[name]])));
}

/**
 * @param {string} text from anywhere
 * @returns {Choice} where it makes no sense, the start
 */
export function fromText(text) {
  /** @type {Record<string, string | number | null>} */ const choice = { ...START };
  for (const [name, value] of readPairs(text)) {
    if (!Object.hasOwn(SENSIBLE, name)) continue;
    if (!SENSIBLE[/** @type {keyof Choice} */ (name)](value)) continue;
    choice[name] = typeof START[/** @type {keyof Choice} */ (name)] === "string" ? value : Number(value);
  }
  return /** @type {Choice} */ (/** @type {unknown} */ (choice));
}

// What a lesson shows, as text for the link: the stage, the image, the network. Only what differs from the start.

import { readPairs, writePairs } from "../link/pairs.js";
import { fromText as stepsOf } from "./steps.js";

/** @typedef {"train" | "drawing"} Source */
/** @typedef {"fresh" | "own" | "training" | "before"} Network "before": Learn's, before its last single image */
/**
 * @typedef {object} Choice
 * @property {number} stage counted from 0; the link counts from 1, as the page does
 * @property {Source} source of the image
 * @property {number} index of a training image
 * @property {number | null} label that a drawing is meant to have; null: what byhand takes it for
 * @property {Network} network
 * @property {number} seed of a fresh network
 * @property {number} moment the number that tells the network of Learn from what it was before other images
 * @property {number} rate of learning
 * @property {string} steps that were made, as steps.js writes them
 */

/** @type {Readonly<Choice>} */
export const START = Object.freeze({
  stage: 0, source: "train", index: 0, label: null, network: "fresh", seed: 1, moment: 0, rate: 0.01, steps: "",
});
export const STAGES = 8;
export const [SLOWEST, FASTEST] = [0.0001, 10]; // learning rates

/**
 * Name in the link → whether a value makes sense.
 * @type {Record<keyof Choice, (text: string) => boolean>}
 */
const SENSIBLE = {
  stage: (text) => /^[1-9]$/.test(text) && Number(text) <= STAGES,
  source: (text) => ["train", "drawing"].includes(text),
  index: (text) => /^\d{1,7}$/.test(text),
  label: (text) => /^\d{1,4}$/.test(text),
  network: (text) => ["fresh", "own", "training", "before"].includes(text),
  seed: (text) => /^\d{1,9}$/.test(text),
  moment: (text) => /^\d{1,10}$/.test(text),
  rate: (text) => /^\d{1,2}(\.\d{1,6})?$/.test(text) && Number(text) >= SLOWEST && Number(text) <= FASTEST,
  steps: (text) => stepsOf(text) !== null,
};

/**
 * @param {Choice} choice
 * @returns {string} such as "stage:3,index:7"; empty if nothing differs from the start
 */
export function toText(choice) {
  const names = /** @type {(keyof Choice)[]} */ (Object.keys(START));
  const other = names.filter((name) => choice[name] !== START[name]);
  return writePairs(Object.fromEntries(other.map((name) => [name, name === "stage" ? choice.stage + 1 : choice[name]])));
}

/**
 * @param {string} text from anywhere
 * @returns {Choice} where it makes no sense, the start
 */
export function fromText(text) {
  /** @type {Record<string, any>} */ const choice = { ...START };
  for (const [name, value] of readPairs(text)) {
    if (!Object.hasOwn(SENSIBLE, name)) continue;
    if (!SENSIBLE[/** @type {keyof Choice} */ (name)](value)) continue;
    choice[name] = typeof START[/** @type {keyof Choice} */ (name)] === "string" ? value
      : Number(value) - Number(name === "stage");
  }
  return /** @type {Choice} */ (choice);
}

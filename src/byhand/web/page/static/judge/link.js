// What a link says of the judgement: which cell of the matrix is open, and where the threshold stands.

import { readPairs, writePairs } from "../link/pairs.js";

/** @typedef {{cell: [number, number] | null, threshold: number | null}} Opened */

/**
 * @param {Opened} opened
 * @returns {string} such as "cell:4-9,threshold:0.9"; empty if all is as at the start
 */
export function toText({ cell, threshold }) {
  return writePairs({ cell: cell && cell.join("-"),
    threshold: threshold === null ? null : Math.round(1e4 * threshold) / 1e4 });
}

/**
 * Read what `toText` wrote; of anything else, what makes sense.
 * @param {string} text
 * @returns {Opened}
 */
export function fromText(text) {
  const said = Object.fromEntries(readPairs(text));
  const [label, answer] = (/^(\d{1,6})-(\d{1,6})$/.exec(said.cell ?? "") ?? []).slice(1).map(Number);
  const threshold = /^[01](\.\d{1,4})?$/.test(said.threshold ?? "") ? Number(said.threshold) : NaN;
  return {
    cell: answer === undefined ? null : [label, answer],
    threshold: threshold <= 1 ? threshold : null,
  };
}

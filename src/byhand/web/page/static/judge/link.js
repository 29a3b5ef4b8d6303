// What a link says of the judgement: which cell of the matrix is open, where the threshold stands, and how far one image
// is moved.

import { readPairs, writePairs } from "../link/pairs.js";

/** @typedef {import("./sections/image-changes.js").Way} Way */
/** @typedef {{way: Way, amount: number, image: number | null}} Moved one image; null is the one that Draw shows */
/** @typedef {{cell: [number, number] | null, threshold: number | null, moved: Moved | null}} Opened */

const WAYS = "shift|rotation|size|noise";

/**
 * @param {Opened} opened
 * @returns {string} such as "cell:4-9,threshold:0.9"; empty if all is as at the start
 */
export function toText({ cell, threshold, moved }) {
  return writePairs({ cell: cell && cell.join("-"),
    threshold: threshold === null ? null : Math.round(1e4 * threshold) / 1e4,
    moved: moved && [moved.way, Math.round(100 * moved.amount) / 100, ...(moved.image === null ? [] : [moved.image])].join("_") });
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
  const move = new RegExp(`^(${WAYS})_(-?\\d{1,2}(?:\\.\\d{1,2})?)(?:_(\\d{1,6}))?$`).exec(said.moved ?? "");
  return {
    cell: answer === undefined ? null : [label, answer],
    threshold: threshold <= 1 ? threshold : null,
    moved: move && {
      way: /** @type {Way} */ (move[1]), amount: Number(move[2]), image: move[3] === undefined ? null : Number(move[3]) },
  };
}

// Strokes as a file, and their beginning as a replay shows it. Knows no document, so that it can be tested without one.

import { THICKEST, THINNEST, snap } from "../../ink/ink.js";

/** @typedef {import("../../ink/ink.js").Stroke} Stroke */

const FORMAT = "byhand-strokes/1";
const MOST_POINTS = 200_000; // More is no drawing, and would make the page wait.
const PAUSE = 40; // What a stroke takes in a replay besides its length, in pixels: a dot has none, and the hand rests.

/**
 * @param {Stroke[]} strokes
 * @returns {string} the text of a file
 */
export function toText(strokes) {
  return JSON.stringify({ format: FORMAT, strokes });
}

/**
 * Read strokes from the text of a file.
 * @param {string} text
 * @returns {Stroke[] | null} null if they are none
 */
export function fromText(text) {
  let file;
  try {
    file = JSON.parse(text);
  } catch {
    return null;
  }
  return file?.format === FORMAT ? soundStrokes(file.strokes) : null;
}

/**
 * Return strokes from elsewhere as the pad has them.
 * @param {unknown} given
 * @returns {Stroke[] | null} null if they are none
 */
export function soundStrokes(given) {
  if (!Array.isArray(given)) return null;
  const strokes = given.map(strokeOf).filter((stroke) => stroke !== null);
  const points = strokes.reduce((sum, stroke) => sum + stroke.points.length, 0);
  return strokes.length < given.length || points > MOST_POINTS ? null : strokes;
}

/**
 * @param {any} given
 * @returns {Stroke | null}
 */
function strokeOf(given) {
  const { brush, erase, points } = given ?? {};
  if (!(brush >= THINNEST && brush <= THICKEST) || !Array.isArray(points) || points.length === 0) return null;
  const good = points.every((point) => Array.isArray(point) && point.length === 2 && point.every(Number.isFinite));
  if (!good) return null;
  return { brush: snap(brush), erase: erase === true, points: points.map(([x, y]) => [snap(x), snap(y)]) };
}

/**
 * Return what a hand that moves evenly has drawn after a share of the time.
 * @param {Stroke[]} strokes
 * @param {number} share 0…1
 * @returns {Stroke[]}
 */
export function begun(strokes, share) {
  if (share >= 1) return strokes;
  let left = share * strokes.reduce((sum, stroke) => sum + lengthOf(stroke) + PAUSE, 0);
  /** @type {Stroke[]} */ const drawn = [];
  for (const stroke of strokes) {
    if (left <= 0) break;
    const length = lengthOf(stroke);
    drawn.push(left >= length ? stroke : cut(stroke, left));
    left -= length + PAUSE;
  }
  return drawn;
}

/**
 * @param {Stroke} stroke
 * @param {number} length
 * @returns {Stroke} its beginning; only points that it has, so that its ink is part of the whole one's
 */
function cut(stroke, length) {
  const { points } = stroke;
  let [count, run] = [1, 0];
  while (count < points.length && (run += distance(points[count - 1], points[count])) <= length) count++;
  return { ...stroke, points: points.slice(0, count) };
}

/**
 * @param {Stroke} stroke
 * @returns {number}
 */
function lengthOf({ points }) {
  let sum = 0;
  for (let k = 1; k < points.length; k++) sum += distance(points[k - 1], points[k]);
  return sum;
}

/**
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @returns {number}
 */
export function distance(from, to) {
  return Math.hypot(to[0] - from[0], to[1] - from[1]);
}

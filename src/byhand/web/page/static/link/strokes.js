/**
 * Strokes ↔ a short text for a link, two bytes for most points. A link comes from anywhere: whatever it says, nothing
 * here fails, and what makes no sense is left out.
 */

import { PAD, THICKEST, THINNEST, snap } from "../ink/ink.js";
import { fromBase64, toBase64Url } from "./base64.js";

/** @typedef {import("../ink/ink.js").Stroke} Stroke */

export const USUAL_BRUSH = 20; // pixels of the pad
const MOST_STROKES = 200;
export const MOST_POINTS = 20_000;

// Of a stroke: 2 · its points, + 1 if it erases; the brush; and the points. Brush and points are in quarters of a
// pixel, each as its difference from the one before. All are whole numbers, seven bits a byte, the low ones first.

/**
 * Write strokes as text.
 * @param {Stroke[]} strokes no more than MOST_POINTS are written
 * @returns {string}
 */
export function encodeStrokes(strokes) {
  /** @type {number[]} */
  const bytes = [];
  let [brush, x, y] = [4 * USUAL_BRUSH, 0, 0];
  let room = MOST_POINTS;
  for (const stroke of strokes.filter(({ points }) => points.length > 0).slice(0, MOST_STROKES)) {
    const points = stroke.points.slice(0, room);
    if (points.length === 0) {
      break;
    }
    room -= points.length;
    writeNumber(bytes, 2 * points.length + Number(stroke.erase));
    const wide = 4 * limited(stroke.brush);
    writeNumber(bytes, signless(wide - brush));
    brush = wide;
    for (const point of points) {
      const [right, down] = [4 * snap(point[0]), 4 * snap(point[1])];
      writeNumber(bytes, signless(right - x));
      writeNumber(bytes, signless(down - y));
      [x, y] = [right, down];
    }
  }
  return toBase64Url(bytes);
}

/**
 * Read strokes as far as they make sense.
 * @param {string} text
 * @returns {Stroke[]}
 */
export function decodeStrokes(text) {
  const bytes = bytesOf(text);
  /** @type {Stroke[]} */
  const strokes = [];
  let [brush, x, y] = [4 * USUAL_BRUSH, 0, 0];
  let room = MOST_POINTS;
  const reader = { bytes, place: 0 };
  while (reader.place < bytes.length && strokes.length < MOST_STROKES && room > 0) {
    const head = readNumber(reader);
    brush += signed(readNumber(reader));
    /** @type {[number, number][]} */
    const points = [];
    for (let left = Math.min(Math.floor(head / 2), room); left > 0 && reader.place < bytes.length; left--) {
      [x, y] = [x + signed(readNumber(reader)), y + signed(readNumber(reader))];
      if (Number.isNaN(x + y)) {
        break;
      }
      [x, y] = [4 * snap(x / 4), 4 * snap(y / 4)];
      points.push([x / 4, y / 4]);
    }
    if (points.length === 0 || Number.isNaN(brush)) {
      break;
    }
    brush = 4 * limited(brush / 4);
    room -= points.length;
    strokes.push({ brush: brush / 4, erase: head % 2 === 1, points });
  }
  return strokes;
}

/**
 * Return a pen's width as a multiple of 1/4, within what is allowed.
 * @param {number} brush
 * @returns {number}
 */
function limited(brush) {
  return Math.min(Math.max(snap(brush, PAD), THINNEST), THICKEST);
}

/**
 * Return the bytes that base64url stands for, as far as it is base64url.
 * @param {string} text
 * @returns {Uint8Array}
 */
function bytesOf(text) {
  const sound = /^[A-Za-z0-9_-]*/.exec(text)?.[0] ?? "";
  const whole = sound.length % 4 === 1 ? sound.slice(0, -1) : sound; // One letter alone is less than a byte.
  return fromBase64(whole);
}

/**
 * Write a whole number, 0 or more.
 * @param {number[]} bytes
 * @param {number} number
 */
function writeNumber(bytes, number) {
  for (; number > 127; number >>= 7) {
    bytes.push((number & 127) | 128);
  }
  bytes.push(number);
}

/**
 * Read a whole number; NaN where the bytes end, or if it is longer than any that is written.
 * @param {{bytes: Uint8Array, place: number}} reader
 * @returns {number}
 */
function readNumber(reader) {
  let number = 0;
  for (let scale = 1; scale < 2 ** 28; scale *= 128) {
    const byte = reader.bytes[reader.place++];
    number += (byte & 127) * scale;
    if (byte === undefined) {
      return NaN;
    }
    if (byte < 128) {
      return number;
    }
  }
  return NaN;
}

/**
 * Return a whole number as one that is not below 0: 0, −1, 1, −2 … become 0, 1, 2, 3 …
 * @param {number} number
 * @returns {number}
 */
function signless(number) {
  return number < 0 ? -2 * number - 1 : 2 * number;
}

/**
 * Return what `signless` was given.
 * @param {number} number
 * @returns {number}
 */
function signed(number) {
  return number % 2 === 1 ? -(number + 1) / 2 : number / 2;
}

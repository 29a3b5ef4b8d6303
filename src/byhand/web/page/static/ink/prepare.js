/**
 * From ink to the 28×28 pixels that the network knows: docs/preprocessing.md, "mnist/2", done again in the browser so
 * that an answer follows the pen at once. It is the twin of images/prepare.py, and of the part of images/paper.py that
 * is about drawings; what makes the image of ink is in fit.js.
 */

import { SIDE, fit, placed } from "./fit.js";
import { borderMedian, onPaper } from "./paper.js";
import { mainInk } from "./pieces.js";
import { bounds, crop, largest, moments, resize, shrunk } from "./plane.js";

/** @typedef {import("./ink.js").Box} Box */
/** @typedef {import("./plane.js").Plane} Plane */
/** @typedef {import("./fit.js").Fitted} Fitted */
/** @typedef {"blank" | "specks" | "filled" | "several"} Problem why this cannot be a digit */
/**
 * @typedef {object} Prepared
 * @property {Uint8Array} image 28×28: 0 is paper, 255 ink
 * @property {Problem | null} problem
 * @property {Fitted | null} fitted how the ink became the image; null if it is blank or was not centred
 * @property {[number, number] | null} mass centre of mass in pixels of the pad, whose pixel 0 goes from 0 to 1
 */

export { SIDE };
const FAINTEST = 24; // What differs less from the paper everywhere is no ink.
const FILLED = 7.5; // Width of strokes, in pixels of the 28×28 image, that no pen makes.
const SMALL = 64; // Pixels of the longest side up to which a picture is taken for a drawing.
const LARGEST = 2400; // Pixels of the longest side; above, Python makes a picture smaller first.

/**
 * Fit ink to 28×28 pixels and tell what is wrong with it.
 * @param {Uint8Array} ink 0 is paper, 255 full ink, row by row
 * @param {number} width
 * @param {number} height
 * @param {{centred?: boolean}} [options] not centred, the whole pad is made smaller and nothing is moved
 * @returns {Prepared}
 */
export function prepareInk(ink, width, height, { centred = true } = {}) {
  const whole = { pixels: ink, width, height };
  if (largest(ink) < FAINTEST) {
    return { image: new Uint8Array(SIDE * SIDE), problem: "blank", fitted: null, mass: null };
  }
  const { main, problem } = mainInk(whole);
  const box = /** @type {Box} */ (bounds(main));
  const own = crop(main, box);
  const mass = centreOfMass(own, box);
  if (!centred) {
    const small = resize(whole, ...shrunk(whole, SIDE));
    const image = placed(small, [(SIDE - small.width) >> 1, (SIDE - small.height) >> 1]);
    return { image, problem: null, fitted: null, mass };
  }
  const { image, fitted } = fit(own, box);
  return { image, problem: problemOf(image, own, fitted, problem), fitted, mass };
}

/**
 * Find the ink in a picture: what differs from the paper, the median of the outermost pixels.
 * @param {Uint8ClampedArray} rgba four bytes a pixel, as a canvas gives them
 * @param {number} width
 * @param {number} height
 * @returns {{ink: Uint8Array, dark: boolean, drawing: boolean}} whether ink is darker than paper; if this is no drawing
 *   but a photo, or is too large, its ink is found in another way, on the server
 */
export function inkOfPicture(rgba, width, height) {
  const pixels = onPaper(rgba);
  const paper = [0, 1, 2].map((channel) => borderMedian(pixels, width, height, channel));
  const ink = new Uint8Array(width * height);
  let sum = 0;
  for (let k = 0; k < ink.length; k++) {
    let farthest = 0;
    for (let channel = 0; channel < 3; channel++) {
      const away = pixels[4 * k + channel] - paper[channel];
      farthest = Math.max(farthest, Math.abs(away));
      sum += away;
    }
    ink[k] = farthest;
  }
  return { ink, dark: sum < 0, drawing: Math.max(width, height) <= LARGEST && isDrawing(ink, width, height) };
}

/**
 * Tell a drawing from a photo: much is exactly paper, and most of the rest is full ink.
 * @param {Uint8Array} ink
 * @param {number} width
 * @param {number} height
 * @returns {boolean}
 */
function isDrawing(ink, width, height) {
  const peak = largest(ink);
  if (Math.max(width, height) <= SMALL || peak === 0) {
    return true;
  }
  let [paper, faint, full, fullest, others] = [0, 0, 0, 0, 0];
  for (const value of ink) {
    const eighths = 8 * value;
    paper += Number(value === 0);
    faint += Number(eighths > 0 && eighths < peak);
    full += Number(eighths >= 3 * peak);
    fullest += Number(eighths >= 6 * peak);
    others += Number(eighths >= peak && eighths < 6 * peak);
  }
  return 10 * paper >= 3 * ink.length && faint <= full && others <= 4 * fullest;
}

/**
 * Tell what is wrong with ink.
 * @param {Uint8Array} image
 * @param {Plane} ink in its box
 * @param {Fitted} fitted
 * @param {Problem | null} known
 * @returns {Problem | null}
 */
function problemOf(image, ink, fitted, known) {
  if (largest(image) === 0) {
    return "specks";
  }
  if (known !== null) {
    return known;
  }
  if (fitted.strokeWidth > FILLED) {
    return "filled";
  }
  return isApart(ink) ? "several" : null;
}

/**
 * Return the centre of mass in pixels of the pad, where the middle of the first pixel is at one half.
 * @param {Plane} own the ink in its box
 * @param {Box} box
 * @returns {[number, number]}
 */
function centreOfMass(own, [left, top]) {
  const { total, right, down } = moments(own);
  return [left + right / total + 0.5, top + down / total + 0.5];
}

/**
 * Tell whether the ink lies in two parts with free space between them: side by side, or one above the other.
 * @param {Plane} ink in its box
 * @returns {boolean}
 */
function isApart(ink) {
  const { width, height } = ink;
  const { columns, rows } = inkedLines(ink);
  const longest = Math.max(width, height);
  const beside = gaps(columns, longest);
  const above = gaps(rows, longest);
  if (beside.length + above.length === 0) {
    return false;
  }
  const total = sumOf(rows);
  const isTall = (/** @type {Box} */ box) => {
    const lines = inkedLines(crop(ink, box)).rows;
    return extent(lines) > 0.6 * height && sumOf(lines) > 0.1 * total;
  };
  // The bar of a 5 may well lie above its body.
  const isMuch = (/** @type {Uint32Array} */ part) => part.length > 0.35 * height && sumOf(part) > 0.2 * total;
  return (
    beside.some((cut) => isTall([0, 0, cut, height]) && isTall([cut, 0, width, height])) ||
    above.some((cut) => isMuch(rows.subarray(0, cut)) && isMuch(rows.subarray(cut)))
  );
}

/**
 * Count the pixels with ink in every column and every row.
 * @param {Plane} ink
 * @returns {{columns: Uint32Array, rows: Uint32Array}}
 */
function inkedLines({ pixels, width, height }) {
  const columns = new Uint32Array(width);
  const rows = new Uint32Array(height);
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) {
      if (pixels[k] >= FAINTEST) {
        columns[x]++;
        rows[y]++;
      }
    }
  }
  return { columns, rows };
}

/**
 * Return where gaps of empty lines begin that are wide enough and have something on either side.
 * @param {Uint32Array} lines how many pixels with ink each has
 * @param {number} longest of the ink's sides
 * @returns {number[]}
 */
function gaps(lines, longest) {
  const cuts = [];
  for (let cut = 1; cut < lines.length; cut++) {
    if (lines[cut] === 0 && lines[cut - 1] > 0) {
      const free = lines.subarray(cut).findIndex((inked) => inked > 0); // −1 if there is nothing on the other side
      if (free > 0.06 * longest) {
        cuts.push(cut);
      }
    }
  }
  return cuts;
}

/**
 * Return how far the last line with ink is from the first one.
 * @param {Uint32Array} lines
 * @returns {number}
 */
function extent(lines) {
  return lines.findLastIndex((inked) => inked > 0) - lines.findIndex((inked) => inked > 0);
}

/**
 * Return the sum of some numbers.
 * @param {Uint32Array} numbers
 * @returns {number}
 */
function sumOf(numbers) {
  return numbers.reduce((sum, each) => sum + each, 0);
}

/**
 * Light ink on dark paper → 28×28 pixels, as MNIST's makers did it, in whole numbers: the twin of images/fit.py, step
 * by step with the same names. Every sum is one of whole numbers below 2⁵³, so its pixels are exactly Python's.
 */

import { bounds, brightest, crop, framed, largest, moments, resize, shrunk } from "./plane.js";

/** @typedef {import("./ink.js").Box} Box */
/** @typedef {import("./plane.js").Plane} Plane */
/**
 * @typedef {object} Fitted
 * @property {Box} box of the ink, in pixels of the pad
 * @property {number} scale pixels of the 28×28 image for one of the pad
 * @property {number} strokeWidth of the ink as it was, in pixels of the 28×28 image
 * @property {number} thickened by how many pixels of the 28×28 image strokes were made wider; narrower, if below 0
 * @property {[number, number]} shift how far right and down the ink's box was moved from the upper left corner
 */

export const SIDE = 28;
const LONGEST = 20; // Pixels of the ink's longest side.
const CENTRE = 14; // The pixel, counted from 0, that the centre of mass goes to.
const WORKING = 100; // Pixels of the longest side while strokes are made thicker or thinner.
const [THIN, THIN_GOAL] = [1.4, 2];
const [THICK, THICK_GOAL] = [4.2, 3];

/**
 * Return the image of ink, and how it was made.
 * @param {Plane} own the ink in its box
 * @param {Box} box
 * @returns {{image: Uint8Array, fitted: Fitted}}
 */
export function fit(own, box) {
  const scale = LONGEST / Math.max(own.width, own.height);
  const strokeWidth = strokeWidthOf(own) * scale;
  let [ink, thickened] = [own, 0];
  if (!(THIN <= strokeWidth && strokeWidth <= THICK)) {
    [ink, thickened] = withOtherStrokes(own, strokeWidth);
  }
  const small = brightest(resize(ink, ...shrunk(ink, LONGEST)));
  const shift = shiftOf(small);
  return { image: placed(small, shift), fitted: { box, scale, strokeWidth, thickened, shift } };
}

/**
 * Return the mean width of strokes in pixels: twice their area, divided by the length of their edges.
 * @param {Plane} ink in its box
 * @returns {number}
 */
function strokeWidthOf(ink) {
  const { pixels, width, height } = framed(ink, 1);
  let [area, edges] = [0, 0];
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0, k = y * width; x + 1 < width; x++, k++) {
      const value = pixels[k];
      const across = Math.abs(value - pixels[k + 1]);
      const down = Math.abs(value - pixels[k + width]);
      area += value;
      edges += across > down ? 5 * across + 2 * down : 5 * down + 2 * across;
    }
  }
  return (10 * area) / edges;
}

/**
 * Return ink with strokes of MNIST's width, and by how much they grew in pixels of the 28×28 image.
 * @param {Plane} ink
 * @param {number} width of its strokes
 * @returns {[Plane, number]}
 */
function withOtherStrokes(ink, width) {
  if (Math.max(ink.width, ink.height) > WORKING) {
    ink = resize(ink, ...shrunk(ink, WORKING));
  }
  ink = brightest(ink);
  const unit = Math.max(ink.width, ink.height) / LONGEST;
  const wanted = width < THIN ? THIN_GOAL : THICK_GOAL;
  const radius = Math.floor((Math.abs(wanted - width) * unit) / 2 + 0.5);
  const sign = width < THIN ? 1 : -1;
  const tooSmall = sign < 0 && 2 * radius + 2 > Math.min(ink.width, ink.height);
  if (radius === 0 || largest(ink.pixels) === 0 || tooSmall) {
    return [ink, 0];
  }
  return [grown(ink, sign * radius), (sign * 2 * radius) / unit];
}

/**
 * Return ink with every edge moved out by a radius, or in if it is below 0; cut to what is left.
 * @param {Plane} ink
 * @param {number} radius
 * @returns {Plane}
 */
function grown(ink, radius) {
  const frame = framed(ink, Math.abs(radius));
  const inwards = radius < 0;
  const source = inwards ? inverted(frame) : frame;
  const spread = largestWithin(source, Math.abs(radius));
  const out = inwards ? inverted(spread) : spread;
  const box = bounds(out);
  return box === null ? ink : crop(out, box);
}

/**
 * Return 255 minus every pixel.
 * @param {Plane} plane
 * @returns {Plane}
 */
function inverted({ pixels, width, height }) {
  return { pixels: pixels.map((value) => 255 - value), width, height };
}

/**
 * Return for every pixel the largest of all within a radius.
 *
 * The stretch of a row that lies within the radius depends only on how far the row is up or down. So the largest of a
 * stretch is found once for every length, each from the one before, and not once for each pixel of the disc.
 * @param {Plane} plane with a frame as wide as the radius, so that nothing beyond it counts
 * @param {number} radius
 * @returns {Plane}
 */
function largestWithin({ pixels, width, height }, radius) {
  const out = new Uint8Array(pixels.length);
  const stretch = pixels.slice();
  for (let half = 0; half <= radius; half++) {
    if (half > 0) {
      widen(stretch, pixels, width, half);
    }
    for (let away = 0; away <= radius; away++) {
      const room = radius * radius - away * away;
      if (half * half <= room && (half + 1) * (half + 1) > room) {
        raise(out, stretch, away * width);
        raise(out, stretch, -away * width);
      }
    }
  }
  return { pixels: out, width, height };
}

/**
 * Let every stretch reach one pixel farther on both sides.
 * @param {Uint8Array} stretch
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} half how far it reaches then
 */
function widen(stretch, pixels, width, half) {
  for (let row = 0; row < pixels.length; row += width) {
    for (let x = 0; x < width; x++) {
      const left = x >= half ? pixels[row + x - half] : 0;
      const right = x + half < width ? pixels[row + x + half] : 0;
      const most = left > right ? left : right;
      if (most > stretch[row + x]) {
        stretch[row + x] = most;
      }
    }
  }
}

/**
 * Raise every pixel to that of another plane some pixels farther on.
 * @param {Uint8Array} out
 * @param {Uint8Array} other
 * @param {number} farther
 */
function raise(out, other, farther) {
  const [start, end] = [Math.max(-farther, 0), Math.min(out.length - farther, out.length)];
  for (let k = start; k < end; k++) {
    if (other[k + farther] > out[k]) {
      out[k] = other[k + farther];
    }
  }
}

/**
 * Return how far right and down the ink goes for its centre of mass to be in the middle, with nothing cut off.
 * @param {Plane} small
 * @returns {[number, number]}
 */
function shiftOf(small) {
  const { right, down, ...sums } = moments(small);
  const total = Math.max(sums.total, 1); // Of specks, nothing may be left.
  const shift = (/** @type {number} */ moment, /** @type {number} */ length) => {
    const wanted = Math.floor((2 * (CENTRE * total - moment) + total) / (2 * total)); // 14 − mean, rounded half up
    return Math.min(Math.max(wanted, 0), SIDE - length);
  };
  return [shift(right, small.width), shift(down, small.height)];
}

/**
 * Return the image with ink at a place.
 * @param {Plane} small
 * @param {[number, number]} shift
 * @returns {Uint8Array}
 */
export function placed(small, [right, down]) {
  const image = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < small.height; y++) {
    const row = small.pixels.subarray(y * small.width, (y + 1) * small.width);
    image.set(row, (down + y) * SIDE + right);
  }
  return image;
}

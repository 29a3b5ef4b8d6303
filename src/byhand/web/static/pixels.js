// Grey levels on canvases, fast: the pad is painted anew in every frame in which the pen moves.

import { palette } from "./palette.js";

/**
 * The pixels of a square with a picture in its middle, which begins at `left`, `top`, enlarged by `scale`.
 * @typedef {{pixels: Uint8Array, scale: number, left: number, top: number}} Fit
 */

/**
 * Paint bytes as ink on paper, one pixel each. The canvas becomes as large as they are.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} bytes row by row; 0 is paper, 255 full ink
 * @param {number} width
 * @param {number} height
 */
export function paintBytes(canvas, bytes, width, height) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = context.createImageData(width, height);
  const colours = new Uint32Array(picture.data.buffer);
  const table = greys();
  for (let k = 0; k < colours.length; k++) colours[k] = table[bytes[k]];
  context.putImageData(picture, 0, 0);
}

/** Return the colour of every grey level in the order of bytes that canvases have. */
function greys() {
  const { surface, ink } = palette();
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let level = 0; level < 256; level++) {
    for (let channel = 0; channel < 3; channel++) {
      bytes[4 * level + channel] = surface[channel] + ((ink[channel] - surface[channel]) * level) / 255;
    }
    bytes[4 * level + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/**
 * Fit a picture into a square, in its middle: only to look at it, the network never sees this.
 * @param {Uint8Array} bytes row by row
 * @param {number} width
 * @param {number} height
 * @param {number} side of the square
 * @returns {Fit}
 */
export function fitInto(bytes, width, height, side) {
  const scale = side / Math.max(width, height);
  const left = (side - width * scale) / 2;
  const top = (side - height * scale) / 2;
  const pixels = new Uint8Array(side * side);
  for (let y = Math.floor(top); y < Math.ceil(side - top); y++) {
    const rows = covered((y - top) / scale, (y + 1 - top) / scale, height);
    for (let x = Math.floor(left); x < Math.ceil(side - left); x++) {
      const columns = covered((x - left) / scale, (x + 1 - left) / scale, width);
      pixels[y * side + x] = mean(bytes, width, rows, columns);
    }
  }
  return { pixels, scale, left, top };
}

/**
 * Return the first and the last (exclusive) of the old pixels that lie under a new one; at least one.
 * @param {number} from
 * @param {number} to
 * @param {number} most
 * @returns {[number, number]}
 */
function covered(from, to, most) {
  const first = Math.min(Math.max(Math.floor(from + 1e-6), 0), most - 1);
  return [first, Math.min(Math.max(Math.floor(to + 1e-6), first + 1), most)];
}

/**
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {[number, number]} rows
 * @param {[number, number]} columns
 * @returns {number}
 */
function mean(bytes, width, rows, columns) {
  let sum = 0;
  for (let y = rows[0]; y < rows[1]; y++) {
    for (let x = columns[0]; x < columns[1]; x++) sum += bytes[y * width + x];
  }
  return Math.round(sum / ((rows[1] - rows[0]) * (columns[1] - columns[0])));
}

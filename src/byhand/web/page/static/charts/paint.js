// Numbers as colours on canvases, fast: the pad and all that is computed from it are painted anew in every frame in
// which the pen moves. Every scale is a table of colours, so that a pixel costs one look into it.

import { greatest } from "./numbers.js";
import { palette } from "./palette.js";

/** @typedef {import("./palette.js").Colour} Colour */
/** @typedef {{ink: Uint32Array, positive: Uint32Array, negative: Uint32Array, of: object}} Tables */
/**
 * The pixels of a square with a picture in its middle, which begins at `left`, `top`, enlarged by `scale`.
 * @typedef {{pixels: Uint8Array, scale: number, left: number, top: number}} Fit
 */

/** @type {Tables | null} */ let known = null;

/** @returns {Tables} from the colour of paper to another one, in the order of bytes that canvases have */
function tables() {
  const colours = palette();
  if (known?.of !== colours) {
    const { surface, ink, positive, negative } = colours;
    const [dark, above, below] = [ink, positive, negative].map((colour) => ramp(surface, colour));
    known = { ink: dark, positive: above, negative: below, of: colours };
  }
  return known;
}

/**
 * @param {Colour} from
 * @param {Colour} to
 * @returns {Uint32Array} 256 colours
 */
function ramp(from, to) {
  const bytes = new Uint8ClampedArray(4 * 256);
  for (let level = 0; level < 256; level++) {
    for (let channel = 0; channel < 3; channel++) {
      bytes[4 * level + channel] = from[channel] + ((to[channel] - from[channel]) * level) / 255;
    }
    bytes[4 * level + 3] = 255;
  }
  return new Uint32Array(bytes.buffer);
}

/**
 * Return what paints on a canvas whose pixels stay in memory: of a large one in graphics hardware WebKit shows nothing
 * any more once it is laid out in another way, as on a phone that is turned.
 * @param {HTMLCanvasElement} canvas
 */
export function inMemory(canvas) {
  return /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d", { willReadFrequently: true }));
}

/**
 * Let a function fill the pixels of a canvas, which becomes as large as they are.
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @param {(colours: Uint32Array) => void} write
 */
function onCanvas(canvas, width, height, write) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = inMemory(canvas);
  const picture = context.createImageData(width, height);
  write(new Uint32Array(picture.data.buffer));
  context.putImageData(picture, 0, 0);
}

/**
 * Paint bytes as ink on paper, one pixel each.
 * @param {HTMLCanvasElement} canvas
 * @param {Uint8Array} bytes row by row; 0 is paper, 255 full ink
 * @param {number} width
 * @param {number} height
 */
export function paintBytes(canvas, bytes, width, height) {
  const { ink } = tables();
  onCanvas(canvas, width, height, (colours) => {
    for (let k = 0; k < colours.length; k++) colours[k] = ink[bytes[k]];
  });
}

/**
 * Paint values as ink on paper, one pixel each; what is below 0 is paper.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values row by row; where they end before the canvas does, it stays clear
 * @param {number} width
 * @param {number} height
 * @param {number} [largest] the value that is full ink
 */
export function paintInk(canvas, values, width, height, largest = 1) {
  const { ink } = tables();
  const factor = largest > 0 ? 255 / largest : 0;
  onCanvas(canvas, width, height, (colours) => {
    const n = Math.min(colours.length, values.length);
    for (let k = 0; k < n; k++) colours[k] = ink[Math.min(255, Math.max(0, Math.round(values[k] * factor))) || 0];
  });
}

/**
 * Paint values on the diverging scale: zero is paper, `largest` is full colour, on either side.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} values row by row; where they end before the canvas does, it stays clear
 * @param {number} width
 * @param {number} height
 * @param {number} [largest] without it, the largest of the values, whatever its sign
 */
export function paintDiverging(canvas, values, width, height, largest = greatest(values)) {
  const { positive, negative } = tables();
  const factor = largest > 0 ? 255 / largest : 0;
  onCanvas(canvas, width, height, (colours) => {
    const n = Math.min(colours.length, values.length);
    for (let k = 0; k < n; k++) {
      const level = values[k] * factor;
      colours[k] = (level < 0 ? negative : positive)[Math.min(255, Math.round(Math.abs(level))) || 0];
    }
  });
}

/**
 * Paint values on the diverging scale over a faint image.
 * @param {HTMLCanvasElement} canvas
 * @param {ArrayLike<number>} image 0…1, row by row
 * @param {ArrayLike<number>} values as many
 * @param {number} width
 * @param {number} height
 * @param {{most: number, faint: number}} scale the value of full colour, and how dark full ink is below, 0…1
 */
export function paintOver(canvas, image, values, width, height, { most, faint }) {
  const bytes = (/** @type {Uint32Array} */ table) => new Uint8Array(table.buffer);
  const { ink, positive, negative } = tables();
  const [below, above, under] = [bytes(negative), bytes(positive), bytes(ink)];
  onCanvas(canvas, width, height, (colours) => {
    const out = new Uint8ClampedArray(colours.buffer);
    for (let k = 0; k < values.length; k++) {
      const share = most > 0 ? Math.min(1, Math.abs(values[k]) / most) : 0;
      const full = (values[k] < 0 ? below : above).subarray(4 * 255);
      const start = 4 * Math.round(255 * faint * image[k]);
      for (let c = 0; c < 4; c++) out[4 * k + c] = under[start + c] + (full[c] - under[start + c]) * share;
    }
  });
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

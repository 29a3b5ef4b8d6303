// The colours of the style sheet as numbers, for what is drawn on canvases, and the two scales made of them.

/** @typedef {[number, number, number]} Colour red, green, blue, 0…255 */
/** @typedef {{paper: Colour, surface: Colour, sunken: Colour, ink: Colour, muted: Colour, line: Colour,
 *             accent: Colour, positive: Colour, negative: Colour}} Palette */

const NAMES = /** @type {(keyof Palette)[]} */ (
  ["paper", "surface", "sunken", "ink", "muted", "line", "accent", "positive", "negative"]);

/** @type {Palette | null} */ let known = null;

/** @returns {Palette} the colours of the theme as it is now */
export function palette() {
  if (known === null) {
    const style = getComputedStyle(document.documentElement);
    known = /** @type {Palette} */ (Object.fromEntries(
      NAMES.map((name) => [name, fromHex(style.getPropertyValue(`--${name}`).trim())])));
  }
  return known;
}

/** Look the colours up anew: the theme has changed. */
export function forget() {
  known = null;
}

/**
 * @param {string} text such as #fbf9f4
 * @returns {Colour}
 */
function fromHex(text) {
  const value = parseInt(text.slice(1), 16);
  return [value >> 16, (value >> 8) & 255, value & 255];
}

/**
 * Paint values 0…1 as ink on paper, one pixel each.
 * @param {HTMLCanvasElement} canvas its width and height are set
 * @param {ArrayLike<number>} values row by row
 * @param {number} width
 * @param {number} height
 * @param {number} [largest] the value that is full ink
 */
export function paintInk(canvas, values, width, height, largest = 1) {
  const { surface, ink } = palette();
  paint(canvas, width, height, (index, put) => put(surface, ink, Math.max(0, Math.min(1, values[index] / largest))));
}

/**
 * Paint values on the diverging scale: zero is paper, `largest` is full colour, on either side.
 * @param {HTMLCanvasElement} canvas its width and height are set
 * @param {ArrayLike<number>} values row by row
 * @param {number} width
 * @param {number} height
 * @param {number} [largest] without it, the largest of the values, whatever its sign
 */
export function paintDiverging(canvas, values, width, height, largest = greatest(values)) {
  const { surface, positive, negative } = palette();
  paint(canvas, width, height, (index, put) => {
    const share = largest > 0 ? values[index] / largest : 0;
    put(surface, share < 0 ? negative : positive, Math.min(1, Math.abs(share)));
  });
}

/**
 * @param {ArrayLike<number>} values
 * @returns {number} the largest absolute value
 */
export function greatest(values) {
  let most = 0;
  for (let i = 0; i < values.length; i++) most = Math.max(most, Math.abs(values[i]));
  return most;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {number} width
 * @param {number} height
 * @param {(index: number, put: (from: Colour, to: Colour, share: number) => void) => void} colour
 */
function paint(canvas, width, height, colour) {
  if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  const picture = context.createImageData(width, height);
  const data = picture.data;
  for (let index = 0, at = 0; index < width * height; index++, at += 4) {
    colour(index, (from, to, share) => {
      data[at] = from[0] + (to[0] - from[0]) * share;
      data[at + 1] = from[1] + (to[1] - from[1]) * share;
      data[at + 2] = from[2] + (to[2] - from[2]) * share;
      data[at + 3] = 255;
    });
  }
  context.putImageData(picture, 0, 0);
}

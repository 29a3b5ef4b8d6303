// The colours of the style sheet as numbers, for what is drawn on canvases.

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

// The colours of the style sheet as numbers, for what is drawn on canvases.

import { h } from "../elements/dom.js";

/** @typedef {[number, number, number]} Colour red, green, blue, 0…255 */
/** @typedef {{paper: Colour, surface: Colour, sunken: Colour, ink: Colour, muted: Colour, line: Colour,
 *             accent: Colour, positive: Colour, negative: Colour}} Palette */

const NAMES = /** @type {(keyof Palette)[]} */ (
  ["paper", "surface", "sunken", "ink", "muted", "line", "accent", "positive", "negative"]);

/** @type {Palette | null} */ let known = null;
/** @type {Element | null} */ let place = null; // where the style sheet holds; null: in all of the document

/** @returns {Palette} the colours of the theme as it is now */
export function palette() {
  if (known === null) {
    const probe = h("span", { hidden: true }); // Only of a colour in use the browser says which of the two it is.
    probe.style.setProperty("forced-color-adjust", "none"); // Else all would be one, where a system gives its own.
    (place ?? document.body).append(probe);
    known = /** @type {Palette} */ (Object.fromEntries(NAMES.map((name) => {
      probe.style.color = `var(--${name})`;
      return [name, fromRgb(getComputedStyle(probe).color)];
    })));
    probe.remove();
  }
  return known;
}

/**
 * Look the colours up anew: the theme has changed.
 * @param {Element | null} [where] the style sheet holds, if not in all of the document
 */
export function forget(where = null) {
  known = null;
  place = where;
}

/**
 * @param {string} text such as rgb(251, 249, 244)
 * @returns {Colour}
 */
function fromRgb(text) {
  return /** @type {Colour} */ ((text.match(/\d+/g) ?? []).map(Number));
}

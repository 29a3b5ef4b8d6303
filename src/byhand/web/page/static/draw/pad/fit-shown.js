// What the pad shows, whatever is read: the drawing, a picture made to fit, or an image of the data enlarged; and the
// strokes over it.

import { fitInto } from "../../charts/paint.js";
import { PAD } from "../../ink/ink.js";
import { SIDE } from "../../ink/prepare.js";

/** @typedef {import("../../charts/paint.js").Fit} Fit */

/** @type {WeakMap<Uint8Array, Fit>} */ const known = new WeakMap();

/**
 * @param {import("../../page/app.js").App} app
 * @returns {Fit}
 */
export function fitShown(app) {
  const { picture, sample, reading } = app;
  if (reading.touched) return { pixels: app.ink.pixels, scale: 1, left: 0, top: 0 };
  if (sample) return fitOnce(sample.pixels, SIDE, SIDE);
  if (picture) return fitOnce(picture.ink, picture.width, picture.height);
  return { pixels: app.ink.pixels, scale: 1, left: 0, top: 0 };
}

/**
 * @param {Uint8Array} bytes
 * @param {number} width
 * @param {number} height
 * @returns {Fit}
 */
function fitOnce(bytes, width, height) {
  const fit = known.get(bytes) ?? fitInto(bytes, width, height, PAD);
  known.set(bytes, fit);
  return fit;
}

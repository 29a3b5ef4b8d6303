/**
 * The image that a unit would like best: gradient ascent on the pixels, x ← x + step · slope / |slope|, from even grey.
 * Here not the weights learn, but the image. Every step ends where images may be: no pixel below 0 or above 1, and all
 * together no more ink than a written digit has.
 */

import { unitSlopes } from "./backward.js";
import { forward } from "./nn.js";
import { createRest } from "./slices.js";

/** @typedef {import("./nn.js").Model} Model */
/** @typedef {{x: Float32Array, from: number, to: number}} Ideal the image, and the unit's sum at its beginning and end */

export const STEPS = 60;
const GREY = 0.1; // of every pixel to begin with
const STRIDE = 0.5; // length of a step
const INK = 0.32; // the root of the mean square of all pixels, at most; a digit of MNIST has about as much
const WAKING = 0.1; // Grey leaves whole layers silent, without any slope: silent units that would help are heard a little.

/**
 * Find the image for which a unit's weighted sum is about as large as it can be; the same one every time.
 * @param {Model} model
 * @param {number} layer counted from 0, the layer above the image
 * @param {number} unit
 * @param {() => boolean} [wanted] whether anybody still waits for it
 * @returns {Promise<Ideal | null>} null if nobody does
 */
export async function idealImage(model, layer, unit, wanted = () => true) {
  const goesOn = createRest(wanted);
  let pass = forward(model, new Float32Array(model.sizes[0]).fill(GREY));
  const from = pass.sums[layer][unit];
  let best = { x: pass.inputs[0], from, to: from };
  for (let k = 0; k < STEPS; k++) {
    const slope = unitSlopes(model, pass, layer, unit, WAKING);
    const steepness = norm(slope);
    if (steepness === 0) break; // No pixel counts.
    pass = forward(model, limited(pass.inputs[0].map((pixel, i) => pixel + (STRIDE * slope[i]) / steepness)), pass);
    const to = pass.sums[layer][unit];
    if (to > best.to) best = { x: pass.inputs[0], from, to };
    if (!(await goesOn())) return null;
  }
  return best;
}

/**
 * Bring an image back to where images may be.
 * @param {Float32Array} x
 * @returns {Float32Array}
 */
function limited(x) {
  const within = x.map((pixel) => Math.min(Math.max(pixel, 0), 1));
  const most = INK * Math.sqrt(x.length);
  const ink = norm(within);
  return ink > most ? within.map((pixel) => (pixel * most) / ink) : within;
}

/** @param {Float32Array} x @returns {number} its length */
function norm(x) {
  return Math.sqrt(x.reduce((sum, each) => sum + each * each, 0));
}

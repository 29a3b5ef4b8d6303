// The changes that robustness is measured with, done to one image, so that one sees how much "20 degrees" is.

import { normalNumbers } from "../../network/random.js";

/** @typedef {import("../../server/messages.js").Change["kind"]} Kind */
/** @typedef {Kind | "size"} Way in which an image can be changed */

const SEED = 2026;

/**
 * Return an image shifted right, turned clockwise, covered with noise, or made larger or smaller about its middle.
 * @param {Uint8Array} image
 * @param {number} height
 * @param {number} width
 * @param {Way} kind
 * @param {number} amount pixels, degrees, the noise's standard deviation, of which 1 is full ink, or the new size, of
 *   which 1 is the old one
 * @param {number} [seed] of the noise
 * @returns {Uint8Array}
 */
export function changed(image, height, width, kind, amount, seed = 0) {
  if (kind === "noise") {
    const normal = normalNumbers(SEED + seed);
    return image.map((pixel) => Math.max(0, Math.min(255, pixel + 255 * amount * normal())));
  }
  const angle = kind === "rotation" ? (amount * Math.PI) / 180 : 0;
  const [size, moved] = [kind === "size" ? amount : 1, kind === "shift" ? amount : 0];
  const [cos, sin] = [Math.cos(angle) / size, Math.sin(angle) / size];
  const [centreY, centreX] = [(height - 1) / 2, (width - 1) / 2];
  const at = (/** @type {number} */ y, /** @type {number} */ x) =>
    y >= 0 && y < height && x >= 0 && x < width ? image[y * width + x] : 0;
  return image.map((_, k) => {
    // Each pixel is looked up where it comes from, between four pixels.
    const [down, right] = [Math.floor(k / width) - centreY, (k % width) - centreX];
    const y = cos * down - sin * right + centreY;
    const x = cos * right + sin * down + centreX - moved;
    const [top, left] = [Math.floor(y), Math.floor(x)];
    const [below, beside] = [y - top, x - left];
    const upper = at(top, left) * (1 - beside) + at(top, left + 1) * beside;
    const lower = at(top + 1, left) * (1 - beside) + at(top + 1, left + 1) * beside;
    return Math.round(upper * (1 - below) + lower * below);
  });
}

/**
 * The smallest change of an image that makes a network say something else: the fewest pixels' worth of ink.
 *
 * With ReLU the scores are plain weighted sums as long as no unit switches. So the pixel whose ink changes the difference
 * of two scores most is moved as far as it goes, to paper or to full ink, then the next one, each time with the slopes as
 * they are then; the last one only as far as it takes. What turned out not to be needed is taken back.
 */

import { slopes } from "./backward.js";
import { forward } from "./nn.js";

/** @typedef {import("./nn.js").Model} Model */
/**
 * @typedef {object} Flip
 * @property {number} to the class that the network then names
 * @property {Float32Array} x the changed pixels, 0…1
 * @property {Float32Array} change what was added, or taken away, pixel by pixel
 * @property {number} ink all changes together, in pixels of full ink
 * @property {number} pixels how many are changed
 * @property {number} p the probability of the new class
 */

const MOST = 120; // pixels; more is another image, and not the same one changed
const RIVALS = 4; // classes that are tried, the most probable ones
const HALVINGS = 12; // until the last pixel is changed only as far as it takes
const [ROOM, SEEN] = [0.05, 0.02]; // less of a pixel is not worth being changed, and not seen
const HOPELESS = 1.5; // times the best change so far: what is taken back later does not make up for more

/**
 * Find the smallest change, among those towards the most probable other classes.
 * @param {Model} model
 * @param {Float32Array} x pixels, 0…1
 * @returns {Flip | null} null if none was found
 */
export function smallestFlip(model, x) {
  const { probabilities } = forward(model, x);
  const [now, ...others] = Array.from(probabilities.keys()).sort((a, b) => probabilities[b] - probabilities[a]);
  return others.slice(0, RIVALS).reduce((/** @type {Flip | null} */ best, to) => {
    const found = flipTo(model, x, now, to, best ? HOPELESS * best.ink : Infinity);
    return found && (!best || found.ink < best.ink) ? found : best;
  }, null);
}

/**
 * Change an image until a network names another class.
 * @param {Model} model
 * @param {Float32Array} from
 * @param {number} now
 * @param {number} to
 * @param {number} most ink that may be changed on the way
 * @returns {Flip | null}
 */
function flipTo(model, from, now, to, most) {
  const x = from.slice();
  /** @type {number[]} */ const moved = [];
  const flipped = () => {
    const { logits } = forward(model, x);
    return logits[to] > logits[now] && logits.every((z, k) => k === to || z < logits[to]);
  };
  let ink = 0;
  while (!flipped()) {
    const slope = slopes(model, forward(model, x), to, now);
    const at = steepest(slope, x, new Set(moved));
    if (at < 0 || moved.length >= MOST || ink > most) return null;
    x[at] = slope[at] > 0 ? 1 : 0;
    ink += Math.abs(x[at] - from[at]);
    moved.push(at);
  }
  for (const at of [...moved].reverse()) shorten(x, from, at, flipped);
  const change = x.map((value, k) => value - from[k]);
  return {
    to, x, change, ink: change.reduce((sum, each) => sum + Math.abs(each), 0),
    pixels: change.reduce((n, each) => n + Number(Math.abs(each) > SEEN), 0), p: forward(model, x).probabilities[to],
  };
}

/**
 * Find the pixel whose ink counts most, if there is room for more of it, or ink to take away.
 * @param {Float32Array} slope
 * @param {Float32Array} x
 * @param {Set<number>} moved pixels that were moved already
 * @returns {number} −1 if none is worth it
 */
function steepest(slope, x, moved) {
  let best = -1;
  slope.forEach((each, k) => {
    const room = each > 0 ? 1 - x[k] : x[k];
    if (room > ROOM && !moved.has(k) && each !== 0 && (best < 0 || Math.abs(each) > Math.abs(slope[best]))) best = k;
  });
  return best;
}

/**
 * Change a pixel only as far as it takes; not at all, if the others are enough.
 * @param {Float32Array} x
 * @param {Float32Array} from
 * @param {number} at
 * @param {() => boolean} flipped
 */
function shorten(x, from, at, flipped) {
  const far = x[at];
  x[at] = from[at];
  if (flipped()) return;
  let [low, high] = [0, 1]; // shares of the way: too little, and enough
  for (let k = 0; k < HALVINGS; k++) {
    const middle = (low + high) / 2;
    x[at] = from[at] + middle * (far - from[at]);
    if (flipped()) high = middle;
    else low = middle;
  }
  x[at] = from[at] + high * (far - from[at]);
}

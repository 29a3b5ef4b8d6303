/**
 * The two directions in which many vectors differ most: principal components, by power iteration. A vector that is
 * multiplied again and again by Xᵀ X, the sums of squares and products of the differences from the mean, turns towards
 * the direction in which these are largest; one that is kept at a right angle to that turns towards the second.
 */

import { randomNumbers } from "./random.js";
import { createRest } from "./slices.js";

/**
 * @typedef {object} Principal
 * @property {Float64Array} mean
 * @property {Float64Array[]} axes two, of length 1, at a right angle
 * @property {number[]} shares how much of all differences lies along each, 0…1
 */

const MOST = 200; // multiplications; then it is near enough for a map
const STILL = 1e-4; // A direction that turns less has been found.
const SEED = 1;

/**
 * Find them.
 * @param {Float32Array[]} rows vectors of one length, more than one
 * @param {() => boolean} [wanted] whether anybody still waits for it
 * @returns {Promise<Principal | null>} null if nobody does
 */
export async function principal(rows, wanted = () => true) {
  const goesOn = createRest(wanted);
  const mean = meanOf(rows);
  const all = rows.reduce((sum, row) => sum + row.reduce((own, value, k) => own + (value - mean[k]) ** 2, 0), 0);
  /** @type {Float64Array[]} */ const axes = [];
  const shares = [];
  const random = randomNumbers(SEED);
  for (let k = 0; k < 2; k++) {
    let axis = unit(apart(mean.map(() => random() - 0.5), axes));
    let strength = 0;
    for (let times = 0; times < MOST; times++) {
      const next = apart(multiplied(rows, mean, axis), axes);
      strength = length(next);
      if (strength <= 1e-9 * all) break; // All vectors lie on a line, or in a point.
      const turned = unit(next);
      const moved = length(turned.map((each, i) => each - axis[i]));
      axis = turned;
      if (moved < STILL) break;
      if (!(await goesOn())) return null;
    }
    axes.push(upright(axis));
    shares.push(all > 0 ? strength / all : 0);
  }
  return { mean, axes, shares };
}

/**
 * Return where a vector lies on the map.
 * @param {Principal} principal
 * @param {ArrayLike<number>} x
 * @returns {[number, number]}
 */
export function project({ mean, axes: [first, second] }, x) {
  let [across, up] = [0, 0];
  for (let k = 0; k < mean.length; k++) {
    const apartFromMean = x[k] - mean[k];
    across += apartFromMean * first[k];
    up += apartFromMean * second[k];
  }
  return [across, up];
}

/**
 * Return how many of some points have as their nearest neighbour one of their own kind.
 * @param {[number, number][]} points
 * @param {ArrayLike<number>} kinds
 * @returns {number} a share, 0…1
 */
export function together(points, kinds) {
  const good = points.filter(([x, y], k) => {
    let [nearest, least] = [-1, Infinity];
    points.forEach(([across, up], other) => {
      const far = (across - x) ** 2 + (up - y) ** 2;
      if (other !== k && far < least) [nearest, least] = [other, far];
    });
    return kinds[nearest] === kinds[k];
  });
  return good.length / points.length;
}

/**
 * @param {Float32Array[]} rows
 * @returns {Float64Array}
 */
function meanOf(rows) {
  const mean = new Float64Array(rows[0].length);
  for (const row of rows) row.forEach((value, k) => (mean[k] += value / rows.length));
  return mean;
}

/**
 * Return Xᵀ X v, where X has a row for each vector's difference from the mean.
 * @param {Float32Array[]} rows
 * @param {Float64Array} mean
 * @param {Float64Array} v
 * @returns {Float64Array}
 */
function multiplied(rows, mean, v) {
  const out = new Float64Array(v.length);
  const middle = mean.reduce((sum, each, k) => sum + each * v[k], 0);
  let sums = 0;
  for (const row of rows) {
    let along = -middle;
    for (let k = 0; k < row.length; k++) if (row[k] !== 0) along += row[k] * v[k]; // Zeros are free.
    for (let k = 0; k < row.length; k++) if (row[k] !== 0) out[k] += along * row[k];
    sums += along;
  }
  return out.map((each, k) => each - sums * mean[k]);
}

/**
 * Take away what of a vector lies along others.
 * @param {Float64Array} v
 * @param {Float64Array[]} axes of length 1
 * @returns {Float64Array}
 */
function apart(v, axes) {
  return axes.reduce((left, axis) => {
    const along = left.reduce((sum, each, k) => sum + each * axis[k], 0);
    return left.map((each, k) => each - along * axis[k]);
  }, v);
}

/** @param {Float64Array} v @returns {number} */
function length(v) {
  return Math.sqrt(v.reduce((sum, each) => sum + each * each, 0));
}

/** @param {Float64Array} v @returns {Float64Array} the same direction, of length 1 */
function unit(v) {
  const long = length(v);
  return long > 0 ? v.map((each) => each / long) : v;
}

/**
 * Of a direction and its opposite return the one whose largest number is above 0, so that a map is never mirrored.
 * @param {Float64Array} v
 * @returns {Float64Array}
 */
function upright(v) {
  const most = v.reduce((best, each) => (Math.abs(each) > Math.abs(best) ? each : best), 0);
  return most < 0 ? v.map((each) => -each) : v;
}

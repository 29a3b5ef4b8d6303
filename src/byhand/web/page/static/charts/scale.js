/**
 * Numbers → places on a chart: ticks for its axes, and lines through points. Kept apart from the document, so that it
 * can be tested.
 */

import { number } from "./numbers.js";

/**
 * Return about n round numbers from lo to hi for an axis: multiples of 1, 2 or 5 and a power of ten.
 * @param {number} lo
 * @param {number} hi
 * @param {number} [n]
 * @returns {number[]} in order, none outside
 */
export function ticks(lo, hi, n = 5) {
  if (!(lo < hi) || !Number.isFinite(hi - lo)) {
    return Number.isFinite(lo) ? [lo] : [];
  }
  const step = tickStep(lo, hi, n);
  const [first, last] = [Math.ceil(lo / step - 1e-9), Math.floor(hi / step + 1e-9)];
  return Array.from({ length: last - first + 1 }, (_, k) => Number(((first + k) * step).toPrecision(12)) || 0);
}

/**
 * Return the distance of an axis' ticks.
 * @param {number} lo
 * @param {number} hi
 * @param {number} [n]
 * @returns {number}
 */
export function tickStep(lo, hi, n = 5) {
  const rough = (hi - lo) / Math.max(n, 1);
  const power = 10 ** Math.floor(Math.log10(rough));
  const steps = [1, 2, 5, 10].map((times) => times * power);
  const far = (/** @type {number} */ step) => Math.abs(Math.log(step / rough));
  return steps.reduce((best, step) => (far(step) < far(best) ? step : best));
}

/**
 * Return round numbers for an axis of powers: 1, 10, 100 …, and with less than three of them also 2 and 5 times those.
 * @param {number} lo above 0
 * @param {number} hi
 * @returns {number[]}
 */
export function logTicks(lo, hi) {
  if (!(lo > 0 && lo <= hi && hi < Infinity)) {
    return [];
  }
  const [from, to] = [Math.floor(Math.log10(lo)), Math.ceil(Math.log10(hi))];
  const powers = Array.from({ length: to - from + 1 }, (_, k) => 10 ** (from + k));
  const inside = (/** @type {number[]} */ all) =>
    all.map((tick) => Number(tick.toPrecision(12))).filter((tick) => tick >= lo && tick <= hi);
  const few = inside(powers);
  return few.length >= 3 ? few : inside(powers.flatMap((power) => [power, 2 * power, 5 * power]));
}

/**
 * Return those ticks of powers that there is room for: of 1, 2, 5, 10, 20, 50 … rather the powers of ten, and of many
 * powers each second, third and so on.
 * @param {number[]} all
 * @param {number} room how many ticks there is room for; somewhat more still find a place
 * @returns {number[]}
 */
export function roomy(all, room) {
  const most = Math.max(1.6 * room, 2);
  if (all.length <= most) return all;
  const powers = all.filter((tick) => Math.abs(Math.log10(tick) - Math.round(Math.log10(tick))) < 1e-9);
  if (powers.length <= 1) return [all[0], all[all.length - 1]];
  const stride = Math.ceil(powers.length / most);
  return powers.filter((_, k) => (powers.length - 1 - k) % stride === 0);
}

/**
 * Write a tick with as many digits as its axis needs.
 * @param {number} tick
 * @param {number} step the distance of ticks
 * @returns {string}
 */
export function tickText(tick, step) {
  return number(tick, Math.min(Math.max(-Math.floor(Math.log10(step) + 1e-9), 0), 12));
}

/**
 * Return the straight function that brings one range to another.
 * @param {[number, number]} from if its ends are the same, everything becomes the middle
 * @param {[number, number]} to
 * @returns {(value: number) => number}
 */
export function linear(from, to) {
  const width = from[1] - from[0];
  return (value) => (width === 0 ? (to[0] + to[1]) / 2 : to[0] + ((value - from[0]) / width) * (to[1] - to[0]));
}

/**
 * Return the function that brings one range to another by its logarithm.
 * @param {[number, number]} from above 0
 * @param {[number, number]} to
 * @returns {(value: number) => number}
 */
export function logarithmic(from, to) {
  const straight = linear([Math.log(from[0]), Math.log(from[1])], to);
  return (value) => straight(Math.log(value));
}

/**
 * Return an SVG path through points; where a number is missing, the line is broken, and a lone point is a dot.
 * @param {ArrayLike<number | null>} xs
 * @param {ArrayLike<number | null>} ys
 * @param {(x: number) => number} [toX]
 * @param {(y: number) => number} [toY]
 * @returns {string}
 */
export function path(xs, ys, toX = (x) => x, toY = (y) => y) {
  /** @type {string[][]} */
  const runs = [[]];
  for (let k = 0; k < xs.length; k++) {
    const [x, y] = [xs[k], ys[k]];
    const [right, down] = [x === null ? NaN : toX(x), y === null ? NaN : toY(y)];
    if (Number.isFinite(right) && Number.isFinite(down)) {
      runs[runs.length - 1].push(`${brief(right)} ${brief(down)}`);
    } else {
      runs.push([]);
    }
  }
  // A line of no length is drawn as a dot where lines have round ends.
  return runs
    .filter((run) => run.length > 0)
    .map((run) => `M${(run.length === 1 ? [run[0], run[0]] : run).join("L")}`)
    .join("");
}

/**
 * Return a coordinate without digits that nobody sees.
 * @param {number} coordinate
 * @returns {number}
 */
function brief(coordinate) {
  return Math.round(coordinate * 100) / 100 || 0;
}

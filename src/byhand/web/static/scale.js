/**
 * Numbers → what people see of them: a place on a scale of colours, a text, a line of a chart. Kept apart from the
 * document, so that what the page says of a number can be tested.
 */

const SPACE = "\u00a0"; // Keeps a number and its unit on one line.
const MINUS = "\u2212"; // As wide as a plus, which a hyphen is not.
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// Colours ----------------------------------------------------------------------------------------------------------

/**
 * Return the place of a value on a scale from −1 to 1 with 0 in its middle.
 * @param {number} value
 * @param {number} largest what becomes 1, and −largest −1
 * @returns {number}
 */
export function diverging(value, largest) {
  return largest > 0 ? Math.min(Math.max(value / largest, -1), 1) || 0 : 0;
}

/**
 * Return the largest distance from 0 of some numbers.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function largestSize(values) {
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    most = Math.max(most, Math.abs(values[k]));
  }
  return most;
}

/**
 * Return the colour between two.
 * @template {number[]} Colour red, green, blue and perhaps opacity, each 0…255
 * @param {Colour} one
 * @param {Colour} other
 * @param {number} t 0 is the one and 1 the other
 * @returns {Colour}
 */
export function mix(one, other, t) {
  return /** @type {Colour} */ (one.map((value, k) => Math.round(value + (other[k] - value) * t)));
}

/**
 * Return the colour of a value on a scale with its own colour on either side of zero.
 * @template {number[]} Colour
 * @param {number} t −1…1, from `diverging`
 * @param {Colour} below
 * @param {Colour} zero
 * @param {Colour} above
 * @returns {Colour}
 */
export function divergingColour(t, below, zero, above) {
  return t < 0 ? mix(zero, below, -t) : mix(zero, above, t);
}

// Text -------------------------------------------------------------------------------------------------------------

/**
 * Write a share as percent. It says 0 % or 100 % only if it is: 0.99999 becomes "> 99.9 %".
 * @param {number} share 0…1
 * @param {number} [digits] after the point
 * @returns {string}
 */
export function percent(share, digits = 1) {
  const least = 10 ** -digits;
  if (share > 0 && 100 * share < least / 2) {
    return `<${SPACE}${least.toFixed(digits)}${SPACE}%`;
  }
  if (share < 1 && 100 * share >= 100 - least / 2) {
    return `>${SPACE}${(100 - least).toFixed(digits)}${SPACE}%`;
  }
  return `${number(100 * share, share === 0 || share === 1 ? 0 : digits)}${SPACE}%`;
}

/**
 * Write a number with digits after the point. One that would look like 0, or is very large, becomes "4.2 × 10⁻⁵".
 * @param {number} x
 * @param {number} [digits]
 * @returns {string}
 */
export function number(x, digits = 2) {
  if (Number.isNaN(x)) {
    return "not a number";
  }
  const size = Math.abs(x);
  const sign = x < 0 ? MINUS : "";
  if (size === Infinity) {
    return `${sign}∞`;
  }
  if (size >= 1e9 || (size > 0 && size < 10 ** -digits / 2)) {
    const [front, power] = size.toExponential(1).split("e");
    return `${sign}${front}${SPACE}×${SPACE}10${superscript(Number(power))}`;
  }
  const [whole, fraction] = size.toFixed(digits).split(".");
  return `${sign}${inThousands(whole)}${fraction === undefined ? "" : `.${fraction}`}`;
}

/**
 * Write a whole number, with a comma before every three digits from ten thousand on.
 * @param {number} n
 * @returns {string}
 */
export function count(n) {
  return number(n, 0);
}

/**
 * Put commas into digits, from five on.
 * @param {string} digits
 * @returns {string}
 */
function inThousands(digits) {
  return digits.length < 5 ? digits : digits.replace(/\B(?=(\d{3})+$)/g, ",");
}

/**
 * Write a whole number as an exponent.
 * @param {number} power
 * @returns {string}
 */
function superscript(power) {
  return String(power).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]);
}

// Charts -----------------------------------------------------------------------------------------------------------

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
      runs[runs.length - 1].push(`${rounded(right)} ${rounded(down)}`);
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
function rounded(coordinate) {
  return Math.round(coordinate * 100) / 100 || 0;
}

/**
 * Numbers as text: the same everywhere on the page, with a real minus and a comma before every three digits, and
 * rounded so that what stands in a sum adds up on the page, because a reader may check it. Kept apart from the
 * document, so that what the page says of a number can be tested.
 */

const SPACE = "\u00a0"; // Keeps a number and its unit on one line.
const MINUS = "\u2212"; // As wide as a plus, which a hyphen is not.
const SUPERSCRIPTS = "⁰¹²³⁴⁵⁶⁷⁸⁹";

// Places -----------------------------------------------------------------------------------------------------------

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
  const size = Math.abs(x);
  if (Number.isFinite(x) && (size >= 1e9 || (size > 0 && size < 10 ** -digits / 2))) {
    const [front, exponent] = x.toExponential(1).split("e");
    return signed(front) + power(Number(exponent));
  }
  return fixed(x, digits);
}

/**
 * Write a whole number.
 * @param {number} n
 * @returns {string} such as 1,234
 */
export function count(n) {
  return number(n, 0);
}

/**
 * Write a number with digits after the point, whatever it is: "0.00" where it is as good as 0.
 * @param {number} value
 * @param {number} digits
 * @param {boolean} [plus] whether numbers above 0 get a plus
 * @returns {string}
 */
export function fixed(value, digits, plus = false) {
  if (!Number.isFinite(value)) {
    return Number.isNaN(value) ? "not a number" : value > 0 ? "∞" : `${MINUS}∞`;
  }
  const text = value.toFixed(digits);
  const something = /[1-9]/.test(text);
  return (plus && something && value > 0 ? "+" : "") + signed(something ? text : text.replace("-", ""));
}

// Digits -----------------------------------------------------------------------------------------------------------

/**
 * Write a number with so many digits that count.
 * @param {number} value
 * @param {number} [digits]
 * @returns {string} such as 0.3421, −12.31 or 2.113 × 10⁻⁷
 */
export function significant(value, digits = 4) {
  if (!Number.isFinite(value) || (Number.isInteger(value) && Math.abs(value) < 1000)) {
    return fixed(value, 0);
  }
  const exponent = exponentOf(value);
  if (exponent < -4 || exponent > 6) {
    return fixed(value / 10 ** exponent, digits - 1) + power(exponent);
  }
  return fixed(value, Math.max(0, digits - 1 - Math.max(exponent, -1)));
}

/**
 * Return the value that `significant` writes down.
 * @param {number} value
 * @param {number} [digits]
 * @returns {number}
 */
export function rounded(value, digits = 4) {
  if (!Number.isFinite(value) || value === 0) {
    return value;
  }
  const exponent = exponentOf(value);
  const plain = exponent >= -4 && exponent <= 6;
  const places = plain ? Math.max(0, digits - 1 - Math.max(exponent, -1)) : digits - 1 - exponent;
  return Math.round(value * 10 ** places) / 10 ** places;
}

// Sums -------------------------------------------------------------------------------------------------------------

/**
 * A scale that a column of numbers shares, so that they can be added up digit by digit. Values become whole numbers of
 * the last place.
 * @typedef {object} Column
 * @property {(value: number) => number} round
 * @property {(units: number) => string} text
 * @property {(units: number) => number} value
 */
/**
 * @param {number} largest of the values, whatever its sign
 * @param {number} [digits] of the largest value
 * @returns {Column}
 */
export function column(largest, digits = 5) {
  const exponent = Number.isFinite(largest) && largest !== 0 ? exponentOf(largest) : 0;
  const common = exponent < -3 || exponent > 6 ? exponent : 0;
  const places = Math.max(0, digits - 1 - Math.max(exponent - common, -1));
  const last = 10 ** (common - places);
  return {
    round: (value) => Math.round(value / last) || 0,
    value: (units) => units * last,
    text: (units) => (Number.isFinite(units) ? fixed(units / 10 ** places, places) + power(common) : fixed(units, 0)),
  };
}

/**
 * Return how many digits after the point show three digits of the largest number; never less than two.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function digitsFor(values) {
  const most = greatest(values);
  return most > 0 && most < Infinity ? Math.min(Math.max(2 - exponentOf(most), 2), 6) : 2;
}

/**
 * Round the parts of a sum so that, rounded, they add up to the rounded sum.
 * @param {number[]} parts
 * @param {number} digits after the point
 * @param {number} [rest] the place of a part that takes what is left over; without it, it is shared among those that
 *     were rounded most, and none is off by more than one in its last digit
 * @returns {{parts: number[], sum: number}} numbers with so many digits, to be written with `fixed`
 */
export function addUp(parts, digits, rest) {
  const unit = 10 ** digits;
  const exact = parts.map((part) => part * unit);
  const whole = exact.map((value) => Math.round(value) || 0);
  const sum = Math.round(exact.reduce((total, value) => total + value, 0)) || 0;
  const missing = sum - whole.reduce((total, value) => total + value, 0);
  if (rest !== undefined) {
    whole[rest] += missing;
  } else {
    const side = Math.sign(missing);
    const places = parts.map((_, k) => k).sort((k, l) => side * (exact[l] - whole[l] - exact[k] + whole[k]));
    for (let k = 0; k < Math.abs(missing); k++) {
      whole[places[k % places.length]] += side;
    }
  }
  return { parts: whole.map((value) => value / unit), sum: sum / unit };
}

/**
 * Return the largest distance from 0 of some numbers.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function greatest(values) {
  let most = 0;
  for (let k = 0; k < values.length; k++) {
    most = Math.max(most, Math.abs(values[k]));
  }
  return most;
}

/** @param {number} value not 0 */
function exponentOf(value) {
  return Math.floor(Math.log10(Math.abs(value)));
}

/**
 * Give digits a real minus, and commas before the point.
 * @param {string} text
 */
function signed(text) {
  const [whole, fraction] = text.split(".");
  const grouped = whole.replace("-", MINUS).replace(/\B(?=(\d{3})+$)/g, ",");
  return fraction === undefined ? grouped : `${grouped}.${fraction}`;
}

/** @param {number} exponent */
function power(exponent) {
  if (exponent === 0) {
    return "";
  }
  const digits = String(exponent).replace("-", "⁻").replace(/\d/g, (digit) => SUPERSCRIPTS[Number(digit)]);
  return `${SPACE}×${SPACE}10${digits}`;
}

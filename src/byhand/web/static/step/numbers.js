// Numbers as text, rounded so that what stands on the page adds up and multiplies on the page: a reader may check it.

const SUPERSCRIPT = "⁰¹²³⁴⁵⁶⁷⁸⁹";
const SPACE = "\u00a0"; // keeps a number and its power on one line

/**
 * @param {number} value
 * @param {number} [digits] how many count
 * @returns {string} such as 0.3421, −12.31 or 2.113 × 10⁻⁷
 */
export function number(value, digits = 4) {
  if (!Number.isFinite(value)) return Number.isNaN(value) ? "?" : value > 0 ? "∞" : "−∞";
  if (Number.isInteger(value) && Math.abs(value) < 1000) return fixed(value, 0);
  const exponent = exponentOf(value);
  if (exponent < -4 || exponent > 6) return `${fixed(value / 10 ** exponent, digits - 1)}${power(exponent)}`;
  return fixed(value, Math.max(0, digits - 1 - Math.max(exponent, -1)));
}

/**
 * @param {number} value
 * @param {number} [digits] how many count
 * @returns {number} the value that `number` writes down
 */
export function shown(value, digits = 4) {
  if (!Number.isFinite(value) || value === 0) return value;
  const exponent = exponentOf(value);
  const plain = exponent >= -4 && exponent <= 6;
  const places = plain ? Math.max(0, digits - 1 - Math.max(exponent, -1)) : digits - 1 - exponent;
  return Math.round(value * 10 ** places) / 10 ** places;
}

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
    text: (units) => (Number.isFinite(units) ? fixed(units / 10 ** places, places) : number(units)) + power(common),
  };
}

/** @param {number} value */
function exponentOf(value) {
  return Math.floor(Math.log10(Math.abs(value)));
}

/**
 * @param {number} value
 * @param {number} places
 */
function fixed(value, places) {
  const text = value.toFixed(places).replace("-", "−");
  return /[1-9]/.test(text) ? text : text.replace("−", "");
}

/** @param {number} exponent */
function power(exponent) {
  if (exponent === 0) return "";
  const digits = [...String(Math.abs(exponent))].map((digit) => SUPERSCRIPT[Number(digit)]).join("");
  return `${SPACE}×${SPACE}10${exponent < 0 ? "⁻" : ""}${digits}`;
}

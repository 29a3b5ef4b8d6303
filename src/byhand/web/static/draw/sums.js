// Sums whose numbers still add up when they are rounded, so that whoever adds up what the page shows gets what it says.

const MINUS = "\u2212"; // As wide as a plus, which a hyphen is not.

/**
 * Return how many digits after the point show three digits of the largest number; never less than two.
 * @param {ArrayLike<number>} values
 * @returns {number}
 */
export function digitsFor(values) {
  let most = 0;
  for (let k = 0; k < values.length; k++) most = Math.max(most, Math.abs(values[k]));
  return most > 0 && most < Infinity ? Math.min(Math.max(2 - Math.floor(Math.log10(most)), 2), 6) : 2;
}

/**
 * Round the parts of a sum so that, rounded, they add up to the rounded sum.
 * @param {number[]} parts
 * @param {number} digits after the point
 * @param {number} [rest] the place of a part that takes what is left over; without it, it is shared among those that
 *     were rounded most, and none is off by more than one in its last digit
 * @returns {{parts: number[], sum: number}} whole numbers, in units of the last digit
 */
export function addUp(parts, digits, rest) {
  const unit = 10 ** digits;
  const exact = parts.map((part) => part * unit);
  const rounded = exact.map((value) => Math.round(value) || 0);
  const sum = Math.round(exact.reduce((total, value) => total + value, 0)) || 0;
  const missing = sum - rounded.reduce((total, value) => total + value, 0);
  if (rest !== undefined) {
    rounded[rest] += missing;
    return { parts: rounded, sum };
  }
  const side = Math.sign(missing);
  const places = parts.map((_, k) => k).sort((k, l) => side * (exact[l] - rounded[l] - exact[k] + rounded[k]));
  for (let k = 0; k < Math.abs(missing); k++) rounded[places[k % places.length]] += side;
  return { parts: rounded, sum };
}

/**
 * Write a whole number of units of the last digit.
 * @param {number} units
 * @param {number} digits after the point
 * @param {boolean} [plus] whether numbers above 0 get a plus
 * @returns {string}
 */
export function fixed(units, digits, plus = false) {
  const text = (Math.abs(units) / 10 ** digits).toFixed(digits);
  return (units < 0 ? MINUS : plus && units > 0 ? "+" : "") + text;
}

/**
 * Write a number with so many digits after the point, and "0.00" where it is as good as 0.
 * @param {number} value
 * @param {number} digits
 * @param {boolean} [plus]
 * @returns {string}
 */
export function plain(value, digits, plus = false) {
  return fixed(Math.round(value * 10 ** digits) || 0, digits, plus);
}

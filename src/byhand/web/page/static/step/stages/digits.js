// How many digits of a number must be written down, so that whoever reckons with them gets the result that stands
// there. A number that appears in several places is rounded from the same value everywhere; the factors give way.

const [LEAST, MOST] = [4, 10]; // A parameter of the network has about eight digits.

/**
 * Find the fewest digits with which a calculation gives its result as it is written.
 * @param {string} result as it is written
 * @param {(digits: number) => string} calculate with numbers of so many digits
 * @param {number} [least]
 * @returns {{digits: number, sign: "=" | "≈"}} "≈" if no number of digits is enough
 */
export function enough(result, calculate, least = LEAST) {
  for (let digits = least; digits <= MOST; digits++) {
    if (calculate(digits) === result) return { digits, sign: "=" };
  }
  return { digits: least + 2, sign: "≈" };
}

// What a network is about: digits, or other things, whose names then stand where else "a digit" would.

/** @typedef {import("./nn.js").Model} Model */

const LONGEST = 120; // characters of all names; more would push the pad out of sight

/**
 * Tell whether a network reads digits. Clothes are often numbered, too.
 * @param {Model} model
 * @returns {boolean}
 */
export function readsDigits({ classes, details: { data } }) {
  return areDigits(classes, String(data?.name ?? ""));
}

/**
 * Tell whether images are of digits.
 * @param {string[]} classes
 * @param {string} name of the data
 * @returns {boolean}
 */
export function areDigits(classes, name) {
  return classes.every((each) => /^\d$/.test(each)) && !/fashion/i.test(name);
}

/**
 * Tell whether a network reads what is written, sign by sign, so that a page of them can be read.
 * @param {Model} model
 * @returns {boolean}
 */
export function readsSigns({ classes, details: { data } }) {
  return classes.every((name) => [...name].length === 1) && !/fashion/i.test(String(data?.name ?? ""));
}

/**
 * Name what a network tells apart.
 * @param {Model} model
 * @returns {string} such as "trouser, coat, bag"; of names that are too long, or too many, only the first
 */
export function subjects({ classes }) {
  const all = classes.join(", ");
  return all.length > LONGEST ? `${all.slice(0, LONGEST)} …` : all;
}

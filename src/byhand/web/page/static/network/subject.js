// What a network is about: digits, or other things, whose names then stand where else "a digit" would.

/** @typedef {import("../network/nn.js").Model} Model */

const LONGEST = 120; // characters of all names; more would push the pad out of sight

/**
 * Tell whether a network reads digits. Clothes are often numbered, too.
 * @param {Model} model
 * @returns {boolean}
 */
export function readsDigits({ classes, details: { data } }) {
  return classes.every((name) => /^\d$/.test(name)) && !/fashion/i.test(String(data?.name ?? ""));
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

// What a network is about: digits, or other things, whose names then stand where else "a digit" would.

/** @typedef {import("../network/nn.js").Model} Model */

const MOST_NAMED = 12;

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
 * @returns {string} such as "trouser, coat, bag"
 */
export function subjects({ classes }) {
  return classes.slice(0, MOST_NAMED).join(", ") + (classes.length > MOST_NAMED ? " …" : "");
}

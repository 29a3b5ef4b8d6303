// What a view writes into the link: "name:value,name:value". What the values mean, the view knows.

const PAIRS = /^[a-z_]+:[a-z0-9_.-]+(,[a-z_]+:[a-z0-9_.-]+)*$/;
const LONGEST = 4000; // characters

/**
 * @param {Record<string, string | number | null>} values those that are null or empty are left out
 * @returns {string}
 */
export function writePairs(values) {
  return Object.entries(values).filter(([, value]) => value !== null && value !== "").map((pair) => pair.join(":"))
    .join(",");
}

/**
 * Read what `writePairs` wrote; of anything else, what has a name and a value.
 * @param {string} text
 * @returns {[string, string][]}
 */
export function readPairs(text) {
  return text.split(",").map((part) => part.split(":")).flatMap(([name, value]) =>
    (value === undefined ? [] : [/** @type {[string, string]} */ ([name, value])]));
}

/**
 * Tell whether a text has the form of pairs, and may stand in a link.
 * @param {string} text
 * @returns {boolean}
 */
export function arePairs(text) {
  return text.length <= LONGEST && PAIRS.test(text);
}

// The numbers of a sheet as they now stand: which are in doubt, and all of them as text and as a table.

/** @typedef {import("../../server/messages.js").NumberRead} NumberRead */
/** @typedef {{read: NumberRead, text: string, checked: boolean}} Entry a number as it stands, and whether somebody saw to it */

/** @param {Entry} entry */
export function isDoubtful({ read, checked }) {
  return !read.certain && !checked;
}

/**
 * Return the numbers line by line, with a space between, as they now stand.
 * @param {Entry[]} entries
 */
export function toText(entries) {
  const lines = new Map();
  for (const { read, text } of entries) lines.set(read.line, [...(lines.get(read.line) ?? []), text]);
  return [...lines.values()].map((line) => line.join(" ")).join("\n");
}

/**
 * Return a table of all numbers, in CSV: what was read, how probably all of it is right, and what it now is.
 * @param {string} name
 * @param {Entry[]} entries
 */
export function toTable(name, entries) {
  const cell = (/** @type {string | number} */ value) => {
    const written = String(value);
    const text = /^[=+@\t]|^-(?![\d.])/.test(written) ? `'${written}` : written; // Spreadsheets reckon with such cells.
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  const rows = entries.map(({ read, text, checked }) =>
    [name, read.line + 1, text, read.text, read.probability.toFixed(4), isDoubtful({ read, text, checked }) ? "?" : "",
      ...read.box]);
  const heads = ["file", "line", "number", "read_as", "probability", "doubtful", "left", "top", "right", "bottom"];
  return [heads, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
}

/**
 * Return which number is the next in doubt; after the last one it begins again. −1 if there is none.
 * @param {Entry[]} entries
 * @param {number} after −1 for the first of all
 */
export function nextDoubtful(entries, after) {
  const order = entries.map((_, k) => (after + 1 + k) % entries.length);
  return order.find((k) => isDoubtful(entries[k])) ?? -1;
}

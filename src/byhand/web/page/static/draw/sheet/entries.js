// The numbers of a sheet as they now stand: which are in doubt, and all of them as text and as a table.

/** @typedef {import("../../server/messages.js").NumberRead} NumberRead */
/**
 * A number as it stands.
 * @typedef {object} Entry
 * @property {NumberRead} read
 * @property {number} line in which it stands, from 0
 * @property {string} text
 * @property {boolean} checked whether somebody saw to it
 */

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
  for (const { line, text } of entries) lines.set(line, [...(lines.get(line) ?? []), text]);
  return [...lines.values()].map((line) => line.join(" ")).join("\n");
}

// Those that `byhand read --csv` writes, and the two that `byhand review` adds: it goes on from such a table.
const COLUMNS = ["file", "page", "row", "column", "text", "kind", "value", "probability", "doubtful",
  "second", "second_probability", "left", "top", "right", "bottom", "read", "checked"];

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
  const rows = entries.map((entry, k) => {
    const { read, line, text, checked } = entry, same = text === read.text;
    const column = k - entries.findIndex((other) => other.line === line) + 1;
    return [name, 1, line + 1, column, text, same ? read.kind : "", same ? read.value ?? "" : "",
      read.probability.toFixed(4), isDoubtful(entry) ? "?" : "",
      read.second ?? "", read.second ? read.second_probability.toFixed(4) : "", ...read.box,
      read.text, checked ? (same ? "confirmed" : "corrected") : ""];
  });
  return [COLUMNS, ...rows].map((row) => row.map(cell).join(",")).join("\r\n") + "\r\n";
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

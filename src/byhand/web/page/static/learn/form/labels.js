// What the server says of the settings of a training, in the words of the form.

import { words } from "../words.js";

/** @type {Record<string, {label: string}>} */ const FIELDS = words.settings.fields;

/**
 * Write the labels of the form where the server names its fields: before the sentence, and in backquotes within it.
 * @param {string} detail such as "limit, validation: no image is left to learn from."
 * @param {string[]} fields that it is about
 * @returns {string} such as "Images to learn from, Set aside: no image is left to learn from."
 */
export function inFormWords(detail, fields) {
  const named = `${fields.join(", ")}: `;
  const text = detail.startsWith(named) ? detail.slice(named.length) : detail;
  const sentence = text.replace(/`([a-z_]+)`/g, (_, name) => lower(labelOf(name)));
  return fields.length ? `${upper(fields.map(labelOf).join(", "))}: ${sentence}` : upper(sentence);
}

/** @param {string} name */
function labelOf(name) {
  return Object.hasOwn(FIELDS, name) ? FIELDS[name].label : name;
}

/** @param {string} text */
function upper(text) {
  return text.slice(0, 1).toUpperCase() + text.slice(1);
}

/** @param {string} text */
function lower(text) {
  return text.slice(0, 1).toLowerCase() + text.slice(1);
}

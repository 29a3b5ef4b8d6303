// What one training was told otherwise than another, in a few words.

import { count, percent } from "../charts/numbers.js";
import { fill } from "../elements/dom.js";
import { CHANGES, formOf, strengthOf } from "./form/presets.js";
import { plain } from "./summary.js";
import { words } from "./words.js";

/** @typedef {Record<string, unknown>} Settings */

const text = words.runs;
const MOST = 2; // differences that are named

/** How a setting is written, what matters most first. @type {[string, (value: any) => string][]} */
const WRITTEN = [
  ["layers", (sizes) => sizes.join("–") || text.none],
  ["optimizer", (name) => /** @type {Record<string, string>} */ (words.settings.optimizers)[name] ?? name],
  ["learning_rate", (rate) => (rate === null ? text.automatic : plain(rate))],
  ["batch_size", count],
  ["activation", (name) => /** @type {Record<string, string>} */ (words.settings.activations)[name] ?? name],
  ["schedule", (name) => /** @type {Record<string, string>} */ (words.settings.schedules)[name].toLowerCase()],
  ["limit", (n) => (n === null ? words.settings.all : count(n))],
  ["strength", (strength) => (strength ? percent(strength, 0) : words.settings.off)],
  ["epochs", count],
  ["validation", count],
  ["seed", String],
];

/**
 * Name a former training by what is otherwise now.
 * @param {Settings} former
 * @param {Settings} now
 * @returns {string} such as "learning rate 0.1 → 1"
 */
export function difference(former, now) {
  const [one, other] = [former, now].map(withStrength);
  const found = WRITTEN.flatMap(([name, write]) => {
    const [before, after] = [one, other].map((all) => (all[name] === undefined ? "" : write(all[name])));
    return before === after ? [] : [fill(text.change, {
      name: /** @type {Record<string, string>} */ (text.names)[name], before, after })];
  });
  if (!found.length) return text.same;
  return found.slice(0, MOST).join(", ") + (found.length > MOST ? text.more : "");
}

/** @param {Settings} settings @returns {Settings} with one number for how much images are changed */
function withStrength(settings) {
  const form = formOf(settings);
  const changed = Object.keys(CHANGES).some((name) => Number(settings[name]) > 0);
  return { ...form, strength: changed ? strengthOf(form) : 0 };
}

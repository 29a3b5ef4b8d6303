// What a training was told, in one line.

import { count, number } from "../charts/numbers.js";
import { fill } from "../elements/dom.js";
import { CHANGES } from "./form/presets.js";
import { words } from "./words.js";

const text = words.settings;

/**
 * Say in one line what a training was told.
 * @param {Record<string, unknown>} settings
 * @param {number[]} sizes
 * @returns {string}
 */
export function summary(settings, sizes) {
  const { optimizer, learning_rate: rate, batch_size: batch, limit, seed } = settings;
  /** @type {Record<string, string>} */ const optimizers = text.optimizers;
  const drawn = Object.keys(CHANGES).some((name) => Number(settings[name]) > 0);
  return [
    sizes.join("–"),
    optimizers[String(optimizer)]?.toLowerCase(),
    typeof rate === "number" ? fill(text.rateOf, { rate: plain(rate) }) : "",
    Number(batch) === 1 ? text.oneByOne : fill(text.batchOf, { n: count(Number(batch)) }),
    typeof limit === "number" ? fill(text.limitOf, { n: count(limit) }) : "",
    drawn ? text.drawnAnew : "",
    fill(text.seedOf, { seed: String(seed ?? 0) }),
  ].filter(Boolean).join(" · ");
}

/**
 * Write a number that somebody chose, such as a learning rate: as short as it can be said.
 * @param {number} value
 * @param {number} [digits] that count, at most
 * @returns {string} such as 0.01 or 4.2 × 10⁻⁸
 */
export function plain(value, digits = 3) {
  const text = String(Number(value.toPrecision(digits)));
  return text.includes("e") || !Number.isFinite(value) ? number(value) : text.replace("-", "\u2212");
}

// What the page offers to train: the fields of a recipe with what the page starts from, and settings worth trying.

import { readPairs, writePairs } from "../../link/pairs.js";
import { exported } from "../../server/carrying.js";
import { facts } from "../../server/facts.js";

/** @typedef {"rotation" | "scale" | "shear" | "shift" | "elastic"} Change */
/**
 * What the form holds. Null stands for an empty field: the default, or all.
 * @typedef {{layers: number[], learning_rate: number | null, batch_size: number, optimizer: string, epochs: number,
 *            limit: number | null, seed: number, activation: string, schedule: string, validation: number}
 *           & Record<Change, number>} Form
 */

/** Each change of an image: how much "as much as helps" is, the most the slider gives, and its smallest step. */
export const CHANGES = /** @type {Record<Change, {full: number, most: number, step: number}>} */ ({
  rotation: { full: 15, most: 45, step: 1 },
  scale: { full: 0.15, most: 0.5, step: 0.01 },
  shear: { full: 0.15, most: 0.5, step: 0.01 },
  shift: { full: 0.7, most: 4, step: 0.1 },
  elastic: { full: 1.2, most: 3, step: 0.1 },
});

/** @type {Form} */
export const START = {
  layers: [128, 64], learning_rate: null, batch_size: 1, optimizer: "sgd", epochs: 20, limit: null, seed: 0,
  activation: "relu", schedule: "linear", validation: 5000, ...changes(0), ...facts?.start,
};

/**
 * @param {number} strength 0…1
 * @returns {Record<Change, number>} every change, so strong
 */
export function changes(strength) {
  return /** @type {Record<Change, number>} */ (Object.fromEntries(Object.entries(CHANGES).map(
    ([name, { full, step }]) => [name, Number((Math.round((strength * full) / step) * step).toFixed(2))])));
}

/**
 * How strong changes are, all in all.
 * @param {Form} form
 * @returns {number} 0…1
 */
export function strengthOf(form) {
  const shares = Object.entries(CHANGES).map(([name, { full }]) => form[/** @type {Change} */ (name)] / full);
  return Math.min(1, shares.reduce((sum, share) => sum + share, 0) / shares.length);
}

/** Settings that make one curious, by the name that the words have for them. @type {Record<string, Partial<Form>>} */
export const PRESETS = {
  plain: {},
  fast: { learning_rate: 0.1 },
  few: { limit: 500, epochs: 200, schedule: "constant" },
  tiny: { layers: [8] },
  none: { layers: [] },
  ...(exported ? {} : { anew: { ...changes(1), batch_size: 32, optimizer: "adam", epochs: 30 } }),
};

/**
 * @param {import("../../server/facts.js").Facts["rates"]} rates
 * @param {string} optimizer
 * @param {number} batchSize
 * @returns {number} the learning rate that is taken if none is given
 */
export function suitingRate(rates, optimizer, batchSize) {
  const [rate, highest] = rates[optimizer] ?? rates.sgd;
  return Math.min(rate * batchSize, highest);
}

/**
 * @param {string} text such as "128, 64"; empty or "none" for no hidden layer
 * @returns {number[] | null} the sizes; null if that is no list of whole numbers
 */
export function layersFrom(text) {
  const plain = text.trim();
  if (plain === "" || plain === "none") return [];
  const parts = plain.split(/\s*[,;×x–-]\s*|\s+/);
  return parts.every((part) => /^\d{1,9}$/.test(part)) ? parts.map(Number) : null;
}

/**
 * Settings of a training as the form holds them; what the form has no field for is left out.
 * @param {Record<string, unknown>} settings
 * @returns {Form}
 */
export function formOf(settings) {
  const known = Object.entries(settings).filter(([name, value]) => name in START && value !== undefined);
  return { ...START, ...Object.fromEntries(known) };
}

/**
 * Write what the form says otherwise than at the start, for a link: "layers:300-100,learning_rate:0.1".
 * @param {Form} form
 * @returns {string}
 */
export function toText(form) {
  const names = /** @type {(keyof Form)[]} */ (Object.keys(START));
  const other = names.filter((name) => String(form[name]) !== String(START[name]));
  return writePairs(Object.fromEntries(other.map((name) => {
    const value = form[name];
    return [name, Array.isArray(value) ? value.join("-") || "none" : value ?? "none"];
  })));
}

/**
 * Read what `toText` wrote; of anything else, what makes sense.
 * @param {string} text
 * @returns {Form}
 */
export function fromText(text) {
  /** @type {Record<string, unknown>} */ const form = { ...START };
  for (const [name, value] of readPairs(text)) {
    if (!Object.hasOwn(START, name)) continue;
    const number = Number(value);
    if (name === "layers") {
      const sizes = value === "none" ? [] : value.split("-").map(Number);
      if (sizes.every((size) => Number.isInteger(size) && size > 0)) form.layers = sizes;
    } else if (typeof START[/** @type {keyof Form} */ (name)] === "string") {
      form[name] = value;
    } else if (Number.isFinite(number) && number >= 0) {
      form[name] = number;
    }
  }
  return /** @type {Form} */ (form);
}

/**
 * What to change, if the network does what a notice says.
 * @param {{kind: string, evidence: Record<string, number>}} notice
 * @param {Record<string, unknown>} settings of the training
 * @returns {Partial<Form>}
 */
export function remedy({ kind, evidence }, settings) {
  const rate = Number(settings.learning_rate) || 0.01;
  if (kind === "overfitting") return typeof settings.limit === "number" ? { limit: null } : changes(1);
  if (kind === "diverged") return { learning_rate: evidence.suggested ?? gentler(rate, 10) };
  if (kind === "dead" || evidence.dead) return { learning_rate: gentler(rate, 5) };
  if (rate >= 0.1) return { learning_rate: gentler(rate, 10) };
  return { learning_rate: null, ...(settings.activation === "relu" ? {} : { activation: "relu" }) };
}

/**
 * @param {number} rate
 * @param {number} times
 * @returns {number} so many times less, in one digit
 */
function gentler(rate, times) {
  return Number((rate / times).toPrecision(1));
}

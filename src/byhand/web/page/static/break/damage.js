// What is broken in a network, as a value: how to do it, and how a link writes it. Apart from the document, so that it
// can be tested without one.

import { readPairs, writePairs } from "../link/pairs.js";
import { withTheta } from "../network/model.js";
import { addNoise, prune, switchOff } from "./breaking.js";

/** @typedef {import("../network/nn.js").Model} Model */
/**
 * @typedef {object} Damage
 * @property {ReadonlySet<number>[]} off units that are switched off, of every hidden layer
 * @property {number} pruned share of the weights that are cut, the smallest first
 * @property {number} noise strength of the noise on the weights
 * @property {number} seed of the noise
 */

const MOST_PRUNED = 0.99;
const MOST_NOISE = 1;

/**
 * @param {number[]} sizes of the network's layers
 * @returns {Damage}
 */
export function noDamage(sizes) {
  return { off: sizes.slice(2).map(() => new Set()), pruned: 0, noise: 0, seed: 1 };
}

/**
 * @param {Damage} damage
 * @returns {boolean}
 */
export function isNone({ off, pruned, noise }) {
  return pruned === 0 && noise === 0 && off.every((units) => units.size === 0);
}

/**
 * Return a function that damages this network. Noise comes first: so the share that is cut is really gone. The noisy
 * network is kept, as while the other slider is drawn it stays the same.
 * @param {Model} whole
 * @returns {(damage: Damage) => Model}
 */
export function damager(whole) {
  let noisy = { noise: 0, seed: 0, model: whole };
  return ({ off, pruned, noise, seed }) => {
    if (noise !== noisy.noise || (noise > 0 && seed !== noisy.seed)) {
      noisy = { noise, seed, model: noise > 0 ? withTheta(whole, addNoise(whole, noise, seed)) : whole };
    }
    let { model } = noisy;
    if (pruned > 0) model = withTheta(model, prune(model, pruned));
    off.forEach((units, layer) => {
      if (units.size > 0) model = withTheta(model, switchOff(model, layer, ...units));
    });
    return model;
  };
}

/**
 * Write a damage for a link, such as "off:0008_c,pruned:0.5"; of every layer a bit for each unit, four in a letter.
 * @param {Damage} damage
 * @returns {string} empty if nothing is broken
 */
export function toText(damage) {
  if (isNone(damage)) return "";
  const { off, pruned, noise, seed } = damage;
  const units = off.map(bits).join("_");
  return writePairs({ off: /[^_]/.test(units) ? units : null, pruned: pruned || null, noise: noise || null,
    seed: noise > 0 && seed !== 1 ? seed : null });
}

/**
 * Read what `toText` wrote; of anything else, what makes sense for such a network.
 * @param {string} text
 * @param {number[]} sizes
 * @returns {Damage}
 */
export function fromText(text, sizes) {
  const said = Object.fromEntries(readPairs(text));
  const within = (/** @type {string} */ name, /** @type {number} */ most) =>
    Math.min(Math.max(Number(said[name]) || 0, 0), most);
  const layers = String(said.off ?? "").split("_");
  return {
    off: sizes.slice(1, -1).map((size, layer) => units(layers[layer] ?? "", size)),
    pruned: within("pruned", MOST_PRUNED),
    noise: within("noise", MOST_NOISE),
    seed: Math.round(within("seed", 1e6)) || 1,
  };
}

/**
 * @param {ReadonlySet<number>} set
 * @returns {string} hexadecimal, the first units first, without zeros at the end
 */
function bits(set) {
  const letters = Array(Math.floor(Math.max(-1, ...set) / 4) + 1).fill(0);
  for (const unit of set) letters[Math.floor(unit / 4)] |= 1 << unit % 4;
  return letters.map((letter) => letter.toString(16)).join("");
}

/**
 * @param {string} text
 * @param {number} size
 * @returns {Set<number>}
 */
function units(text, size) {
  const letters = [...text].map((letter) => parseInt(letter, 16) || 0);
  return new Set(Array.from({ length: Math.min(size, 4 * letters.length) }, (_, unit) => unit)
    .filter((unit) => (letters[Math.floor(unit / 4)] >> unit % 4) & 1));
}

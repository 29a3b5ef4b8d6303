// Stage 6: the error flows back, layer by layer.

import { rounded, significant } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { ACTIVATIONS, layers } from "../../network/nn.js";
import { createGuess } from "../guess.js";
import { NETWORK } from "../lines.js";
import { words } from "../words.js";
import { enough } from "./digits.js";
import { createFlow, nameOf, sub } from "./flow.js";
import { STRONGEST, WRITTEN, hasSilence } from "./forward.js";
import { createFormula, createSum, halves, line } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */
/** @typedef {import("./parts.js").Now} Now */

/**
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createBack(lesson) {
  const text = words.back;
  const guess = createGuess(lesson, lesson.refresh);
  const flow = createFlow(lesson, { title: text.flow, classes: text.classes, signed: true, backwards: true, hands: {
    choose: (layer, unit) => (guess.asksFor(layer) ? guess.move(unit) : lesson.choose(layer, unit)),
    take: (layer, unit) => (guess.asksFor(layer) ? guess.take(unit) : lesson.choose(layer, unit)),
  } });
  const title = h("h3");
  const sum = createSum(text.caption);
  const account = h("div", { class: "accounts" });
  const meaning = h("p", { class: "meaning" });
  const law = createFormula();
  return {
    element: halves([flow.element], [guess.element,
      title, meaning, sum.element, account, law.element, h("p", { class: "small muted" }, text.legend)]),
    first: () => guess.first,
    asks: () => guess.asks,
    update(now) {
      const { model, pass, back, label } = now;
      const last = back.deltas.length - 1;
      guess.update(now);
      const { asks } = guess;
      flow.update(now, (layer) => (asks ? heard(now, layer, guess) : blamed(now, layer)), { values: back.deltas[last] }, asks ? [] : wiresOf(lesson, now));
      const { layer, units } = lesson.memory;
      const unit = units[layer];
      say(title, fill(text.hand, { unit: nameOf(model, layer, unit) }));
      sum.element.hidden = layer === last;
      if (layer === last) {
        account.replaceChildren();
        say(meaning, fill(last === 0 ? text.onlyLayer : text.last, { delta: significant(back.deltas[last][unit]),
          wanted: unit === label ? "1" : "0", p: significant(pass.probabilities[unit]) }));
      } else {
        account.replaceChildren(...workOut(sum, now, layer, unit));
        say(meaning, explain(now, layer, unit));
      }
      const below = Math.max(0, Math.min(last - 1, layer)); // The last layer has no way back of its own.
      const { nIn, nOut } = layers(model.theta, model.sizes)[Math.min(last, below + 1)];
      const [here, above] = [sub(below + 1), sub(below + 2)];
      law.update(`δ${here} = (δ${above} · W${above}ᵀ) ⊙ f′(z${here})`,
        fill(text.letters, { nIn, nOut, slope: slopeWords(model.activation), here, above }), NETWORK.back);
    },
  };
}

/**
 * Show the blame that a layer's units get.
 * @param {Now} now
 * @param {number} layer
 * @returns {import("./flow.js").Shown}
 */
function blamed({ model, back }, layer) {
  const text = words.back;
  const delta = back.deltas[layer];
  const silent = delta.reduce((n, value) => n + (value === 0 ? 1 : 0), 0);
  return {
    values: delta, signed: true, describe: (unit) => significant(delta[unit]),
    note: fill(hasSilence(model) ? text.silent : text.zero, { n: silent, all: delta.length }),
  };
}

/**
 * Show what a layer's units passed on, as long as their blame is to be guessed.
 * @param {Now} now
 * @param {number} layer
 * @param {ReturnType<typeof createGuess>} guess
 * @returns {import("./flow.js").Shown}
 */
function heard({ pass }, layer, guess) {
  const asked = guess.asksFor(layer);
  const a = pass.inputs[layer + 1];
  const speaking = a.reduce((n, value) => n + (value !== 0 ? 1 : 0), 0);
  return {
    values: a, signed: a.some((value) => value < 0), describe: (unit) => significant(a[unit]),
    at: asked ? guess.at : null, asked, note: fill(words.forward.speaking, { n: speaking, all: a.length }),
  };
}

/**
 * Return what comes back to each unit of a layer from those above it, the largest first.
 * @param {Now} now
 * @param {number} layer
 * @param {number} unit
 */
function comesBack({ model, back }, layer, unit) {
  const { weights, nOut } = layers(model.theta, model.sizes)[layer + 1];
  return Array.from(back.deltas[layer + 1], (delta, to) => ({ to, delta, weight: weights[unit * nOut + to] }))
    .sort((a, b) => Math.abs(b.delta * b.weight) - Math.abs(a.delta * a.weight));
}

/**
 * Return what flows back to the chosen unit of each hidden layer.
 * @param {Lesson} lesson
 * @param {Now} now
 * @returns {import("./wires.js").Wire[]}
 */
function wiresOf({ memory: { units, layer: looked } }, now) {
  const last = units.length - 1;
  return units.slice(0, -1).flatMap((unit, layer) => comesBack(now, layer, unit).slice(0, STRONGEST)
    .filter(({ delta, weight }) => delta * weight !== 0).map(({ to, delta, weight }, k) => ({
      from: { layer: layer + 1, unit: to }, to: { layer, unit }, strength: delta * weight, turn: last - 1 - layer,
      words: layer === looked && k < WRITTEN ? `${significant(delta, 2)} × ${significant(weight, 2)}` : undefined,
    })));
}

/**
 * Fill the table with what comes back to a unit, and return the account of the slope.
 * @param {ReturnType<typeof createSum>} sum
 * @param {Now} now
 * @param {number} layer
 * @param {number} unit
 */
function workOut(sum, now, layer, unit) {
  const text = words.back;
  const { model, pass, back } = now;
  const all = comesBack(now, layer, unit).map(({ to, delta, weight }) =>
    ({ name: nameOf(model, layer + 1, to, true), one: delta, other: weight }));
  const total = all.reduce((so, { one, other }) => so + one * other, 0);
  sum.update({ heads: [text.to, text.delta, text.weight, text.product], terms: all, rest: text.rest,
    restOne: text.restOne, bias: null, total, totalName: text.total });
  const a = pass.inputs[layer + 1][unit];
  const slope = ACTIVATIONS[model.activation].slope(a);
  const delta = significant(back.deltas[layer][unit]);
  const { digits, sign } = enough(delta, (places) => significant(rounded(total, places) * rounded(slope, places)));
  return [
    line(text.slope, slopeAccount(model.activation, a, slope)),
    line(text.result, `δ = ${significant(total, digits)} × ${significant(slope, digits)} ${sign} ${delta}`),
  ];
}

/**
 * @param {Now} now
 * @param {number} layer
 * @param {number} unit
 * @returns {string} what the unit's delta means
 */
function explain({ model, pass, back }, layer, unit) {
  const text = words.back;
  const a = pass.inputs[layer + 1][unit];
  const delta = back.deltas[layer][unit];
  if (delta === 0) return hasSilence(model) && a === 0 ? text.wasSilent : text.noBlame;
  return fill(delta > 0 ? text.tooMuch : text.tooLittle, { unit: nameOf(model, layer, unit) });
}

/**
 * Work out the slope from what the unit passed on.
 * @param {string} activation
 * @param {number} a
 * @param {number} slope
 */
function slopeAccount(activation, a, slope) {
  const result = significant(slope);
  /** @type {Record<string, [(a: number) => number, (a: string) => string]>} how to calculate it, how to write that */
  const ways = {
    tanh: [(value) => 1 - value * value, (written) => `1 − ${a < 0 ? `(${written})` : written}²`],
    sigmoid: [(value) => value * (1 - value), (written) => `${written} × (1 − ${written})`],
  };
  if (!(activation in ways)) return `a = ${significant(a)},  f′ = ${result}`;
  const [calculate, write] = ways[activation];
  const { digits, sign } = enough(result, (places) => significant(calculate(rounded(a, places))));
  const written = significant(a, digits);
  return `a = ${written},  f′ = ${write(written)} ${sign} ${result}`;
}

/** @param {string} activation */
function slopeWords(activation) {
  return /** @type {Record<string, string>} */ (words.slopes)[activation];
}

// Stage 6: the error flows back, layer by layer.

import { fill, h, say } from "../dom.js";
import { ACTIVATIONS, layers } from "../nn.js";
import { words } from "../words/en.js";
import { createFlow, nameOf } from "./flow.js";
import { hasSilence } from "./forward.js";
import { NETWORK } from "./lines.js";
import { number, shown } from "./numbers.js";
import { createFormula, createSum, halves, line } from "./parts.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */
/** @typedef {import("./parts.js").Now} Now */

/**
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createBack(lesson) {
  const text = words.step.back;
  const flow = createFlow(lesson, { title: text.flow, classes: text.classes, signed: true, backwards: true });
  const title = h("h3");
  const sum = createSum(text.caption);
  const account = h("div", { class: "accounts" });
  const meaning = h("p", { class: "meaning" });
  const law = createFormula();
  return {
    element: halves([flow.element, h("p", { class: "small muted" }, text.legend)],
      [h("div", {}, title, sum.element, account), h("div", {}, meaning, law.element)], true),
    update(now) {
      const { model, pass, back, label } = now;
      const last = back.deltas.length - 1;
      flow.update(now, (layer) => {
        const delta = back.deltas[layer];
        const silent = delta.reduce((n, value) => n + (value === 0 ? 1 : 0), 0);
        return {
          values: delta, signed: true, describe: (unit) => number(delta[unit]),
          note: fill(hasSilence(model) ? text.silent : text.zero, { n: silent, all: delta.length }),
        };
      }, { values: back.deltas[last], note: "" });
      const { layer, units } = lesson.memory;
      const unit = units[layer];
      say(title, fill(text.hand, { unit: nameOf(model, layer, unit) }));
      sum.element.hidden = layer === last;
      if (layer === last) {
        account.replaceChildren();
        say(meaning, fill(last === 0 ? text.onlyLayer : text.last, { delta: number(back.deltas[last][unit]),
          wanted: unit === label ? "1" : "0", p: number(pass.probabilities[unit]) }));
      } else {
        account.replaceChildren(...workOut(sum, now, layer, unit));
        say(meaning, explain(now, layer, unit));
      }
      const { nIn, nOut } = layers(model.theta, model.sizes)[Math.min(last, layer + 1)];
      law.update("δ = (δ · wᵀ) ⊙ f′", fill(text.letters, { nIn, nOut, slope: slopeWords(model.activation) }),
        NETWORK.back);
    },
  };
}

/**
 * Fill the table with what comes back to a unit, and return the account of the slope.
 * @param {ReturnType<typeof createSum>} sum
 * @param {Now} now
 * @param {number} layer
 * @param {number} unit
 */
function workOut(sum, { model, pass, back }, layer, unit) {
  const text = words.step.back;
  const { weights, nOut } = layers(model.theta, model.sizes)[layer + 1];
  const all = Array.from(back.deltas[layer + 1], (delta, to) =>
    ({ name: nameOf(model, layer + 1, to, true), one: delta, other: weights[unit * nOut + to] }))
    .sort((a, b) => Math.abs(b.one * b.other) - Math.abs(a.one * a.other));
  const total = all.reduce((so, { one, other }) => so + one * other, 0);
  sum.update({ heads: [text.to, text.delta, text.weight, text.product], terms: all, rest: text.rest, bias: null, total,
    totalName: text.total });
  const a = pass.inputs[layer + 1][unit];
  const slope = ACTIVATIONS[model.activation].slope(a);
  const delta = slope === 1 ? shown(total) : shown(total) * shown(slope);
  return [
    line(text.slope, `a = ${number(a)},  f′ = ${slopeAccount(model.activation, a, slope)}`),
    line(text.result, `δ = ${number(total)} × ${number(slope)} = ${number(delta)}`),
  ];
}

/**
 * @param {Now} now
 * @param {number} layer
 * @param {number} unit
 * @returns {string} what the unit's delta means
 */
function explain({ model, pass, back }, layer, unit) {
  const text = words.step.back;
  const a = pass.inputs[layer + 1][unit];
  const delta = back.deltas[layer][unit];
  if (delta === 0) return hasSilence(model) && a === 0 ? text.wasSilent : text.noBlame;
  return fill(delta > 0 ? text.tooMuch : text.tooLittle, { unit: nameOf(model, layer, unit) });
}

/**
 * @param {string} activation
 * @param {number} a
 * @param {number} slope
 */
function slopeAccount(activation, a, slope) {
  const written = number(a);
  if (activation === "tanh") return `1 − (${written})² = ${number(slope)}`;
  if (activation === "sigmoid") return `${written} × (1 − ${written}) = ${number(slope)}`;
  return number(slope);
}

/** @param {string} activation */
function slopeWords(activation) {
  return /** @type {Record<string, string>} */ (words.step.slopes)[activation];
}

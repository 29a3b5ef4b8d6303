// The first stages, on the way forward: the image as numbers, the sums of every layer, and the probabilities.

import { column, greatest, percent, rounded, significant } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { ACTIVATIONS, layers, terms } from "../../network/nn.js";
import { NETWORK } from "../lines.js";
import { words } from "../words.js";
import { enough } from "./digits.js";
import { createFlow, createImage, nameOf, sub } from "./flow.js";
import { createClasses, createFormula, createSum, halves, line, scrolling } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */
/** @typedef {import("./parts.js").Now} Now */

const AROUND = 3; // pixels to each side of the chosen one
export const [STRONGEST, WRITTEN] = [6, 3]; // wires to a unit, and those with their numbers on them

/**
 * Stage 1: the image is a list of numbers.
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createPixels(lesson) {
  const text = words.pixels;
  const image = createImage(lesson, words.image);
  const table = h("table", { class: "neighbours" });
  const facts = h("p");
  const law = createFormula();
  const wantedLaw = createFormula();
  const account = h("div", { class: "accounts" });
  return {
    element: halves([h("div", { class: "flow numbers" }, image.element,
      h("div", { class: "layer" }, h("h3", {}, text.around), scrolling(table, text.around),
        h("p", { class: "small muted" }, text.aroundNote)))],
    [h("h3", {}, text.hand), facts, account, law.element, h("h3", {}, text.wanted), h("p", {}, text.wantedNote),
      wantedLaw.element]),
    update(now) {
      const { model, pass, label, image: bytes } = now;
      const x = pass.inputs[0];
      const { pixel } = lesson.memory;
      const lit = x.reduce((sum, value) => sum + (value > 0 ? 1 : 0), 0);
      image.update(now);
      showNeighbours(table, now, pixel);
      const [height, width] = model.imageShape;
      say(facts, fill(text.facts, { height, width, n: x.length, dark: x.length - lit, lit }));
      account.replaceChildren(line(nameOf(model, -1, pixel), `${bytes[pixel]} / 255 = ${x[pixel].toFixed(4)}`));
      law.update("x = pixels / 255", fill(text.letters, { n: x.length }), NETWORK.image);
      wantedLaw.update(`y = (${model.classes.map((_, k) => (k === label ? 1 : 0)).join(", ")})`,
        fill(text.wantedLetters, { classes: model.classes.join(", "), name: model.classes[label] }), NETWORK.wanted);
    },
  };
}

/**
 * Write down the numbers around a pixel.
 * @param {HTMLTableElement} table
 * @param {Now} now
 * @param {number} pixel
 */
function showNeighbours(table, { model, pass }, pixel) {
  const [height, width] = model.imageShape;
  const [row, at] = [Math.floor(pixel / width), pixel % width];
  const clamp = (/** @type {number} */ middle, /** @type {number} */ size) => {
    const first = Math.max(0, Math.min(size - 2 * AROUND - 1, middle - AROUND));
    return Array.from({ length: Math.min(size, 2 * AROUND + 1) }, (_, k) => first + k);
  };
  const columns = clamp(at, width);
  table.replaceChildren(
    h("caption", { class: "hidden-text" }, words.pixels.around),
    h("thead", {}, h("tr", {}, h("td"), columns.map((k) => h("th", { scope: "col" }, k + 1)))),
    h("tbody", {}, clamp(row, height).map((r) => h("tr", {}, h("th", { scope: "row" }, r + 1), columns.map((k) => {
      const value = pass.inputs[0][r * width + k];
      return h("td", { class: r === row && k === at ? "chosen" : value === 0 ? "zero" : "" },
        value === 0 ? "0" : value === 1 ? "1" : value.toFixed(2).slice(1));
    })))));
}

/**
 * Stage 2: forward, layer by layer.
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createForward(lesson) {
  const text = words.forward;
  const flow = createFlow(lesson, { title: text.flow, classes: text.logits, signed: true });
  const title = h("h3");
  const sum = createSum(text.caption);
  const account = h("div", { class: "accounts" });
  const law = createFormula();
  return {
    element: halves([flow.element],
      [title, sum.element, account, law.element, h("p", { class: "small muted" }, text.legend)]),
    update(now) {
      const { model, pass } = now;
      flow.update(now, (layer) => {
        const [a, z] = [pass.inputs[layer + 1], pass.sums[layer]];
        const speaking = a.reduce((n, value) => n + (value > 0 ? 1 : 0), 0);
        return {
          values: a, signed: a.some((value) => value < 0), describe: (unit) => significant(a[unit]),
          note: fill(hasSilence(model) ? text.speaking : text.passing, { n: speaking, all: z.length }),
        };
      }, { values: pass.logits }, wiresOf(lesson, now));
      const { layer, units } = lesson.memory;
      const unit = units[layer];
      const last = layer === pass.sums.length - 1;
      const { bias, nIn, nOut } = layers(model.theta, model.sizes)[layer];
      const z = pass.sums[layer][unit];
      say(title, fill(text.hand, { unit: nameOf(model, layer, unit) }));
      sum.update({
        heads: [layer ? text.from : text.fromPixel, layer ? text.passed : text.pixel, text.weight, text.product],
        terms: terms(model, pass, layer, unit).map(({ from, input, weight }) =>
          ({ name: nameOf(model, layer - 1, from, true), one: input, other: weight })),
        rest: text.rest, restOne: text.restOne, bias: bias[unit], total: z,
        totalName: last ? text.totalLogit : text.total,
      });
      const f = /** @type {Record<string, string>} */ (words.activations)[model.activation];
      account.replaceChildren(last ? h("p", { class: "small" }, text.noActivation)
        : line(text.passesOn, passOn(model.activation, f, z, pass.inputs[layer + 1][unit])));
      const k = sub(layer + 1);
      const input = layer ? `a${sub(layer)}` : "x";
      law.update(`z${k} = ${input} · W${k} + b${k}${last ? "" : `,  a${k} = f(z${k})`}`,
        fill(last ? text.lettersLast : text.letters, { nIn, nOut, f, input, k }),
        last ? NETWORK.logits : NETWORK.hidden);
    },
  };
}

/**
 * Return what flows to the chosen unit of each layer from the units below: the strongest terms of its sum.
 * @param {Lesson} lesson
 * @param {Now} now
 * @returns {import("./wires.js").Wire[]}
 */
function wiresOf({ memory: { units, layer: looked } }, { model, pass }) {
  return units.flatMap((unit, layer) => terms(model, pass, layer, unit).slice(0, STRONGEST)
    .filter(({ product }) => product !== 0).map(({ from, input, weight, product }, k) => ({
      from: { layer: layer - 1, unit: from }, to: { layer, unit }, strength: product, turn: layer,
      words: layer === looked && k < WRITTEN ? `${significant(input, 2)} × ${significant(weight, 2)}` : undefined,
    })));
}

/**
 * Put the sum into the formula of the activation; a negative one into brackets where a sign stands before it.
 * @param {string} activation
 * @param {string} formula of z
 * @param {number} z
 * @param {number} a what comes out
 */
function passOn(activation, formula, z, a) {
  const result = significant(a);
  const { apply } = ACTIVATIONS[activation];
  const { digits, sign } = enough(result, (places) => significant(apply(rounded(z, places))));
  const written = significant(z, digits);
  const filled = formula.replace(/(?<=[−·] ?)z/g, z < 0 ? `(${written})` : written).replaceAll("z", written);
  return `${filled} ${sign} ${result}`;
}

/**
 * @param {import("../../network/nn.js").Model} model
 * @returns {boolean} whether its units can be silent
 */
export function hasSilence(model) {
  return model.activation === "relu";
}

/**
 * Stage 3: ten sums become probabilities.
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createProbabilities(lesson) {
  const text = words.softmax;
  const classes = createClasses(text.bars, choose, {});
  const body = h("tbody");
  const foot = h("tfoot");
  const table = h("table", { class: "sum" }, h("caption", { class: "hidden-text" }, text.caption),
    h("thead", {}, h("tr", {}, text.heads.map((name) => h("th", { scope: "col" }, name)))), body, foot);
  const title = h("h3");
  const account = h("div", { class: "accounts" });
  const law = createFormula();
  /** @param {number} unit */
  function choose(unit) {
    lesson.choose(lesson.memory.units.length - 1, unit);
  }
  return {
    element: halves([h("h3", {}, text.bars), classes.element],
      [title, scrolling(table, text.caption), account, law.element]),
    update({ model, pass, label }) {
      const { units } = lesson.memory;
      const chosen = units[units.length - 1];
      const { z, most, write, powers, total, digits, p } = workedSoftmax(pass);
      body.replaceChildren(...z.map((each, k) => h("tr", { class: k === chosen ? "chosen" : "" },
        h("th", { class: "name", scope: "row", title: model.classes[k] }, model.classes[k]),
        h("td", {}, write(each)), h("td", {}, powers[k]),
        h("td", {}, p[k]))));
      foot.replaceChildren(h("tr", {}, h("th", { scope: "row", colSpan: 2 }, text.total),
        h("td", {}, total.toFixed(digits)), h("td", {}, "1")));
      classes.update({ names: model.classes, values: pass.probabilities, chosen, label, largest: 1,
        text: (value) => percent(value) });
      const name = model.classes[chosen];
      const subtracted = write(z[chosen] - most);
      say(title, fill(text.hand, { unit: nameOf(model, units.length - 1, chosen) }));
      account.replaceChildren(
        line(text.subtract, `${write(z[chosen])} − ${most < 0 ? `(${write(most)})` : write(most)} = ${subtracted}`),
        line(text.power, `exp(${subtracted}) = ${powers[chosen]}`),
        line(text.divide, `p(${name}) = ${powers[chosen]} / ${total.toFixed(digits)} = ${p[chosen]}`));
      law.update("p = exp(z) / Σ exp(z)", fill(text.letters, { n: z.length }), NETWORK.softmax);
    },
  };
}

/**
 * Work softmax out with the numbers as they are written down, with as many digits as it takes to get the probabilities.
 * @param {import("../../network/nn.js").Pass} pass
 */
function workedSoftmax({ logits, probabilities }) {
  const p = Array.from(probabilities, (each) => significant(each));
  const work = (/** @type {number} */ digits) => {
    const scale = column(greatest(logits), digits + 1);
    const z = Array.from(logits, scale.round);
    const most = Math.max(...z);
    const exact = z.map((each) => Math.exp(scale.value(each - most)));
    const total = exact.reduce((sum, power) => sum + rounded(power, digits), 0);
    return { z, most, write: scale.text, exact, total, digits };
  };
  const { digits } = enough(p.join(), (places) => {
    const { exact, total } = work(places);
    return exact.map((power) => significant(rounded(power, places) / total)).join();
  }, 5);
  const done = work(digits);
  return { ...done, powers: done.exact.map((power) => significant(power, digits)), p };
}

// The stages between the answer and the way back: the loss, and the error in every class.

import { fill, h, say, svg } from "../dom.js";
import { linear, path, percent } from "../scale.js";
import { words } from "../words/en.js";
import { nameOf } from "./flow.js";
import { NETWORK } from "./lines.js";
import { number } from "./numbers.js";
import { createClasses, createFormula, halves, line } from "./parts.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */

const [WIDTH, HEIGHT] = [340, 260];
const BOX = { left: 30, right: 322, top: 14, bottom: 224 };
const HIGHEST = 5; // the loss at the upper edge of the chart

/**
 * Stage 4: the loss.
 * @returns {Stage}
 */
export function createLoss() {
  const text = words.step.loss;
  const chart = createCurve();
  const title = h("h3");
  const account = h("div", { class: "accounts" });
  const meaning = h("p");
  const law = createFormula();
  return {
    element: halves([h("h3", {}, text.chart), chart.element], [title, account, meaning, law.element]),
    update({ model, pass, back, label }) {
      const p = pass.probabilities[label];
      const name = model.classes[label];
      const clueless = Math.log(model.classes.length);
      chart.update(p, back.loss, clueless, name);
      say(title, fill(text.hand, { name }));
      account.replaceChildren(
        line(text.account, `L = −log p(${name}) = −log ${number(p, 6)} = ${number(back.loss)}`),
        line(fill(text.clueless, { n: model.classes.length }),
          `−log (1/${model.classes.length}) = ${number(clueless)}`));
      say(meaning, back.loss < 0.05 ? text.sure : back.loss < clueless - 0.5 ? text.good : back.loss < clueless + 0.5
        ? text.guess : text.wrong);
      law.update("L = −Σ y log p", fill(text.letters, { n: model.classes.length, name }), NETWORK.loss);
    },
  };
}

/** The curve of −log p, with the point on it. */
function createCurve() {
  const x = linear([0, 1], [BOX.left, BOX.right]);
  const y = linear([0, HIGHEST], [BOX.bottom, BOX.top]);
  const ps = Array.from({ length: 200 }, (_, k) => Math.exp(-HIGHEST * (1 - k / 199)));
  const text = words.step.loss;
  const dot = svg("circle", { r: 6, class: "point" });
  const drop = svg("path", { class: "line second dashed" });
  const note = svg("text", { class: "strong" });
  const dashed = svg("path", { class: "axis" });
  const guess = svg("text", { "text-anchor": "end", x: BOX.right });
  const element = svg("svg", { class: "chart curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    [0, 1, 2, 3, 4, 5].map((value) => svg("text", { x: BOX.left - 8, y: y(value) + 4, "text-anchor": "end" }, value)),
    [0, 0.25, 0.5, 0.75, 1].map((value) => svg("text", { x: x(value), y: BOX.bottom + 18, "text-anchor": "middle" },
      `${100 * value} %`)),
    svg("text", { x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 34, "text-anchor": "middle" }, text.axis),
    svg("path", { class: "axis", d: `M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}`, fill: "none" }),
    dashed, guess, svg("path", { class: "line", d: path(ps, ps.map((p) => -Math.log(p)), x, y) }), drop, dot, note);
  return {
    element,
    /**
     * @param {number} p
     * @param {number} loss
     * @param {number} clueless
     * @param {string} name
     */
    update(p, loss, clueless, name) {
      const [across, down] = [x(p), y(Math.min(HIGHEST, loss))];
      dot.style.transform = `translate(${across}px, ${down}px)`;
      drop.setAttribute("d", `M${across} ${BOX.bottom}V${down}H${BOX.left}`);
      const right = p < 0.6;
      note.setAttribute("x", String(across + (right ? 12 : -12)));
      note.setAttribute("y", String(Math.max(BOX.top + 8, Math.min(BOX.bottom - 14, down - 10))));
      note.setAttribute("text-anchor", right ? "start" : "end");
      say(note, fill(text.point, { p: percent(p), loss: number(loss) }));
      dashed.setAttribute("d", `M${BOX.left} ${y(clueless)}H${BOX.right}`);
      guess.setAttribute("y", String(y(clueless) - 6));
      say(guess, fill(text.guessLine, { loss: number(clueless, 3) }));
      element.setAttribute("aria-label", fill(text.described, { name, p: percent(p), loss: number(loss) }));
    },
  };
}

/**
 * Stage 5: the error, p − y.
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createError(lesson) {
  const text = words.step.error;
  const choose = (/** @type {number} */ unit) => lesson.choose(lesson.memory.units.length - 1, unit);
  const classes = createClasses(text.bars, choose, { signed: true });
  const title = h("h3");
  const account = h("div", { class: "accounts" });
  const meaning = h("p");
  const law = createFormula();
  return {
    element: halves([h("h3", {}, text.bars), classes.element, h("p", { class: "small muted" }, text.legend)],
      [title, account, meaning, law.element]),
    update({ model, pass, back, label }) {
      const last = back.deltas.length - 1;
      const chosen = lesson.memory.units[last];
      const delta = back.deltas[last];
      const p = pass.probabilities[chosen];
      classes.update({ names: model.classes, values: delta, chosen, label, largest: 1 });
      say(title, fill(text.hand, { unit: nameOf(model, last, chosen) }));
      const others = delta.reduce((sum, each, k) => (k === label ? sum : sum + each), 0);
      const [surplus, lack] = [number(others), number(Math.abs(delta[label]))];
      account.replaceChildren(
        line(fill(text.account, { name: model.classes[chosen] }), difference(p, chosen === label ? 1 : 0)),
        line(fill(text.sum, { name: model.classes[label] }),
          `${surplus} − ${lack} ${surplus === lack ? "=" : "≈"} 0`)); // Single precision leaves a rest if p is near 1.
      say(meaning, fill(chosen === label ? text.wanted : text.unwanted,
        { name: model.classes[chosen], p: percent(p) }));
      law.update("δ = p − y", fill(text.letters, { n: delta.length }), NETWORK.error);
    },
  };
}

/**
 * Write p − y in places that fit.
 * @param {number} p
 * @param {number} y
 */
function difference(p, y) {
  if (y === 0) return `${number(p)} − 0 = ${number(p)}`;
  const places = 1 - p < 0.01 ? 8 : 4;
  const missing = (1 - Number(p.toFixed(places))).toFixed(places);
  return `${p.toFixed(places)} − 1 = ${Number(missing) === 0 ? "0" : `−${missing}`}`;
}

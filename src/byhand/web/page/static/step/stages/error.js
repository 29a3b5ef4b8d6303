// The stages between the answer and the way back: the loss, and the error in every class.

import { axes, createChart, dot, mark, percentTick, plot, text as textAt } from "../../charts/chart.js";
import { percent, rounded, significant } from "../../charts/numbers.js";
import { fill, h, say, svg } from "../../elements/dom.js";
import { NETWORK } from "../lines.js";
import { words } from "../words.js";
import { enough } from "./digits.js";
import { nameOf } from "./flow.js";
import { createClasses, createFormula, halves, heightOf, line } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */

const HIGHEST = 5; // the loss at the upper edge of the chart

/**
 * Stage 4: the loss.
 * @returns {Stage}
 */
export function createLoss() {
  const text = words.loss;
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
      const loss = significant(back.loss);
      const { digits, sign } = enough(loss, (places) => significant(-Math.log(rounded(p, places))));
      account.replaceChildren(
        line(text.account, `L = −log p(${name}) = −log ${significant(p, digits)} ${sign} ${loss}`),
        line(fill(text.clueless, { n: model.classes.length }),
          `−log (1/${model.classes.length}) = ${significant(clueless)}`));
      say(meaning, back.loss < 0.05 ? text.sure : back.loss < clueless - 0.5 ? text.good : back.loss < clueless + 0.5
        ? text.guess : text.wrong);
      law.update("L = −Σ y log p", fill(text.letters, { n: model.classes.length, name }), NETWORK.loss);
    },
  };
}

/** The curve of −log p, with the point on it. */
function createCurve() {
  const text = words.loss;
  const ps = Array.from({ length: 200 }, (_, k) => Math.exp(-HIGHEST * (1 - k / 199)));
  const losses = ps.map((p) => -Math.log(p));
  let [p, loss, clueless] = [1, 0, 0];
  const chart = createChart(heightOf(300, 260), (width, height) => {
    const frame = axes(width, height, { range: [0, 1], title: text.axis, text: percentTick },
      { range: [0, HIGHEST], title: text.lossAxis });
    const { x, y, left, top, bottom } = frame;
    const [across, down] = [x(p), y(Math.min(HIGHEST, loss))];
    const right = p < 0.6; // of the point there is more room for its words
    return [
      ...frame.parts, ...mark(clueless, fill(text.guessLine, { loss: significant(clueless, 3) }), frame),
      plot(ps, losses, frame),
      svg("path", { class: "line second dashed", d: `M${across} ${bottom}V${down}H${left}` }),
      dot(across, down, 6, "dot"),
      textAt(across + (right ? 12 : -12), Math.max(top + 8, Math.min(bottom - 14, down - 10)),
        fill(text.point, { p: percent(p), loss: significant(loss) }), right ? "start" : "end", "strong"),
    ];
  });
  return {
    element: h("div", { class: "curve" }, chart.element),
    /**
     * @param {number} probability
     * @param {number} itsLoss
     * @param {number} ofGuess
     * @param {string} name
     */
    update(probability, itsLoss, ofGuess, name) {
      [p, loss, clueless] = [probability, itsLoss, ofGuess];
      chart.redraw();
      chart.describe(fill(text.described, { name, p: percent(p), loss: significant(loss) }));
    },
  };
}

/**
 * Stage 5: the error, p − y.
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createError(lesson) {
  const text = words.error;
  const choose = (/** @type {number} */ unit) => lesson.choose(lesson.memory.units.length - 1, unit);
  const classes = createClasses(text.bars, choose, { signed: true });
  const title = h("h3");
  const account = h("div", { class: "accounts" });
  const meaning = h("p");
  const law = createFormula();
  return {
    element: halves([h("h3", {}, text.bars), classes.element],
      [title, account, meaning, law.element, h("p", { class: "small muted" }, text.legend)]),
    update({ model, pass, back, label }) {
      const last = back.deltas.length - 1;
      const chosen = lesson.memory.units[last];
      const delta = back.deltas[last];
      const p = pass.probabilities[chosen];
      classes.update({ names: model.classes, values: delta, chosen, label, largest: 1 });
      say(title, fill(text.hand, { unit: nameOf(model, last, chosen) }));
      const others = delta.reduce((sum, each, k) => (k === label ? sum : sum + each), 0);
      const [surplus, lack] = [significant(others), significant(Math.abs(delta[label]))];
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
  if (p === 1 && y === 1) return "1 − 1 = 0";
  if (y === 0) return `${significant(p)} − 0 = ${significant(p)}`;
  const places = 1 - p < 0.01 ? 8 : 4;
  const missing = (1 - Number(p.toFixed(places))).toFixed(places);
  return `${p.toFixed(places)} − 1 = ${Number(missing) === 0 ? "0" : `−${missing}`}`;
}

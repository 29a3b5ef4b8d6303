// Stage 8: the step. Every weight moves against its gradient, and the probabilities follow.

import { fill, h, say, svg } from "../dom.js";
import { linear, path, percent } from "../scale.js";
import { words } from "../words/en.js";
import { chosenWeights } from "./gradient.js";
import { OPTIMIZERS } from "./lines.js";
import { column, number, shown } from "./numbers.js";
import { createFormula, halves, line, scrolling } from "./parts.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */
/** @typedef {import("./parts.js").Now} Now */

const [SMALLEST, LARGEST] = [-4, 1]; // powers of ten
const ROUNDING = 1e-6; // By so much a loss may rise without a word.
const PER_POWER = 10; // places of the slider
const [WIDTH, HEIGHT] = [340, 170];
const BOX = { left: 44, right: 328, top: 10, bottom: 136 };

/**
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createUpdate(lesson) {
  const text = words.step.update;
  const slider = h("input", { id: "step-rate", type: "range", min: String(SMALLEST * PER_POWER),
    max: String(LARGEST * PER_POWER), step: "1", oninput: () => lesson.setRate(rateAt(Number(slider.value))) });
  const rate = h("output", { class: "number", for: "step-rate" });
  const apply = h("button", { class: "primary", onclick: () => lesson.apply() }, text.apply);
  const again = h("button", { onclick: () => {
    lesson.restart();
    apply.focus(); // This button is of no use now.
  } }, text.again);
  const status = h("p", { class: "answer", role: "status" });
  const warning = h("p", { class: "notice bad", hidden: true });
  const body = h("tbody");
  const loss = h("tfoot");
  const promise = h("p", { class: "small muted" });
  const history = createHistory();
  const weights = h("div", { class: "accounts" });
  const law = createFormula();
  return {
    element: halves([
      h("div", { class: "field" },
        h("div", { class: "row spread" }, h("label", { for: "step-rate" }, text.rate), rate), slider,
        h("p", { class: "small muted" }, text.rateNote)),
      h("div", { class: "row" }, apply, again), status, warning,
      scrolling(h("table", { class: "sum before-after" }, h("caption", {}, text.caption),
        h("thead", {}, h("tr", {}, text.heads.map((head) => h("th", { scope: "col" }, head)))), body, loss),
      text.caption),
      promise],
    [h("h3", {}, text.hand), h("p", { class: "small muted" }, text.oneOfEach), weights, law.element,
      h("h3", {}, text.history), history.element]),
    update(now) {
      const { model, pass, back, label } = now;
      const { memory } = lesson;
      const after = lesson.after();
      slider.value = String(Math.round(Math.log10(memory.rate) * PER_POWER));
      say(rate, String(memory.rate));
      slider.setAttribute("aria-valuetext", String(memory.rate));
      apply.disabled = !after;
      again.disabled = memory.steps === 0;
      say(status, told(lesson, now));
      warning.hidden = !!after && after.loss <= back.loss + ROUNDING;
      say(warning, after ? text.tooLong : text.beyond);
      const names = model.classes;
      body.replaceChildren(...names.map((name, k) =>
        row(name, pass.probabilities[k], after?.pass.probabilities[k] ?? NaN, k === label)));
      loss.replaceChildren(h("tr", {}, h("th", { scope: "row" }, text.loss), h("td", {}, number(back.loss)),
        h("td", {}, after ? number(after.loss) : "?"), h("td", {})));
      const steepness = back.gradient.reduce((sum, g) => sum + g * g, 0);
      say(promise, after ? fill(text.promise, { promised: number(memory.rate * steepness, 3),
        real: number(back.loss - after.loss, 3) }) : "");
      history.update(memory.history, names[label]);
      weights.replaceChildren(...chosenWeights(lesson, now).map(({ name, at }) => moved(name,
        model.theta[at], back.gradient[at], memory.rate)));
      law.update("θ ← θ − η · gradient", fill(text.letters, { n: model.theta.length.toLocaleString("en") }),
        OPTIMIZERS.step, "optimizers.py");
    },
  };
}

/**
 * @param {number} place of the slider
 * @returns {number} a rate of two digits
 */
function rateAt(place) {
  return Number((10 ** (place / PER_POWER)).toPrecision(2));
}

/**
 * A class before and after the step.
 * @param {string} name
 * @param {number} before
 * @param {number} after
 * @param {boolean} right
 */
function row(name, before, after, right) {
  const bar = (/** @type {string} */ kind, /** @type {number} */ p) => {
    const inner = h("span", { class: kind });
    inner.style.width = `${100 * (p || 0)}%`;
    return inner;
  };
  return h("tr", { class: right ? "chosen" : "" },
    h("th", { scope: "row" }, name, right && h("span", { class: "small muted" }, ` ${words.step.right}`)),
    h("td", {}, percent(before)), h("td", {}, Number.isNaN(after) ? "?" : percent(after)),
    h("td", { class: "pair-of-bars" }, bar("before", before), bar("after", after)));
}

/**
 * The account of one weight, in numbers that add up as they stand.
 * @param {string} name
 * @param {number} theta
 * @param {number} gradient
 * @param {number} rate
 */
function moved(name, theta, gradient, rate) {
  const change = rate * shown(gradient);
  const scale = column(Math.abs(theta), 6);
  const [before, by] = [scale.round(theta), scale.round(change)];
  const slope = gradient < 0 ? `(${number(gradient)})` : number(gradient);
  return line(name, `${scale.text(before)} − ${rate} × ${slope} = ${scale.text(before - by)}`);
}

/**
 * @param {Lesson} lesson
 * @param {Now} now
 * @returns {string} what the steps have done so far
 */
function told({ memory }, { pass, label, model }) {
  const text = words.step.update;
  const name = model.classes[label];
  const p = percent(pass.probabilities[label]);
  const made = memory.history.length - 1;
  if (memory.steps === 0) return fill(text.none, { name, p });
  if (made === 0) return fill(text.others, { n: memory.steps, name, p });
  const values = { n: memory.steps, name, from: percent(memory.history[made - 1]), to: p };
  return fill(memory.steps === 1 ? text.oneStep : text.steps, values);
}

/** The right class's probability after each step. */
function createHistory() {
  const text = words.step.update;
  const y = linear([0, 1], [BOX.bottom, BOX.top]);
  const curve = svg("path", { class: "line second", "stroke-linecap": "round" });
  const dots = svg("g");
  const numbers = svg("g");
  const element = svg("svg", { class: "chart curve", viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img" },
    [0, 0.5, 1].map((p) => [svg("text", { x: BOX.left - 8, y: y(p) + 4, "text-anchor": "end" }, `${100 * p} %`),
      svg("path", { class: "axis", d: `M${BOX.left} ${y(p)}H${BOX.right}` })]).flat(),
    numbers, svg("text", { x: (BOX.left + BOX.right) / 2, y: BOX.bottom + 32, "text-anchor": "middle" }, text.axis),
    curve, dots);
  const list = h("p", { class: "small muted number" });
  return {
    element: h("div", {}, element, list),
    /**
     * @param {number[]} probabilities
     * @param {string} name
     */
    update(probabilities, name) {
      const steps = probabilities.length - 1;
      const most = Math.max(10, steps);
      const x = linear([0, most], [BOX.left, BOX.right]);
      curve.setAttribute("d", path(probabilities.map((_, k) => k), probabilities, x, y));
      dots.replaceChildren(...probabilities.map((p, k) => svg("circle", { class: "point", cx: x(k), cy: y(p),
        r: k === steps ? 4.5 : steps > 40 ? 0 : 3 })));
      numbers.replaceChildren(...[0, Math.round(most / 2), most].map((k) => svg("text", { x: x(k), y: BOX.bottom + 16,
        "text-anchor": "middle" }, k)));
      element.setAttribute("aria-label", fill(text.described, { name, n: steps, from: percent(probabilities[0]),
        to: percent(probabilities[steps]) }));
      const latest = probabilities.slice(-6).map((p) => percent(p));
      say(list, fill(text.list, { name, list: (probabilities.length > 6 ? "… → " : "") + latest.join(" → ") }));
    },
  };
}

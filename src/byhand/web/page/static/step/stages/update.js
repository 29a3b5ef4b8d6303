// Stage 8: the step. Every weight moves against its gradient, and the probabilities follow.

import { axes, createChart, dot, percentTick, plot } from "../../charts/chart.js";
import { column, count, percent, rounded, significant } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { OPTIMIZERS } from "../lines.js";
import { FASTEST, SLOWEST } from "../link.js";
import { words } from "../words.js";
import { enough } from "./digits.js";
import { chosenWeights } from "./chosen.js";
import { createOthers } from "./others.js";
import { createFormula, halves, line, scrolling } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Stage} Stage */
/** @typedef {import("./parts.js").Now} Now */

const ROUNDING = 1e-6; // By so much a loss may rise without a word.
const PER_POWER = 10; // places of the slider
const [FEWEST, MOST] = [6, 9]; // digits of a weight
const HEIGHT = 220; // of the chart, in sixteenths of a rem
const MOST_DOTS = 40;
const LATEST = 6; // probabilities that are written down

/**
 * @param {Lesson} lesson
 * @returns {Stage}
 */
export function createUpdate(lesson) {
  const text = words.update;
  const controls = createControls(lesson);
  const others = createOthers();
  const body = h("tbody");
  const loss = h("tfoot");
  const promise = h("p", { class: "small muted" });
  const history = createHistory();
  const weights = h("div", { class: "accounts" });
  const law = createFormula();
  return {
    element: halves([controls.element, others.element],
      [h("h3", {}, text.hand), h("p", { class: "small muted" }, text.oneOfEach), weights, law.element, promise,
        scrolling(h("table", { class: "sum before-after" }, h("caption", {}, text.caption),
          h("thead", {}, h("tr", {}, text.heads.map((head) => h("th", { scope: "col" }, head)))), body, loss),
        text.caption),
        h("h3", {}, text.history), history.element]),
    update(now) {
      const { model, pass, back, label } = now;
      const { memory } = lesson;
      const after = lesson.after();
      controls.update(now, after);
      others.update(now, after, memory.rate);
      const names = model.classes;
      body.replaceChildren(...names.map((name, k) =>
        row(name, pass.probabilities[k], after?.pass.probabilities[k] ?? NaN, k === label)));
      loss.replaceChildren(h("tr", {}, h("th", { scope: "row" }, text.loss), h("td", {}, significant(back.loss)),
        h("td", {}, after ? significant(after.loss) : "?"), h("td", {})));
      const steepness = back.gradient.reduce((sum, g) => sum + g * g, 0);
      say(promise, after ? promised(memory.rate * steepness, back.loss - after.loss) : "");
      history.update(memory.history, names[label]);
      weights.replaceChildren(...chosenWeights(lesson, now).flatMap(({ name, at }) => [
        ...(memory.before ? [line(name, wasAndIs(memory.before[at], model.theta[at]))] : []),
        moved(memory.before ? text.next : name, model.theta[at], back.gradient[at], memory.rate)]));
      law.update("θ ← θ − η · gradient", fill(text.letters, { n: count(model.theta.length) }),
        OPTIMIZERS.step, "optimizers.py");
    },
    dispose: others.dispose,
  };
}

/**
 * The rate, the buttons, and what the steps have done so far.
 * @param {Lesson} lesson
 */
function createControls(lesson) {
  const text = words.update;
  const slider = h("input", { id: "step-rate", type: "range", min: String(placeOf(SLOWEST)),
    max: String(placeOf(FASTEST)), step: "1", oninput: () => lesson.setRate(rateAt(Number(slider.value))) });
  const rate = h("output", { class: "number", for: "step-rate" });
  const apply = h("button", { class: "primary", onclick: () => lesson.apply() }, text.apply);
  const again = h("button", { onclick: () => {
    lesson.restart();
    apply.focus(); // This button is of no use now.
  } }, text.again);
  const status = h("p", { class: "answer", role: "status" });
  const warning = h("p", { class: "notice bad", hidden: true });
  return {
    element: h("div", { class: "controls" },
      h("div", { class: "field" },
        h("div", { class: "row" }, h("label", { for: "step-rate" }, text.rate), rate), slider),
      apply, again, status, warning),
    /**
     * @param {Now} now
     * @param {import("../one-step.js").After | null} after
     */
    update(now, after) {
      const { rate: chosen } = lesson.memory;
      slider.value = String(placeOf(chosen));
      say(rate, String(chosen));
      slider.setAttribute("aria-valuetext", String(chosen));
      apply.setAttribute("aria-disabled", String(!after)); // It keeps the focus, unlike a disabled one.
      again.disabled = lesson.steps === 0;
      say(status, told(lesson, now));
      warning.hidden = !!after && after.loss <= now.back.loss + ROUNDING;
      say(warning, after ? text.tooLong : text.beyond);
    },
  };
}

/**
 * @param {number} rate
 * @returns {number} its place on the slider
 */
function placeOf(rate) {
  return Math.round(Math.log10(rate) * PER_POWER);
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
    h("th", { scope: "row" }, name, right && h("span", { class: "small muted" }, ` ${words.right}`)),
    h("td", {}, percent(before)), h("td", {}, Number.isNaN(after) ? "?" : percent(after)),
    h("td", { class: "pair-of-bars" }, bar("before", before), bar("after", after)));
}

/**
 * Compare what the slope promises with what the step brings.
 * @param {number} fall of the loss if the slope stayed the same
 * @param {number} real
 */
function promised(fall, real) {
  const text = words.update;
  if (fall === 0) return text.promiseFlat;
  if (real === 0) return fill(text.promiseTiny, { promised: significant(fall, 3) });
  return fill(real < 0 ? text.promiseRise : text.promise,
    { promised: significant(fall, 3), real: significant(Math.abs(real), 3) });
}

/**
 * The account of one weight, in numbers that add up as they stand.
 * @param {string} name
 * @param {number} theta
 * @param {number} gradient
 * @param {number} rate
 */
function moved(name, theta, gradient, rate) {
  // More digits until the new weight is the one that the next step begins with.
  let text = "";
  for (let digits = FEWEST; digits <= MOST; digits++) {
    const scale = column(Math.abs(theta), digits);
    const [before, after] = [scale.round(theta), scale.round(theta - rate * gradient)];
    const { digits: enoughForSlope, sign } = enough(String(after), (places) =>
      String(before - scale.round(rate * rounded(gradient, places))));
    const slope = significant(gradient, enoughForSlope);
    text = `${scale.text(before)} − ${rate} × ${gradient < 0 ? `(${slope})` : slope} ${sign} ${scale.text(after)}`;
    if (sign === "=") break;
  }
  return line(name, text);
}

/**
 * What the last step made of a weight, with enough digits to see it.
 * @param {number} before
 * @param {number} now
 */
function wasAndIs(before, now) {
  const digits = Math.min(MOST, Math.max(FEWEST, 2 - Math.floor(Math.log10(Math.abs((now - before) / now) || 1))));
  return fill(words.update.wasIs, { was: significant(before, digits), is: significant(now, digits) });
}

/**
 * @param {Lesson} lesson
 * @param {Now} now
 * @returns {string} what the steps have done so far
 */
function told({ memory, steps }, { pass, label, model }) {
  const text = words.update;
  const name = model.classes[label];
  const p = percent(pass.probabilities[label]);
  const made = memory.history.length - 1;
  if (steps === 0) return fill(text.none, { name, p });
  if (made === 0) return fill(text.others, { n: count(steps), name, p });
  const values = { n: count(made), name, from: percent(memory.history[0]), to: p };
  return fill(made === 1 ? text.oneStep : text.steps, values);
}

/** The right class’s probability after each step. */
function createHistory() {
  const text = words.update;
  /** @type {number[]} */ let history = [];
  const chart = createChart(HEIGHT, (width, height) => {
    const last = history.length - 1;
    const frame = axes(width, height, { range: [0, Math.max(10, last)], title: text.axis },
      { range: [0, 1], title: text.historyAxis, text: percentTick });
    const places = history.map((_, k) => k);
    const dotted = last > MOST_DOTS ? [last] : places;
    return [...frame.parts, plot(places, history, frame, "second"),
      ...dotted.map((k) => dot(frame.x(k), frame.y(history[k]), k === last ? 5 : 3.5, "dot"))];
  });
  const list = h("p", { class: "small muted number" });
  return {
    element: h("div", { class: "curve" }, chart.element, list),
    /**
     * @param {number[]} probabilities
     * @param {string} name
     */
    update(probabilities, name) {
      history = probabilities;
      chart.redraw();
      const steps = probabilities.length - 1;
      chart.describe(fill(text.described, { name, n: count(steps), from: percent(probabilities[0]),
        to: percent(probabilities[steps]) }));
      const latest = probabilities.slice(-LATEST).map((p) => percent(p));
      say(list, fill(text.list, { name, list: (steps >= LATEST ? "… → " : "") + latest.join(" → ") }));
    },
  };
}

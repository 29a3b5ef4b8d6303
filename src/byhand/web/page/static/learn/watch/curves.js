// The curves of loss and accuracy, each with a sentence that says how they stand.

import { axes, createChart, mark, percentTick, plot } from "../../charts/chart.js";
import { count, number, percent } from "../../charts/numbers.js";
import { ticks } from "../../charts/scale.js";
import { fill, h, say } from "../../elements/dom.js";
import { emptyCurve, lastOf, lossRange, measured } from "../training/curve.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Curve} Curve */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../../charts/chart.js").Chart} Chart */
/** @typedef {import("../../charts/chart.js").Axis} Axis */

const text = words.curves;
const HEIGHT = 240;

/** @returns {{element: HTMLElement, show: (snapshot: Snapshot) => void, dispose: () => void}} */
export function createCurves() {
  /** @type {Curve} */ let curve = emptyCurve();
  let guessing = Math.log(10);
  const loss = createChart(HEIGHT, (width, height) => drawLoss(curve, guessing, width, height));
  const accuracy = createChart(HEIGHT, (width, height) => drawAccuracy(curve, width, height));
  const lossWords = h("p", { class: "number" }, text.nothing);
  const accuracyWords = h("p", { class: "number" }, text.nothing);
  const element = h("section", { class: "card curves", "aria-labelledby": "learn-curves" },
    h("h2", { id: "learn-curves" }, text.title),
    h("div", { class: "two" },
      half(text.loss, lossWords, loss, [sample(text.learned, "solid"), sample(text.unseen, "dashes")], text.lossAbout),
      half(text.accuracy, accuracyWords, accuracy, [sample(text.unseen, "dashes")], text.accuracyAbout)));

  /** @param {Snapshot} snapshot */
  function show({ curve: now, figures, classes, settings }) {
    curve = now;
    guessing = Math.log(classes.length || 10);
    loss.redraw();
    accuracy.redraw();
    const learned = figures?.loss ?? lastOf(curve.loss);
    const unseen = lastOf(curve.validation_loss);
    const right = lastOf(curve.accuracy);
    say(lossWords, learned === null ? text.nothing : fill(unseen === null ? text.lossNow : text.lossBoth,
      { learned: number(learned, 3), unseen: number(unseen ?? 0, 3) }));
    say(accuracyWords, right !== null ? fill(text.accuracyNow, { share: percent(right) })
      : learned !== null && settings.validation === 0 ? text.notJudged : text.nothing);
    loss.describe(`${text.lossChart} ${lossWords.textContent}`);
    accuracy.describe(`${text.accuracyChart} ${accuracyWords.textContent}`);
  }

  return {
    element,
    show,
    dispose() {
      loss.dispose();
      accuracy.dispose();
    },
  };
}

/**
 * Put a chart together with all that is said of it.
 * @param {string} title
 * @param {HTMLElement} sentence
 * @param {Chart} chart
 * @param {HTMLElement[]} samples
 * @param {string} about
 */
function half(title, sentence, chart, samples, about) {
  return h("div", { class: "half" }, h("h3", {}, title), sentence, chart.element, h("div", { class: "row" }, samples),
    h("p", { class: "muted small" }, about));
}

/**
 * A sample of a line with what it stands for.
 * @param {string} name
 * @param {string} style
 */
function sample(name, style) {
  return h("span", { class: "legend" }, h("span", { class: `stroke ${style}`, "aria-hidden": "true" }), name);
}

/**
 * @param {Curve} curve
 * @param {number} guessing the loss of whoever guesses
 * @param {number} width
 * @param {number} height
 * @returns {SVGElement[]}
 */
function drawLoss(curve, guessing, width, height) {
  const range = lossRange([...curve.loss, ...curve.validation_loss], guessing);
  const frame = axes(width, height, imagesAxis(curve, width), { range, title: text.lossAxis, log: true });
  return [...frame.parts, ...line(curve.images, curve.loss, range, frame, ""),
    ...line(curve.images, curve.validation_loss, range, frame, "second dashed"),
    ...mark(guessing, text.guessing, frame)];
}

/**
 * @param {Curve} curve
 * @param {number} width
 * @param {number} height
 * @returns {SVGElement[]}
 */
function drawAccuracy(curve, width, height) {
  /** @type {[number, number]} */ const range = [0, 1]; // all of it, so that the height of the line says how good it is
  const vertical = { range, title: text.accuracyAxis, text: percentTick };
  const frame = axes(width, height, imagesAxis(curve, width), vertical);
  return [...frame.parts, ...line(curve.images, curve.accuracy, range, frame, "second dashed")];
}

/**
 * @param {Curve} curve
 * @param {number} width
 * @returns {Axis} of the images learned; there are no half ones
 */
function imagesAxis({ images }, width) {
  const most = Math.max(1, ...images.slice(-1));
  return { range: [0, most], ticks: ticks(0, most, Math.min(most, width / 110)), title: text.images, text: count };
}

/**
 * Draw the points that were measured, those beyond the range at its edge.
 * @param {number[]} images
 * @param {(number | null)[]} values
 * @param {[number, number]} range
 * @param {import("../../charts/chart.js").Frame} frame
 * @param {string} kind
 * @returns {SVGElement[]}
 */
function line(images, values, [lo, hi], frame, kind) {
  const { xs, ys } = measured(images, values);
  const inside = ys.map((y) => Math.min(Math.max(y, lo), hi));
  return xs.length ? [plot(xs, inside, frame, xs.length === 1 ? `${kind} lone` : kind)] : [];
}

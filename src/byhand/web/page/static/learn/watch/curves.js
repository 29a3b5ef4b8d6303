// The curves of loss and accuracy, each with a sentence that says how they stand.

import { axes, createChart, mark, percentTick, plot } from "../../charts/chart.js";
import { count, number, percent } from "../../charts/numbers.js";
import { ticks } from "../../charts/scale.js";
import { fill, h, say } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { emptyCurve, lastOf, lossRange, measured } from "../training/curve.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Curve} Curve */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../../charts/chart.js").Chart} Chart */
/** @typedef {import("../../charts/chart.js").Axis} Axis */

const text = words.curves;

/** @returns {{element: HTMLElement, show: (snapshot: Snapshot) => void, dispose: () => void}} */
export function createCurves() {
  /** @type {Curve} */ let curve = emptyCurve();
  let guessing = Math.log(10);
  const loss = createChart(null, (width, height) => drawLoss(curve, guessing, width, height));
  const accuracy = createChart(null, (width, height) => drawAccuracy(curve, width, height));
  const [learned, unseen] = [createFigure(text.learned, "solid"), createFigure(text.unseen, "dashes")];
  const right = createFigure(text.unseen, "dashes");
  const none = h("span", { class: "muted small" });
  const element = h("section", { class: "card curves", "aria-labelledby": "learn-curves" },
    h("h2", { id: "learn-curves", class: "hidden-text" }, text.title),
    half(text.loss, loss, learned.element, unseen.element), half(text.accuracy, accuracy, right.element, none),
    h("p", { class: "muted small" }, terms(text.about)));

  /** @param {Snapshot} snapshot */
  function show({ curve: now, figures, classes, settings }) {
    curve = now;
    guessing = Math.log(classes.length || 10);
    loss.redraw();
    accuracy.redraw();
    const losses = [figures?.loss ?? lastOf(curve.loss), lastOf(curve.validation_loss)];
    const share = lastOf(curve.accuracy);
    const [ofLearned, ofUnseen] = losses.map((value) => (value === null ? null : number(value, 3)));
    learned.show(ofLearned);
    unseen.show(ofUnseen);
    right.show(share === null ? null : percent(share));
    say(none, share === null && ofLearned !== null && settings.validation === 0 ? text.notJudged : "");
    loss.describe(`${text.lossChart} ${ofLearned === null ? text.nothing
      : fill(ofUnseen === null ? text.lossNow : text.lossBoth, { learned: ofLearned, unseen: ofUnseen ?? "" })}`);
    accuracy.describe(`${text.accuracyChart} ${share === null ? none.textContent || text.nothing
      : fill(text.accuracyNow, { share: percent(share) })}`);
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
 * Put a chart together with its name and the figures that it has come to.
 * @param {{name: string, means: string}} title
 * @param {Chart} chart
 * @param {HTMLElement[]} figures
 */
function half({ name, means }, chart, ...figures) {
  return h("div", { class: "half" }, h("div", { class: "told" },
    h("h3", {}, terms(name), h("span", { class: "means" }, `: ${means}`)), figures), chart.element);
}

/**
 * A figure, with a sample of the line that it is the end of.
 * @param {string} name
 * @param {string} style
 */
function createFigure(name, style) {
  const value = h("strong", { class: "number" }, "–");
  return {
    element: h("span", { class: "legend" }, h("span", { class: `stroke ${style}`, "aria-hidden": "true" }),
      h("span", {}, terms(name), " ", value)),
    show: (/** @type {string | null} */ figure) => say(value, figure ?? "–"),
  };
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
  const frame = axes(width, height, imagesAxis(curve, width, ""), { range, title: "", log: true });
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
  const vertical = { range, title: "", text: percentTick };
  const frame = axes(width, height, imagesAxis(curve, width, text.images), vertical);
  return [...frame.parts, ...line(curve.images, curve.accuracy, range, frame, "second dashed")];
}

/**
 * @param {Curve} curve
 * @param {number} width
 * @param {string} title none where the same axis stands below once more
 * @returns {Axis} of the images learned; there are no half ones
 */
function imagesAxis({ images }, width, title) {
  const most = Math.max(1, ...images.slice(-1));
  return { range: [0, most], ticks: ticks(0, most, Math.min(most, width / 110)), title, text: count };
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

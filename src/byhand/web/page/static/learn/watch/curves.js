// The curves of loss and accuracy, each with a sentence that says how they stand.

import { axes, createChart, line as stroke, mark, percentTick, plot, text as textAt } from "../../charts/chart.js";
import { count, number, percent } from "../../charts/numbers.js";
import { ticks } from "../../charts/scale.js";
import { fill, h, say } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { emptyCurve, lastOf, lossRange, measured } from "../training/curve.js";
import { words } from "../words.js";
import { createRuns } from "./runs.js";

/** @typedef {import("../../server/messages.js").Curve} Curve */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../../charts/chart.js").Chart} Chart */
/** @typedef {import("../../charts/chart.js").Axis} Axis */
/** @typedef {{curve: Curve, before: Curve | null, name: string, at: number | null}} Shown `name`: of the one before */

const text = words.curves;
const LETTER = 7; // the width of a letter of a chart, rather too much than too little

/**
 * @param {HTMLElement} time the slider below them
 * @param {import("./memory.js").Memory} memory which has the curves of the trainings before
 * @returns {{element: HTMLElement, show: (snapshot: Snapshot, looked: number | null) => void, dispose: () => void}}
 *   `looked`: after how many images the network is looked at, if not now
 */
export function createCurves(time, memory) {
  /** @type {Curve} */ let curve = emptyCurve();
  /** @type {Snapshot | null} */ let latest = null;
  /** @type {number | null} */ let at = null;
  let guessing = Math.log(10);
  const loss = createChart(null, (width, height) => drawLoss(shown(), guessing, width, height));
  const accuracy = createChart(null, (width, height) => drawAccuracy(shown(), width, height));
  const [learned, unseen] = [createFigure(text.learned, "solid"), createFigure(text.unseen, "dashes")];
  const right = createFigure(text.unseen, "dashes");
  const none = h("span", { class: "muted small" });
  const runs = createRuns(memory, () => latest && show(latest, at));
  const element = h("section", { class: "card curves", "aria-labelledby": "learn-curves" },
    h("h2", { id: "learn-curves", class: "hidden-text" }, text.title),
    half(text.loss, loss, learned.element, unseen.element), half(text.accuracy, accuracy, right.element, none, runs.element),
    time,
    h("p", { class: "muted small" }, terms(text.about)));

  /** @returns {Shown} what the charts show */
  function shown() {
    const { curve: before = null, name = "" } = runs.beside ?? {};
    return { curve, at, before, name };
  }

  /** @param {Snapshot} snapshot @param {number | null} looked */
  function show(snapshot, looked) {
    const { curve: now, figures, classes, settings } = snapshot;
    [latest, curve, at] = [snapshot, now, looked];
    runs.show(snapshot);
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
      : fill(text.accuracyNow, { share: percent(share) })} ${shown().name}`.trim());
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
 * @param {Shown} shown
 * @param {number} guessing the loss of whoever guesses
 * @param {number} width
 * @param {number} height
 * @returns {SVGElement[]}
 */
function drawLoss({ curve, before, at }, guessing, width, height) {
  const range = lossRange([...curve.loss, ...curve.validation_loss, ...(before?.validation_loss ?? [])], guessing);
  const frame = axes(width, height, imagesAxis(curve, before, width), { range, title: "", log: true });
  return [...frame.parts, ...(before ? line(before.images, before.validation_loss, range, frame, "before dashed") : []),
    ...line(curve.images, curve.loss, range, frame, ""),
    ...line(curve.images, curve.validation_loss, range, frame, "second dashed"),
    ...mark(guessing, text.guessing, frame), ...looked(at, frame)];
}

/**
 * @param {Shown} shown
 * @param {number} width
 * @param {number} height
 * @returns {SVGElement[]}
 */
function drawAccuracy({ curve, before, name, at }, width, height) {
  /** @type {[number, number]} */ const range = [0, 1]; // all of it, so that the height of the line says how good it is
  const vertical = { range, title: "", text: percentTick };
  const frame = axes(width, height, imagesAxis(curve, before, width), vertical);
  return [...frame.parts, ...(before ? line(before.images, before.accuracy, range, frame, "before dashed") : []),
    ...line(curve.images, curve.accuracy, range, frame, "second dashed"), ...looked(at, frame),
    ...(before ? [textAt(frame.right, frame.bottom - 8, shortened(name, frame), "end", "halo")] : [])];
}

/**
 * @param {string} name
 * @param {import("../../charts/chart.js").Frame} frame
 * @returns {string} so much of it as there is room for; all of it stands in the list of runs
 */
function shortened(name, { left, right }) {
  const room = Math.floor((right - left) / LETTER);
  return name.length > room ? `${name.slice(0, room - 1).trimEnd()}…` : name;
}

/**
 * @param {number | null} at after how many images the network is looked at
 * @param {import("../../charts/chart.js").Frame} frame
 */
function looked(at, { x, top, bottom }) {
  return at === null ? [] : [stroke(x(at), top, x(at), bottom, "looked")];
}

/**
 * @param {Curve} curve
 * @param {Curve | null} before
 * @param {number} width
 * @returns {Axis} of the images learned; there are no half ones. The slider below says what it shows.
 */
function imagesAxis({ images }, before, width) {
  const most = Math.max(1, ...images.slice(-1), ...(before?.images.slice(-1) ?? []));
  const few = most < 20 ? ticks(0, most, Math.min(most, width / 110)) : undefined; // Of more, all ticks are whole.
  return { range: [0, most], ticks: few, title: "", text: count };
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

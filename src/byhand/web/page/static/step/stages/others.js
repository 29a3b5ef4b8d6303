// The same step, seen from other images: its loss at every learning rate, for the image it is made with and for others.

import { axes, createChart, dot, line, plot, text as textAt } from "../../charts/chart.js";
import { percent, significant } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { OTHERS, RATES, createEffect } from "../effect.js";
import { FASTEST, SLOWEST } from "../link.js";
import { reckonAfter } from "../one-step.js";
import { words } from "../words.js";
import { heightOf } from "./parts.js";

/** @typedef {import("../one-step.js").After} After */
/** @typedef {import("./parts.js").Now} Now */

const HIGHEST = 5; // the loss at the upper edge, unless the network is worse than that already
const WORSE = 1.02; // A mean loss that rises by more is said to.
const SPOILED = 2; // times the loss of a pure guess
const text = words.update;

/** A chart and a table: what the step does to its own image, and to others. */
export function createOthers() {
  const effect = createEffect(show);
  const body = h("tbody");
  const verdict = h("p", { class: "small" });
  /** @type {Now | null} */ let now = null;
  /** @type {After | null} */ let after = null;
  /** @type {(number | null)[]} */ let own = []; // the loss of this image at each of the rates
  let rate = 0;
  const chart = createChart(heightOf(220, 128), (width, height) => (now ? draw(width, height, now) : []));
  const title = h("caption", { class: "hidden-text" }, fill(text.andOthers, { n: OTHERS }));

  /**
   * @param {number} width
   * @param {number} height
   * @param {Now} about
   */
  function draw(width, height, { back }) {
    const others = RATES.map((each) => effect.at(each)?.loss ?? null);
    const top = Math.max(HIGHEST, 1.2 * back.loss, 1.2 * (effect.at(0)?.loss ?? 0));
    const frame = axes(width, height, { range: [SLOWEST, FASTEST], title: text.curveRate, log: true, text: String },
      { range: [0, top], title: text.curveLoss });
    const cut = (/** @type {(number | null)[]} */ losses) => losses.map((loss) => loss && Math.min(loss, top));
    const x = frame.x(rate);
    const at = (/** @type {number | undefined} */ loss, /** @type {string} */ kind) =>
      (loss === undefined ? [] : [dot(x, frame.y(Math.min(top, loss)), 5, `dot ${kind}`)]);
    const name = (/** @type {string} */ words_, /** @type {number} */ down, /** @type {string} */ kind) =>
      textAt(frame.left + 8, frame.top + down, words_, "start", `halo ${kind}`);
    return [...frame.parts, line(x, frame.top, x, frame.bottom, "mark"),
      plot(RATES, cut(others), frame, "others"), plot(RATES, cut(own), frame, "second"),
      ...at(effect.at(rate)?.loss, "others"), ...at(after?.loss, ""),
      name(text.curveThis, 4, "strong-second"), name(text.curveOthers, 20, "strong-others")];
  }

  /** Show what is known by now. */
  function show() {
    if (!now) return;
    const { pass, back, label, model } = now;
    const [before, then] = [effect.at(0), effect.at(rate)];
    const values = { n: before?.n ?? OTHERS, name: model.classes[label] };
    body.replaceChildren(
      row(fill(text.thisShare, values), percent(pass.probabilities[label]),
        after && percent(after.pass.probabilities[label])),
      row(text.thisLoss, significant(back.loss, 3), after && significant(after.loss, 3)),
      row(fill(text.othersRight, values), before && percent(before.right), then && percent(then.right)),
      row(fill(text.othersLoss, values), before && significant(before.loss, 3), then && significant(then.loss, 3)));
    const judged = !before || (after && !then) ? text.counting
      : after && then ? verdictOf(back.loss, after.loss, before, then, model.classes.length) : "";
    say(verdict, judged);
    verdict.classList.toggle("harm", judged === text.harms || judged === text.spoiled);
    chart.redraw();
    chart.describe(fill(text.curveDescribed, { loss: significant(back.loss, 3), rate,
      after: after ? significant(after.loss, 3) : "?", others: then ? significant(then.loss, 3) : "…" }));
  }

  return {
    element: h("div", { class: "effect" },
      h("div", {}, h("table", { class: "sum" }, title,
        h("thead", {}, h("tr", {}, text.othersHeads.map((head, k) => (k ? h("th", { scope: "col" }, head) : h("td"))))),
        body), verdict), chart.element),

    /**
     * @param {Now} given
     * @param {After | null} made
     * @param {number} chosen
     */
    update(given, made, chosen) {
      if (given !== now) own = RATES.map((each) => reckonAfter(given, each)?.loss ?? null);
      [now, after, rate] = [given, made, chosen];
      effect.ask(given, chosen);
      show();
    },
    dispose: effect.stop,
  };
}

/**
 * Say what is to be thought of a step.
 * @param {number} own the loss of its own image
 * @param {number} ownThen
 * @param {import("../effect.js").Score} before
 * @param {import("../effect.js").Score} then
 * @param {number} classes
 */
function verdictOf(own, ownThen, before, then, classes) {
  if (then.loss > WORSE * before.loss) return text.harms;
  if (before.loss > SPOILED * Math.log(classes)) return text.spoiled;
  if (ownThen === own && then.loss === before.loss) return text.still;
  return then.loss < before.loss ? text.both : text.gains;
}

/**
 * @param {string} name
 * @param {string | null | undefined} before
 * @param {string | null | undefined} then
 */
function row(name, before, then) {
  return h("tr", {}, h("th", { scope: "row" }, name), h("td", {}, before ?? "…"), h("td", {}, then ?? "…"));
}

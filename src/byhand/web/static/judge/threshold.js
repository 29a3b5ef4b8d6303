// Answer only when sure: how many answers that costs, and how many mistakes it saves.

import { fill, h, say, svg } from "../dom.js";
import { count, path, percent } from "../scale.js";
import { words } from "../words/en.js";
import { axes, createChart, dot, percentTick, text } from "./charts.js";
import { atThreshold, riskCurve, roundUp } from "./figures.js";

/** @typedef {import("./figures.js").Judgement} Judgement */
/** @typedef {import("./figures.js").Outcome} Outcome */

/**
 * @param {import("../app.js").App} app
 * @param {Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createThreshold(app, judgement) {
  const said = words.judge.threshold;
  const own = judgement.threshold;
  const curve = riskCurve(judgement);
  let now = own;
  const value = h("output", { class: "number", for: "threshold-slider" });
  const slider = h("input", { id: "threshold-slider", type: "range", min: "0", max: "100", step: "0.1",
    oninput: () => set(slider.valueAsNumber / 100) });
  const ownButton = h("button", { onclick: () => set(own) }, fill(said.own, { own: percent(own) }));
  const outcome = h("p", { class: "answer outcome", role: "status" });
  const counts = h("p", { class: "number muted" });
  const chart = createChart(300, (width, height) =>
    draw(width, height, curve, atThreshold(judgement, own), atThreshold(judgement, now)));

  /** @param {number} threshold */
  function set(threshold) {
    now = threshold;
    slider.value = String(Math.round(1000 * threshold) / 10);
    const result = atThreshold(judgement, now);
    const values = {
      n: count(judgement.n), answered: count(result.answered), coverage: percent(result.coverage),
      wrong: count(result.wrong), risk: percent(result.risk, 2), unread: count(result.unread),
      threshold: percent(now),
    };
    say(value, values.threshold);
    slider.setAttribute("aria-valuetext", values.threshold);
    say(outcome, fill(result.answered ? said.outcome : said.nothing, values));
    say(counts, fill(said.counts, values));
    ownButton.disabled = now === own;
    chart.describe(fill(said.chart, values));
    chart.redraw();
  }

  set(own);
  const element = h("section", { class: "card threshold", "aria-labelledby": "threshold-title" },
    h("h2", { id: "threshold-title" }, said.title),
    h("p", {}, said.lead),
    h("div", { class: "field" },
      h("div", { class: "row spread" }, h("label", { for: "threshold-slider" }, said.slider), value), slider),
    h("div", { class: "row" }, ownButton),
    outcome, counts, chart.element, h("p", { class: "small muted" }, said.reading));
  return { element, dispose: chart.dispose };
}

/**
 * @param {number} width
 * @param {number} height
 * @param {import("./figures.js").Curve} curve
 * @param {Outcome} own
 * @param {Outcome} now
 * @returns {SVGElement[]}
 */
function draw(width, height, curve, own, now) {
  const said = words.judge.threshold;
  const lowest = Math.min(Math.floor(curve.coverage[0] * 10) / 10, 0.9);
  const highest = roundUp(Math.max(...curve.risk, 0.001));
  const { x, y, parts } = axes(width, height,
    { range: [lowest, 1], title: said.horizontal, text: percentTick },
    { range: [0, highest], title: said.vertical, text: percentTick });
  const inside = (/** @type {number} */ coverage) => Math.max(coverage, lowest);
  const here = { x: x(inside(own.coverage)), y: y(own.risk) };
  return [
    ...parts,
    svg("path", { class: "line", d: path(curve.coverage, curve.risk, x, y) }),
    svg("path", { class: "own", d: `M${here.x} ${here.y - 7}l7 7l-7 7l-7 -7z` }),
    here.x > 110 ? text(here.x - 10, here.y - 10, said.ownMark, "end")
      : text(here.x + 10, here.y - 10, said.ownMark, "start"),
    dot(x(inside(now.coverage)), y(now.risk), 6, "dot now"),
  ];
}

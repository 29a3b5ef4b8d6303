// Answer only when sure: how many answers that costs, and how many mistakes it saves.

import { axes, createChart, dot, percentTick, plot, text } from "../../charts/chart.js";
import { count, percent } from "../../charts/numbers.js";
import { fill, h, say, svg } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { atThreshold, riskCurve, roundUp } from "../arithmetic.js";
import { fromText, toText } from "../link.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Judgement} Judgement */
/** @typedef {import("../arithmetic.js").Outcome} Outcome */

/**
 * @param {import("../../page/app.js").App} app
 * @param {Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createThreshold(app, judgement) {
  const said = words.threshold;
  const own = judgement.threshold;
  const curve = riskCurve(judgement);
  let now = own;
  const value = h("output", { class: "number", for: "threshold-slider" });
  const slider = h("input", { id: "threshold-slider", type: "range", min: "0", max: "100", step: "0.1",
    oninput: () => set(slider.valueAsNumber / 100), onchange: remember });
  const ownButton = h("button", { onclick: () => {
    set(own);
    remember();
  } }, fill(said.own, { own: percent(own) }));
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
    ownButton.setAttribute("aria-disabled", String(now === own)); // It keeps the focus, unlike a disabled one.
    chart.describe(fill(said.chart, values));
    chart.redraw();
  }

  /** Let the link say where the threshold stands. */
  function remember() {
    const { store } = app;
    store.set({ judge: toText({ ...fromText(store.state.judge), threshold: now === own ? null : now }) });
  }

  const follow = () => set(fromText(app.store.state.judge).threshold ?? own);
  follow();
  const stop = app.store.subscribe((_, changed) => changed.has("judge") && follow());
  const element = h("section", { class: "card threshold", "aria-labelledby": "threshold-title" },
    h("h2", { id: "threshold-title" }, said.title),
    h("p", {}, terms(said.lead)),
    h("div", { class: "field" },
      h("div", { class: "row spread" }, h("label", { for: "threshold-slider" }, said.slider), value), slider),
    h("div", { class: "row" }, ownButton),
    outcome, counts, chart.element, h("p", { class: "small muted" }, said.reading));
  return {
    element,
    dispose() {
      stop();
      chart.dispose();
    },
  };
}

/**
 * @param {number} width
 * @param {number} height
 * @param {import("../arithmetic.js").Curve} curve
 * @param {Outcome} own
 * @param {Outcome} now
 * @returns {SVGElement[]}
 */
function draw(width, height, curve, own, now) {
  const said = words.threshold;
  const lowest = Math.min(Math.floor(curve.coverage[0] * 10) / 10, 0.9);
  const highest = roundUp(Math.max(...curve.risk, 0.001));
  const frame = axes(width, height,
    { range: [lowest, 1], title: said.horizontal, text: percentTick },
    { range: [0, highest], title: said.vertical, text: percentTick });
  const { x, y, left } = frame;
  const inside = (/** @type {number} */ coverage) => Math.max(coverage, lowest);
  const here = { x: x(inside(own.coverage)), y: y(own.risk) };
  return [
    ...frame.parts,
    plot(curve.coverage, curve.risk, frame),
    svg("path", { class: "own", d: `M${here.x} ${here.y - 7}l7 7l-7 7l-7 -7z` }),
    here.x > left + 64 ? text(here.x - 10, here.y - 10, said.ownMark, "end")
      : text(here.x + 10, here.y - 10, said.ownMark, "start"),
    dot(x(inside(now.coverage)), y(now.risk), 6, "dot now"),
  ];
}

// One weight, moved by hand while all others stay: its loss is a curve, the slope is its tangent, and the step goes
// downhill on it.

import { axes, createChart, dot, line, plot, text as textAt } from "../../charts/chart.js";
import { fixed, significant } from "../../charts/numbers.js";
import { fill, h, say, svg } from "../../elements/dom.js";
import { lossIfMoved, reachOf } from "../one-step.js";
import { words } from "../words.js";
import { chosenWeights } from "./chosen.js";
import { heightOf } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Now} Now */
/** @typedef {ReturnType<typeof chosenWeights>[number]} Weight */

const POINTS = 81; // of the curve
const PLACES = 100; // of the slider, to each side
const SMALL = 0.001; // by so much the weight is moved to measure the slope
const SHORTEST = 16; // of the arrow, in sixteenths of a rem
const text = words.nudge;

/**
 * @param {Lesson} lesson
 * @returns {{element: HTMLElement, said: HTMLElement, update: (now: Now) => void}} the curve, and the account of it
 */
export function createNudge(lesson) {
  const which = h("select", { id: "nudge-weight", onchange: () => lesson.choose(Number(which.value),
    lesson.memory.units[Number(which.value)]) });
  const slider = h("input", { id: "nudge", type: "range", min: String(-PLACES), max: String(PLACES), step: "1", value: "0",
    oninput: show });
  const by = h("output", { class: "number", for: slider.id });
  const chart = createChart(heightOf(225, 135), (width, height) => (about ? draw(width, height, about) : []));
  const outcome = h("p", { class: "number", role: "status" });
  const [measured, computed] = [h("p", { class: "small number" }), h("p", { class: "small number" })];
  /** @type {Curve | null} */ let about = null;
  let key = "";
  const moved = () => (about ? (about.reach * Number(slider.value)) / PLACES : 0);

  function show() {
    if (!about) return;
    const { loss, slope, value, reach, offsets, losses } = about;
    const [here, there] = [loss(0), loss(moved())];
    const change = loss(SMALL) - here;
    say(by, fixed(moved(), 2, true));
    slider.setAttribute("aria-valuetext", fixed(moved(), 2, true));
    say(outcome, moved() === 0 ? fill(text.untouched, { loss: significant(here) })
      : fill(text.moved, { by: fixed(moved(), 2, true), loss: significant(there), change: fixed(there - here, 4, true) }));
    say(measured, slope === 0 ? text.flat
      : fill(text.measured, { change: fixed(change, 7), measured: significant(change / SMALL) }));
    say(computed, slope === 0 ? "" : fill(text.computed, { slope: significant(slope) }));
    const least = losses.indexOf(Math.min(...losses));
    chart.redraw();
    chart.describe(fill(text.described, { low: significant(value - reach, 3), high: significant(value + reach, 3),
      value: significant(value, 3), loss: significant(here, 3), slope: significant(slope, 3),
      least: significant(losses[least], 3), best: significant(value + offsets[least], 3),
      way: slope > 0 ? text.left : text.right }));
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {Curve} curve
   */
  function draw(width, height, { loss, slope, value, reach, offsets, losses, step }) {
    const [low, high] = [Math.min(...losses), Math.max(...losses)];
    const room = Math.max(0.05, 0.12 * (high - low));
    const frame = axes(width, height, { range: [value - reach, value + reach], title: text.axis },
      { range: [Math.max(0, low - 2.5 * room), high + room], title: text.lossAxis });
    const { x, y, left, right, top, bottom } = frame;
    const [here, across, down] = [loss(0), x(value), y(loss(0))];
    // The tangent, as far as it stays on the chart.
    const rise = (y(here + slope) - down) / (x(value + 1) - across);
    const far = Math.min((right - left) / 4, Math.abs(rise) > 0 ? Math.min(down - top, bottom - down) / Math.abs(rise) : Infinity);
    const way = slope === 0 ? 0 : -Math.sign(slope);
    const tip = across + way * Math.max(SHORTEST, Math.abs(x(value + step) - across));
    return [...frame.parts, plot(offsets.map((each) => value + each), losses, frame),
      line(across - far, down - rise * far, across + far, down + rise * far, "line second dashed"),
      ...(way ? [line(across, bottom - 9, tip, bottom - 9, "line second"),
        svg("path", { class: "tip", d: `M${tip} ${bottom - 14}l${6 * way} 5l${-6 * way} 5z` }),
        textAt(tip + 12 * way, bottom - 5, text.arrow, way > 0 ? "start" : "end", "halo")] : []),
      line(across, down, across, bottom, "mark"), dot(across, down, 4, "dot was"),
      dot(x(value + moved()), y(loss(moved())), 6, "dot")];
  }

  return {
    element: h("div", { class: "nudge" },
      h("div", { class: "row spread" }, h("label", { for: which.id }, text.title), which), chart.element,
      h("div", { class: "moving-weight" }, h("label", { for: slider.id }, text.slider), slider, by)),
    said: h("div", { class: "accounts" }, outcome, measured, computed),
    update(now) {
      const weights = chosenWeights(lesson, now);
      const weight = weights[lesson.memory.layer];
      which.replaceChildren(...weights.map(({ name }, layer) => h("option", { value: String(layer) }, name)));
      which.value = String(lesson.memory.layer);
      const mine = `${weight.at} ${lesson.memory.shownImage} ${lesson.steps}`;
      if (mine !== key) slider.value = "0";
      key = mine;
      about = curveOf(now, weight, lesson.memory.rate);
      show();
    },
  };
}

/** @typedef {ReturnType<typeof curveOf>} Curve */

/**
 * Follow the loss along one weight.
 * @param {Now} now
 * @param {Weight} weight
 * @param {number} rate
 */
function curveOf(now, weight, rate) {
  const loss = (/** @type {number} */ by) => lossIfMoved(now, weight, by);
  const reach = reachOf(loss);
  const offsets = Array.from({ length: POINTS }, (_, k) => reach * ((2 * k) / (POINTS - 1) - 1));
  const slope = now.back.gradient[weight.at];
  return { loss, reach, offsets, losses: offsets.map(loss), slope, value: now.model.theta[weight.at], step: -rate * slope };
}

// One weight, moved by hand while all others stay: its loss is a curve, the slope is its tangent, and the step goes
// downhill on it. For other images together the curve is a valley.

import { axes, createChart, dot, line, plot, text as textAt } from "../../charts/chart.js";
import { fixed, significant } from "../../charts/numbers.js";
import { fill, h, say, svg } from "../../elements/dom.js";
import { fetchOthers } from "../effect.js";
import { lossIfMoved, reachOf } from "../one-step.js";
import { meanLosses, readAll } from "../valley.js";
import { words } from "../words.js";
import { chosenWeights, steepestWeight } from "./chosen.js";
import { heightOf } from "./parts.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Now} Now */
/** @typedef {import("./chosen.js").Weight} Weight */

const POINTS = 81; // of the curve
const [SOME, FARTHER] = [40, 16]; // others that tell how far their valley goes, and how far it is followed at most
const FEWER = 4; // Of the others' curve only every fourth of them is computed.
const PLACES = 100; // of the slider, to each side
const SMALL = 0.001; // by so much the weight is moved to measure the slope
const HIGHEST = 3; // times the loss as it is: what is higher of the others' is cut
const SHORTEST = 16; // of the arrow, in sixteenths of a rem
const text = words.nudge;

/**
 * @param {Lesson} lesson
 * @returns {{element: HTMLElement, said: HTMLElement, weight: Weight | null, update: (now: Now) => void, dispose: () => void}}
 *   the curve, the account of it, and the weight
 */
export function createNudge(lesson) {
  const { memory } = lesson;
  const which = h("select", { id: "nudge-weight", onchange: () => {
    place = Number(which.value);
    const layer = place - 1;
    if (place) lesson.choose(layer, memory.units[layer]);
    else if (lesson.now) update(lesson.now);
  } });
  let place = 0; // in the list: the steepest weight, then the chosen ones of each layer
  let chosen = "";
  /** @type {Weight | null} */ let weight = null;
  const slider = h("input", { id: "nudge", type: "range", min: String(-PLACES), max: String(PLACES), step: "1", value: "0",
    oninput: show });
  const by = h("output", { class: "number", for: slider.id });
  const chart = createChart(heightOf(225, 135), (width, height) => (about ? draw(width, height, about) : []));
  const outcome = h("p", { class: "number", role: "status" });
  const [measured, computed] = [h("p", { class: "small number" }), h("p", { class: "small number" })];
  /** @type {Curve | null} */ let about = null;
  /** @type {(number | null)[]} */ let valley = []; // the others' mean loss, as far as it is known
  /** @type {Promise<import("../../server/api.js").Sample[]> | null} */ let fetched = null;
  /** @type {{theta: Float32Array, read: import("../valley.js").Read[]} | null} */ let others = null;
  const said = h("p", { class: "small muted" });
  /** @type {number | null} */ let reach = null; // as far as the others' valley goes, once that is known
  let asked = 0;
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
   * Find the valley of other images.
   * @param {Now} now
   * @param {Weight} weight
   */
  async function follow(now, weight) {
    const { model } = now;
    const mine = ++asked;
    const wanted = () => mine === asked;
    const samples = await (fetched ??= fetchOthers()).catch(() => null);
    if (!samples) fetched = null; // Another time the server may answer.
    if (!samples || !wanted()) return;
    if (others?.theta !== model.theta) {
      const read = await readAll(model, samples, wanted);
      if (!read) return;
      others = { theta: model.theta, read };
    }
    if (reach === null && slider.value === "0") {
      const some = others.read.slice(0, SOME);
      const far = reachOf((by) => some.reduce((sum, each) => sum + lossIfMoved(each, weight, by), 0) / some.length);
      reach = Math.max(about?.reach ?? 0, Math.min(far, FARTHER));
      about = curveOf(now, weight, memory.rate, reach);
    }
    const { offsets } = /** @type {Curve} */ (about);
    const few = offsets.filter((_, k) => k % FEWER === 0);
    const losses = await meanLosses(others.read, weight, few, wanted);
    if (!losses || !wanted()) return;
    valley = offsets.map((_, k) => (k % FEWER ? null : losses[k / FEWER]));
    const best = losses.indexOf(Math.min(...losses));
    say(said, fill(best > 0 && best < few.length - 1 ? text.valley : text.noValley, { n: others.read.length }));
    show();
  }

  /**
   * @param {number} width
   * @param {number} height
   * @param {Curve} curve
   */
  function draw(width, height, { loss, slope, value, reach, offsets, losses, step }) {
    const known = valley.flatMap((each, k) => (each === null ? [] : [{ at: value + offsets[k], loss: each }]));
    const far_ = known.map((each) => each.loss).filter((each) => each < HIGHEST * loss(0));
    const [low, high] = [Math.min(...losses, ...far_), Math.max(...losses, ...far_)];
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
    const name = (/** @type {string} */ words_, /** @type {number} */ down_, /** @type {string} */ kind) =>
      textAt(right - 4, top + down_, words_, "end", `halo ${kind}`);
    return [...frame.parts,
      ...(known.length ? [plot(known.map(({ at }) => at), known.map((each) => Math.min(each.loss, high + room)), frame,
        "others"), name(text.others, -4, "strong-others")] : []),
      name(text.own, -20, "strong"), plot(offsets.map((each) => value + each), losses, frame),
      line(across - far, down - rise * far, across + far, down + rise * far, "line second dashed"),
      ...(way ? [line(across, bottom - 9, tip, bottom - 9, "line second"),
        svg("path", { class: "tip", d: `M${tip} ${bottom - 14}l${6 * way} 5l${-6 * way} 5z` }),
        textAt(tip + 12 * way, bottom - 5, text.arrow, way > 0 ? "start" : "end", "halo")] : []),
      line(across, down, across, bottom, "mark"), dot(across, down, 4, "dot was"),
      dot(x(value + moved()), y(loss(moved())), 6, "dot")];
  }

  /** @param {Now} now */
  function update(now) {
    const first = `${memory.pixel} ${memory.units[0]} ${memory.shownImage}`;
    if (chosen && first !== chosen && chosen.endsWith(memory.shownImage)) place = 1; // Somebody chose pixel or unit.
    chosen = first;
    const weights = [steepestWeight(now), ...chosenWeights(lesson, now)];
    place = Math.min(place, weights.length - 1);
    weight = weights[place];
    which.replaceChildren(...weights.map(({ name }, k) =>
      h("option", { value: String(k) }, k ? name : fill(text.steepest, { name }))));
    which.value = String(place);
    const mine = `${weight.at} ${memory.shownImage} ${lesson.steps}`;
    if (mine !== key) [slider.value, reach] = ["0", null];
    key = mine;
    about = curveOf(now, weight, memory.rate, reach);
    valley = [];
    show();
    void follow(now, weight);
  }

  return {
    element: h("div", { class: "nudge" },
      h("div", { class: "row spread" }, h("label", { for: which.id }, text.title), which), chart.element,
      h("div", { class: "moving-weight" }, h("label", { for: slider.id }, text.slider), slider, by)),
    said: h("div", { class: "accounts" }, outcome, measured, computed, said),
    /** The weight that is moved. */
    get weight() { return weight; },
    dispose() { asked++; },
    update,
  };
}

/** @typedef {ReturnType<typeof curveOf>} Curve */

/**
 * Follow the loss along one weight.
 * @param {Now} now
 * @param {Weight} weight
 * @param {number} rate
 * @param {number | null} [given] how far to either side; without it, as far as suits the curve
 */
function curveOf(now, weight, rate, given = null) {
  const loss = (/** @type {number} */ by) => lossIfMoved(now, weight, by);
  const reach = given ?? reachOf(loss);
  const offsets = Array.from({ length: POINTS }, (_, k) => reach * ((2 * k) / (POINTS - 1) - 1));
  const slope = now.back.gradient[weight.at];
  return { loss, reach, offsets, losses: offsets.map(loss), slope, value: now.model.theta[weight.at], step: -rate * slope };
}

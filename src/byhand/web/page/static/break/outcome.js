// What the damage did: the accuracy before and now, and over the steps.

import { axes, createChart, dot, percentTick, plot } from "../charts/chart.js";
import { count, number, percent } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { words } from "./words.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("../server/messages.js").Accuracy} Accuracy */

const LISTED = 6; // steps in words
const DRAWN = 60; // steps in the chart
const CLOSE = 0.9; // Where no accuracy is below this, the chart shows what is above it only, and says so.

/**
 * @param {Lab} lab
 * @returns {{element: HTMLElement, strip: HTMLElement, fail: (sentence: string) => void, dispose: () => void}}
 */
export function createOutcome(lab) {
  const said = words.outcome;
  const [before, now] = [h("dd", { class: "great number" }), h("dd", { class: "great number", id: "accuracy-now" })];
  const sentence = h("p", { class: "answer", role: "status" });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  // Not "disabled" where there is nothing to do: the focus would be lost.
  const undo = h("button", { onclick: () => lab.undo() }, said.undo);
  const mend = h("button", { onclick: () => lab.mend(said.mended) }, said.mend);
  const list = h("tbody");
  // On a narrow screen the card is out of sight where one works: this line stays at its edge.
  const strip = h("p", { class: "lab-strip number", "aria-hidden": "true" });
  let failed = false;
  const chart = createChart(200, (width, height) => draw(width, height, lab));

  function update() {
    const { steps } = lab;
    const [first, last] = [steps[0].score, steps[steps.length - 1].score];
    problem.hidden = !failed;
    say(before, first ? percent(first.accuracy, 2) : "…");
    // The figure of the step before stays until the new one is there: no flicker while a slider is drawn.
    if (last) say(now, percent(last.accuracy, 2));
    else if (!now.textContent) say(now, "…");
    now.classList.toggle("waiting", !last);
    if (first && last) say(sentence, lab.isWhole ? said.whole : difference(first, last));
    if (first && last) {
      say(strip, fill(said.strip, { now: percent(last.accuracy, 2), whole: percent(first.accuracy, 2) }));
    }
    undo.setAttribute("aria-disabled", String(!lab.canUndo));
    mend.setAttribute("aria-disabled", String(lab.isWhole));
    const from = Math.max(0, steps.length - LISTED);
    list.replaceChildren(...steps.slice(from).map(({ words: what, score }, k) =>
      h("tr", {}, h("td", { class: "muted" }, from + k + 1), h("th", { scope: "row" }, what),
        h("td", { class: "end" }, score ? percent(score.accuracy, 2) : failed ? said.skipped : "…"))));
    const known = steps.filter(({ score }) => score);
    chart.describe(fill(said.chart, { n: known.length, list: known.slice(-LISTED).map(({ words: what, score }) =>
      `${what}: ${percent(score?.accuracy ?? 0, 2)}`).join("; ") }));
    chart.redraw();
  }

  update();
  const stop = lab.on(() => {
    failed = false;
    update();
  });
  const element = h("section", { class: "card outcome", "aria-labelledby": "outcome-title" },
    h("h2", { id: "outcome-title" }, said.title),
    h("dl", { class: "two" }, h("div", {}, h("dt", { class: "muted" }, said.before), before),
      h("div", {}, h("dt", { class: "muted" }, said.now), now)),
    sentence, problem,
    h("div", { class: "row" }, undo, mend, h("span", { class: "small muted" }, h("kbd", {}, "z"), ` ${said.key}`)),
    h("h3", {}, said.history), chart.element,
    h("table", { class: "figures steps" },
      h("thead", { class: "hidden-text" }, h("tr", {}, [said.step, said.what, said.accuracy].map((name) =>
        h("th", { scope: "col" }, name)))), list));
  return {
    element,
    strip,
    fail(words) {
      failed = true;
      say(problem, words);
      update();
    },
    dispose() {
      stop();
      chart.dispose();
    },
  };
}

/**
 * Say what became of the accuracy.
 * @param {Accuracy} first
 * @param {Accuracy} last
 * @returns {string}
 */
function difference(first, last) {
  const said = words.outcome;
  const images = Math.round((first.accuracy - last.accuracy) * last.n);
  const values = {
    points: number(Math.abs(first.accuracy - last.accuracy) * 100, 2),
    images: count(Math.abs(images)),
    n: count(last.n),
  };
  return fill(images > 0 ? said.worse : images < 0 ? said.better : said.same, values);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {Lab} lab
 * @returns {SVGElement[]}
 */
function draw(width, height, { steps }) {
  const said = words.outcome;
  const from = Math.max(0, steps.length - DRAWN);
  const places = steps.map((_, k) => k + 1).slice(from);
  const found = steps.slice(from).map(({ score }) => score?.accuracy ?? null); // A step without a score is a gap.
  const lowest = found.every((accuracy) => accuracy === null || accuracy >= CLOSE) ? CLOSE : 0;
  const range = /** @type {[number, number]} */ ([from + 1, Math.max(steps.length, from + 8)]);
  const frame = axes(width, height,
    { range, title: said.step, ticks: stepTicks(...range), text: count },
    { range: [lowest, 1], title: lowest ? fill(said.from, { lowest: percent(lowest, 0) }) : said.accuracy,
      text: percentTick });
  const dots = found.flatMap((accuracy, k) =>
    (accuracy === null ? [] : [dot(frame.x(places[k]), frame.y(accuracy), 4, "dot")]));
  return [...frame.parts, plot(places, found, frame), ...dots];
}

/**
 * @param {number} from
 * @param {number} to
 * @returns {number[]} whole numbers, eight at most
 */
function stepTicks(from, to) {
  const every = Math.ceil((to - from + 1) / 8);
  return Array.from({ length: Math.floor((to - from) / every) + 1 }, (_, k) => from + k * every);
}

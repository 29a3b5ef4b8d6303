// What the damage did: the accuracy before and now, and over the steps.

import { fill, h, say, svg } from "../dom.js";
import { count, number, path, percent } from "../scale.js";
import { words } from "../words/en.js";
import { axes, createChart, dot, percentTick } from "../judge/charts.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("./lab.js").Score} Score */

const LISTED = 6; // steps in words
const DRAWN = 60; // steps in the chart

/**
 * @param {Lab} lab
 * @returns {{element: HTMLElement, strip: HTMLElement, fail: (sentence: string) => void, dispose: () => void}}
 */
export function createOutcome(lab) {
  const said = words.break.outcome;
  const [before, now] = [h("dd", { class: "great number" }), h("dd", { class: "great number", id: "accuracy-now" })];
  const sentence = h("p", { class: "answer", role: "status" });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const undo = h("button", { onclick: () => lab.undo() }, said.undo);
  const mend = h("button", { onclick: () => lab.mend(said.mended) }, said.mend);
  const list = h("tbody");
  // On a narrow screen the card is out of sight where one works: this line stays at its edge.
  const strip = h("p", { class: "lab-strip number", "aria-hidden": "true" });
  const chart = createChart(190, (width, height) => draw(width, height, lab));

  function update() {
    const { steps } = lab;
    const [first, last] = [steps[0].score, steps[steps.length - 1].score];
    problem.hidden = true;
    say(before, first ? percent(first.accuracy, 2) : "…");
    // The figure of the step before stays until the new one is there: no flicker while a slider is drawn.
    if (last) say(now, percent(last.accuracy, 2));
    else if (!now.textContent) say(now, "…");
    now.classList.toggle("waiting", !last);
    if (first && last) say(sentence, lab.isWhole ? said.whole : difference(first, last));
    if (first && last) {
      say(strip, fill(said.strip, { now: percent(last.accuracy, 2), whole: percent(first.accuracy, 2) }));
    }
    undo.disabled = !lab.canUndo;
    mend.disabled = lab.isWhole;
    const from = Math.max(0, steps.length - LISTED);
    list.replaceChildren(...steps.slice(from).map(({ words: what, score }, k) => {
      const place = from + k + 1;
      // A step that was followed at once is measured only when one comes back to it.
      const found = score ? percent(score.accuracy, 2) : place === steps.length ? "…" : said.skipped;
      return h("tr", {}, h("td", { class: "muted" }, place), h("th", { scope: "row" }, what),
        h("td", { class: "end" }, found));
    }));
    const known = steps.filter(({ score }) => score);
    chart.describe(fill(said.chart, { n: known.length, list: known.slice(-LISTED).map(({ words: what, score }) =>
      `${what}: ${percent(score?.accuracy ?? 0, 2)}`).join("; ") }));
    chart.redraw();
  }

  update();
  const stop = lab.on(update);
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
      problem.hidden = false;
      say(problem, words);
    },
    dispose() {
      stop();
      chart.dispose();
    },
  };
}

/**
 * Say what became of the accuracy.
 * @param {Score} first
 * @param {Score} last
 * @returns {string}
 */
function difference(first, last) {
  const said = words.break.outcome;
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
  const said = words.break.outcome;
  const from = Math.max(0, steps.length - DRAWN);
  const known = steps.flatMap(({ score }, k) =>
    score && k >= from ? [{ step: k + 1, accuracy: score.accuracy }] : []);
  const lowest = Math.min(...known.map(({ accuracy }) => accuracy), 0.98);
  const finest = lowest < 0.9 ? 5 : 50; // The axis begins at a multiple of 20 or of 2 percent.
  const { x, y, parts } = axes(width, height,
    { range: [from + 1, Math.max(steps.length, from + 8)], title: said.step,
      ticks: stepTicks(from + 1, Math.max(steps.length, from + 8)) },
    { range: [Math.max(Math.floor(lowest * finest - 1e-9), 0) / finest, 1], title: said.accuracy,
      text: percentTick });
  const [xs, ys] = [known.map(({ step }) => step), known.map(({ accuracy }) => accuracy)];
  return [...parts, svg("path", { class: "line", d: path(xs, ys, x, y) }),
    ...known.map(({ step, accuracy }) => dot(x(step), y(accuracy), 4, "dot"))];
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

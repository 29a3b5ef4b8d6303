// The curves of loss and accuracy, each with a sentence that says how they stand.

import { fill, h, say } from "../dom.js";
import { number, percent } from "../scale.js";
import { words } from "../words/en.js";
import { createChart } from "./chart.js";
import { lastOf } from "./curve.js";

/** @typedef {import("./training.js").Snapshot} Snapshot */

const text = words.learn.curves;

/**
 * A sample of a line with what it stands for.
 * @param {string} name
 * @param {string} style
 */
function sample(name, style) {
  return h("span", { class: "legend" }, h("span", { class: `stroke ${style}`, "aria-hidden": "true" }), name);
}

/**
 * @param {() => void} resized is called when the charts have another width
 * @returns {{element: HTMLElement, show: (snapshot: Snapshot) => void, dispose: () => void}}
 */
export function createCurves(resized) {
  const loss = createChart({ log: true, x: text.images, y: text.lossAxis, classes: ["", "second dashed"] });
  const accuracy = createChart({ log: false, x: text.images, y: text.accuracyAxis, classes: ["second dashed"] });
  const lossWords = h("p", { class: "number" });
  const accuracyWords = h("p", { class: "number" });
  const plot = h("div", { class: "plot" }, loss.element);
  const element = h("section", { class: "card curves", "aria-labelledby": "learn-curves" },
    h("h2", { id: "learn-curves" }, text.title),
    h("div", { class: "two" },
      h("div", { class: "half" }, h("h3", {}, text.loss), lossWords, plot,
        h("div", { class: "row" }, sample(text.learned, "solid"), sample(text.unseen, "dashes")),
        h("p", { class: "muted small" }, text.lossAbout)),
      h("div", { class: "half" }, h("h3", {}, text.accuracy), accuracyWords,
        h("div", { class: "plot" }, accuracy.element), h("div", { class: "row" }, sample(text.unseen, "dashes")),
        h("p", { class: "muted small" }, text.accuracyAbout))));
  const observer = new ResizeObserver(resized);
  observer.observe(plot);

  /** @param {Snapshot} snapshot */
  function show({ curve, figures, classes, settings }) {
    const width = Math.max(240, Math.round(plot.clientWidth));
    const guess = { value: Math.log(classes.length || 10), text: text.guessing };
    loss.draw([{ xs: curve.images, ys: curve.loss }, { xs: curve.images, ys: curve.validation_loss }], width, guess);
    accuracy.draw([{ xs: curve.images, ys: curve.accuracy }], width, null);
    const unseen = lastOf(curve.validation_loss);
    const right = lastOf(curve.accuracy);
    const now = figures?.loss ?? lastOf(curve.loss);
    say(lossWords, now === null ? text.nothing : fill(unseen === null ? text.lossNow : text.lossBoth,
      { learned: number(now, 3), unseen: number(unseen ?? 0, 3) }));
    say(accuracyWords, right !== null ? fill(text.accuracyNow, { share: percent(right) })
      : now !== null && settings.validation === 0 ? text.notJudged : text.nothing);
    loss.describe(`${text.lossChart} ${lossWords.textContent}`);
    accuracy.describe(`${text.accuracyChart} ${accuracyWords.textContent}`);
  }

  return { element, show, dispose: () => observer.disconnect() };
}

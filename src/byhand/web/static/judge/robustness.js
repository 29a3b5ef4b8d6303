// How much an image may be moved, turned or disturbed before the network no longer reads it.

import { askJson, getImages } from "../api.js";
import { fill, h, say, svg } from "../dom.js";
import { paintInk } from "../palette.js";
import { count, number, path, percent } from "../scale.js";
import { words } from "../words/en.js";
import { changed } from "./changes.js";
import { axes, createChart, dot, percentTick } from "./charts.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("./changes.js").Kind} Kind */
/** @typedef {{kind: Kind, amount: number, accuracy: number}} Row */
/** @typedef {{n?: number, rows: Row[]}} Measured */

const KINDS = /** @type {Kind[]} */ (["shift", "rotation", "noise"]);

/**
 * @param {App} app
 * @param {import("./figures.js").Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createRobustness(app, judgement) {
  const said = words.judge.robustness;
  const status = h("p", { class: "muted", role: "status" });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const results = h("div", { class: "three" });
  const button = h("button", { class: "primary", onclick: measure }, said.measure);
  /** @type {(() => void)[]} */ let disposals = [];
  /** @type {(() => void)[]} */ let repaints = [];
  const dispose = () => disposals.forEach((each) => each());

  async function measure() {
    button.disabled = true;
    problem.hidden = true;
    say(status, said.measuring);
    try {
      /** @type {Measured} */ const { n, rows } = await askJson(`/api/robustness?of=${app.store.state.model}`);
      const image = await example(app);
      dispose();
      const parts = KINDS.map((kind) => createKind(kind, rows, image, app.model.imageShape));
      disposals = parts.map((part) => part.dispose);
      repaints = parts.map((part) => part.repaint);
      results.replaceChildren(...parts.map((part) => part.element));
      say(status, fill(said.done, { n: count(n ?? judgement.n) }));
      button.hidden = true;
    } catch (error) {
      say(status, "");
      problem.hidden = false;
      say(problem, error instanceof Error && error.message ? error.message : words.noServer);
    }
    button.disabled = false;
  }

  const themed = app.on("theme", () => repaints.forEach((repaint) => repaint()));
  const element = h("section", { class: "card robustness", "aria-labelledby": "robustness-title" },
    h("h2", { id: "robustness-title" }, said.title),
    h("p", {}, said.lead), h("div", { class: "row" }, button, status), problem, results);
  return {
    element,
    dispose() {
      themed();
      dispose();
    },
  };
}

/**
 * Return an image to show the changes with: what the Draw view reads now, or if that is empty, the first test image.
 * @param {App} app
 * @returns {Promise<Uint8Array>}
 */
async function example(app) {
  const { image } = app.reading;
  return image.some((pixel) => pixel > 0) ? image : (await getImages("test", [0]))[0].pixels;
}

/**
 * Chart and table of one kind of change.
 * @param {Kind} kind
 * @param {Row[]} all of every kind
 * @param {Uint8Array} image
 * @param {number[]} shape
 */
function createKind(kind, all, image, [height, width]) {
  const { title, axis, unit } = words.judge.robustness.kinds[kind];
  const said = words.judge.robustness;
  const rows = all.filter((row) => row.kind === kind);
  const [amounts, shares] = [rows.map((row) => row.amount), rows.map((row) => row.accuracy)];
  const lowest = Math.floor(5 * Math.min(...all.map((row) => row.accuracy))) / 5; // All kinds have the same scale.
  const digits = Math.max(...amounts.map((amount) => (String(amount).split(".")[1] ?? "").length));
  const amountText = (/** @type {number} */ amount) => fill(unit, { amount: number(amount, digits) });
  const chart = createChart(230, (wide, high) => {
    const { x, y, parts } = axes(wide, high,
      { range: [amounts[0], amounts[amounts.length - 1]], title: axis,
        ticks: kind === "shift" ? amounts : undefined },
      { range: [lowest, 1], title: said.vertical, text: percentTick });
    return [...parts, svg("path", { class: "line", d: path(amounts, shares, x, y) }),
      ...rows.map((row) => dot(x(row.amount), y(row.accuracy), 4, "dot"))];
  });
  const list = rows.map((row) => `${amountText(row.amount)}: ${percent(row.accuracy)}`).join("; ");
  chart.describe(fill(said.chart, { title, list }));
  const canvases = rows.map(() => h("canvas", { class: "pixelated", "aria-hidden": "true" }));
  const repaint = () => canvases.forEach((canvas, k) =>
    paintInk(canvas, changed(image, height, width, kind, amounts[k]), width, height, 255));
  repaint();
  const element = h("div", { class: "kind" }, h("h3", {}, title), chart.element,
    h("table", { class: "figures" },
      h("thead", {}, h("tr", {}, [said.amount, said.example, said.right].map((name, k) =>
        h("th", { scope: "col", class: k === 2 ? "end" : undefined }, name)))),
      h("tbody", {}, rows.map((row, k) => h("tr", {}, h("th", { scope: "row" }, amountText(row.amount)),
        h("td", {}, canvases[k]), h("td", { class: "end" }, percent(row.accuracy, 2)))))));
  return { element, repaint, dispose: chart.dispose };
}

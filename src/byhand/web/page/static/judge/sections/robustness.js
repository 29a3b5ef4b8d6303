// How much an image may be moved, turned or disturbed before the network no longer reads it.

import { axes, createChart, dot, percentTick, plot } from "../../charts/chart.js";
import { count, number, percent } from "../../charts/numbers.js";
import { paintBytes } from "../../charts/paint.js";
import { fill, h, say } from "../../elements/dom.js";
import { askJson, getImages, sentenceOf } from "../../server/api.js";
import { words } from "../words.js";
import { changed } from "./image-changes.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("./image-changes.js").Kind} Kind */
/** @typedef {import("../../server/messages.js").Change} Change */
/** @typedef {import("../../server/messages.js").Robustness} Robustness */

const KINDS = /** @type {Kind[]} */ (["shift", "rotation", "noise"]);

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createRobustness(app) {
  const said = words.robustness;
  const status = h("p", { class: "muted", role: "status" });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const results = h("div", { class: "three" });
  const button = h("button", { class: "primary", onclick: measure }, said.measure);
  /** @type {(() => void)[]} */ let disposals = [];
  /** @type {(() => void)[]} */ let repaints = [];
  let measuring = false;
  const dispose = () => disposals.forEach((each) => each());

  async function measure() {
    if (measuring) return;
    busy(true);
    problem.hidden = true;
    say(status, said.measuring);
    try {
      /** @type {Robustness} */ const { n, rows } = await askJson(`api/robustness?of=${app.store.state.model}`);
      const image = await example(app);
      dispose();
      const parts = KINDS.map((kind) => createKind(kind, rows, image, app.model.imageShape));
      disposals = parts.map((part) => part.dispose);
      repaints = parts.map((part) => part.repaint);
      results.replaceChildren(...parts.map((part) => part.element));
      say(status, fill(said.done, { n: count(n) }));
      if (document.activeElement === button) results.querySelector("h3")?.focus();
      button.hidden = true;
    } catch (error) {
      say(status, "");
      problem.hidden = false;
      say(problem, sentenceOf(error));
    }
    busy(false);
  }

  /** A button that is disabled would lose the focus. @param {boolean} is */
  function busy(is) {
    measuring = is;
    button.setAttribute("aria-disabled", String(is));
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
 * @param {Change[]} all of every kind
 * @param {Uint8Array} image
 * @param {number[]} shape
 */
function createKind(kind, all, image, [height, width]) {
  const { title, axis, unit } = words.robustness.kinds[kind];
  const said = words.robustness;
  const rows = all.filter((row) => row.kind === kind);
  const [amounts, shares] = [rows.map((row) => row.amount), rows.map((row) => row.accuracy)];
  const digits = Math.max(...amounts.map((amount) => (String(amount).split(".")[1] ?? "").length));
  const amountText = (/** @type {number} */ amount) => fill(unit, { amount: number(amount, digits) });
  const chart = createChart(240, (wide, high) => {
    const frame = axes(wide, high,
      { range: [amounts[0], amounts[amounts.length - 1]], title: axis,
        ticks: kind === "shift" ? amounts : undefined },
      { range: [0, 1], title: said.vertical, text: percentTick });
    return [...frame.parts, plot(amounts, shares, frame),
      ...rows.map((row) => dot(frame.x(row.amount), frame.y(row.accuracy), 4, "dot"))];
  });
  const list = rows.map((row) => `${amountText(row.amount)}: ${percent(row.accuracy)}`).join("; ");
  chart.describe(fill(said.chart, { title, list }));
  const canvases = rows.map(() => h("canvas", { class: "pixelated", "aria-hidden": "true" }));
  const repaint = () => canvases.forEach((canvas, k) =>
    paintBytes(canvas, changed(image, height, width, kind, amounts[k]), width, height));
  repaint();
  const element = h("div", { class: "kind" }, h("h3", { tabIndex: -1 }, title), chart.element,
    h("table", { class: "figures" },
      h("thead", {}, h("tr", {}, [said.amount, said.example, said.right].map((name, k) =>
        h("th", { scope: "col", class: k === 2 ? "end" : undefined }, name)))),
      h("tbody", {}, rows.map((row, k) => h("tr", {}, h("th", { scope: "row" }, amountText(row.amount)),
        h("td", {}, canvases[k]), h("td", { class: "end" }, percent(row.accuracy, 2)))))));
  return { element, repaint, dispose: chart.dispose };
}

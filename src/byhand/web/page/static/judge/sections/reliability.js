// Can one believe its percentages? Of all answers given with 90 %, nine in ten should be right.

import { axes, createChart, dot, line, percentTick, text } from "../../charts/chart.js";
import { count, percent } from "../../charts/numbers.js";
import { linear } from "../../charts/scale.js";
import { fill, h, svg } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { wilson } from "../arithmetic.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Judgement} Judgement */
/**
 * @typedef {object} Bin
 * @property {number} from
 * @property {number} to
 * @property {number} confidence
 * @property {number} accuracy
 * @property {number} n
 * @property {[number, number]} interval of the accuracy
 */

const FOOT = 74; // below the diagram, for the bars that count images
const LETTERS = 20; // of this, for the counts

/**
 * @param {import("../../page/app.js").App} app
 * @param {Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createReliability(app, judgement) {
  const said = words.reliability;
  const filled = bins(judgement);
  const chart = createChart(430, (width, height) => draw(width, height, filled));
  chart.describe(fill(said.chart, { bins: filled.length, list: filled.slice(-3).map((bin) => fill(said.chartBin, {
    confidence: percent(bin.confidence), accuracy: percent(bin.accuracy), n: count(bin.n) })).join(" ") }));
  const element = h("section", { class: "card reliability", "aria-labelledby": "reliability-title" },
    h("h2", { id: "reliability-title" }, said.title),
    h("p", {}, said.lead),
    chart.element,
    h("p", { class: "small muted" }, fill(said.reading, { bins: judgement.reliability.length })),
    h("p", {}, terms(said.error, { error: percent(judgement.calibration_error, 2) })),
    h("details", {}, h("summary", {}, said.table), table(filled)));
  return { element, dispose: chart.dispose };
}

/**
 * Return the bins that hold any image.
 * @param {Judgement} judgement
 * @returns {Bin[]}
 */
function bins({ reliability }) {
  const width = 1 / reliability.length;
  return reliability.flatMap(({ confidence, accuracy, n }, k) =>
    n === 0 || confidence === null || accuracy === null ? [] : [{
      from: k * width, to: (k + 1) * width, confidence, accuracy, n, interval: wilson(Math.round(accuracy * n), n),
    }]);
}

/**
 * @param {number} width
 * @param {number} height
 * @param {Bin[]} filled
 * @returns {SVGElement[]}
 */
function draw(width, height, filled) {
  const said = words.reliability;
  const whole = { range: /** @type {[number, number]} */ ([0, 1]), text: percentTick };
  const { x, y, parts } = axes(width, height - FOOT, { ...whole, title: said.horizontal },
    { ...whole, title: said.vertical });
  const most = Math.max(...filled.map(({ n }) => n));
  const [top, bottom] = [height - FOOT + 8, height - LETTERS];
  // A thousand images and one are both to be seen: the bars grow with the logarithm.
  const tall = linear([0, Math.log1p(most)], [0, bottom - top]);
  return [
    ...parts,
    line(x(0), y(0), x(1), y(1), "line dashed ideal"),
    ...filled.flatMap((bin) => [
      line(x(bin.confidence), y(bin.interval[0]), x(bin.confidence), y(bin.interval[1]), "whisker"),
      dot(x(bin.confidence), y(bin.accuracy), 5, "dot"),
      svg("rect", { class: "counted", x: x(bin.from) + 1, width: Math.max(x(bin.to) - x(bin.from) - 2, 1),
        y: bottom - tall(Math.log1p(bin.n)), height: tall(Math.log1p(bin.n)) }),
      text(middle(x(bin.from), x(bin.to)), bottom + 14, short(bin.n, x(bin.to) - x(bin.from)), "middle", "tiny"),
    ]),
  ];
}

/** @param {number} one @param {number} other */
const middle = (one, other) => (one + other) / 2;

/**
 * Write a count in at most four letters, or three in a narrow bin.
 * @param {number} n
 * @param {number} width of the bin
 */
const short = (n, width) => (n < 1000 ? String(n) : `${(n / 1000).toFixed(width > 24 && n < 9950 ? 1 : 0)}k`);

/** @param {Bin[]} filled */
function table(filled) {
  const said = words.reliability;
  return h("table", { class: "figures" },
    h("thead", {}, h("tr", {}, [said.sure, said.right, said.images].map((name) =>
      h("th", { scope: "col", class: "end" }, name)))),
    h("tbody", {}, filled.map((bin) => h("tr", {},
      h("th", { scope: "row", class: "end" }, `${percent(bin.from, 0)} – ${percent(bin.to, 0)}`),
      h("td", { class: "end" }, percent(bin.accuracy)),
      h("td", { class: "end" }, count(bin.n))))));
}

// One neuron from near: its weights as a picture, what they make of this image, and its sum in numbers that add up.

import { addUp, count, digitsFor, fixed, greatest, percent } from "../../charts/numbers.js";
import { paintDiverging } from "../../charts/paint.js";
import { fill, h, oncePerFrame, say, sayAloud } from "../../elements/dom.js";
import { incoming, layers as cut } from "../../network/nn.js";
import { inputName, unitName } from "../../units/names.js";
import { words } from "../words.js";
import { isBlank } from "./network.js";
import { createSelection, same } from "./selection.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("./selection.js").Neuron} Neuron */
/** @typedef {import("../../network/nn.js").Term} Term */

const LARGEST = 6; // terms that are shown one by one
const SIDE = 196; // pixels of a picture's longer side
const text = words.inspector;
/** @type {Record<string, string>} */ const functions = text.functions;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createInspector(app) {
  const selection = app.once(createSelection, app);
  const title = h("h2", { id: "inspector-title" });
  const lead = h("p", { class: "small muted" });
  const keep = h("button", { type: "button", onclick: () => selection.keep(selection.shown()) });
  const weights = picture(text.weights);
  const products = picture(text.products);
  const sum = table();
  const body = h("div", { class: "inspected" },
    h("div", { class: "pictures" }, weights.element, products.element), sum.element);
  const element = h("section", { class: "card inspector", id: "inspector", "aria-labelledby": "inspector-title" },
    h("div", { class: "row spread" }, title, keep), lead, body);
  let painted = ""; // whose weights the picture shows, and how

  function show() {
    const neuron = selection.shown();
    const blank = isBlank(app);
    const { layer, unit } = neuron;
    const { sizes, classes, theta } = app.model;
    const last = layer + 2 === sizes.length;
    say(title, fill(text.of, { unit: unitName(layer, unit, last ? classes : null) }));
    const active = app.reading.pass.inputs[1]?.[unit] ?? 1;
    say(lead, (blank ? text.waiting : selection.chosen() ? "" : active > 0 ? text.strongest : text.silent)
      + fill(layer ? text.leadDeep : text.leadFirst, { n: count(sizes[layer]) }));
    say(keep, same(neuron, selection.kept()) ? text.release : text.keep);
    const from = cut(theta, sizes)[layer];
    const shape = selection.inputShape(layer);
    const picture = [layer, unit, shape.columns].join();
    if (painted !== picture) {
      painted = picture;
      weights.paint(incoming(theta, sizes, layer, unit), shape);
    }
    sum.element.hidden = products.element.hidden = blank;
    if (blank) return;
    const terms = selection.terms(neuron);
    const values = new Float32Array(from.nIn);
    for (const term of terms) values[term.from] = term.product;
    products.paint(values, shape);
    sum.show(app, neuron, terms, from.bias[unit]);
  }

  const showSoon = oncePerFrame(() => element.isConnected && show());
  const anew = () => {
    painted = "";
    showSoon(null);
  };
  const off = [
    app.on("reading", show),
    app.on("theme", anew),
    app.on("model", anew),
    selection.on(() => showSoon(null)),
  ];
  show();
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

/**
 * A picture on the diverging scale, with its scale in numbers.
 * @param {{title: string, label: string}} words_
 */
function picture({ title, label }) {
  const canvas = h("canvas", { class: "pixelated picture", role: "img" });
  const [low, high] = [h("span", { class: "number" }), h("span", { class: "number" })];
  const element = h("figure", {}, h("h3", {}, title), canvas,
    h("figcaption", { class: "scale small muted" }, low, h("span", { class: "ramp" }), high));

  /**
   * @param {Float32Array} values
   * @param {import("../../units/arrange.js").Shape} shape
   */
  function paint(values, { columns, rows }) {
    const most = greatest(values);
    const cell = Math.min(24, Math.max(1, Math.floor(SIDE / Math.max(columns, rows))));
    canvas.style.width = `${columns * cell}px`;
    canvas.style.height = `${rows * cell}px`;
    paintDiverging(canvas, values, columns, rows, most);
    const digits = digitsFor([most]);
    say(low, fixed(-most, digits));
    say(high, fixed(most, digits, true));
    sayAloud(canvas, fill(label, {
      columns, rows, low: fixed(values.reduce((a, b) => Math.min(a, b)), digits),
      high: fixed(values.reduce((a, b) => Math.max(a, b)), digits),
    }));
  }
  return { element, paint };
}

/** The sum of one neuron, line by line. */
function table() {
  const heads = ["from", "input", "weight", "product"].map(() => h("th", { scope: "col" }));
  const rows = Array.from({ length: LARGEST }, () => {
    const cells = [h("th", { scope: "row" }), h("td"), h("td"), h("td")];
    return { row: h("tr", {}, cells), cells };
  });
  const line = (/** @type {string} */ name) => {
    const [head, value] = [h("th", { scope: "row", colSpan: 3 }), h("td")];
    return { head, value, row: h("tr", { class: name }, head, value) };
  };
  const [rest, bias, z, a] = [line("rest"), line("bias"), line("z"), line("a")];
  const element = h("div", { class: "arithmetic" }, h("h3", {}, text.arithmetic),
    h("table", {}, h("thead", {}, h("tr", {}, heads)),
      h("tbody", {}, rows.map(({ row }) => row), [rest, bias, z, a].map(({ row }) => row))));

  /**
   * @param {App} app
   * @param {Neuron} neuron
   * @param {Term[]} terms
   * @param {number} b
   */
  function show(app, { layer, unit }, terms, b) {
    const { model, reading: { pass } } = app;
    const last = layer + 2 === model.sizes.length;
    const letter = layer ? "a" : "x";
    [text.from, letter, "w", `${letter} · w`].forEach((head, k) => say(heads[k], head));
    const largest = terms.slice(0, LARGEST);
    const others = terms.slice(LARGEST);
    const together = pass.sums[layer][unit] - b - largest.reduce((sum, { product }) => sum + product, 0);
    const parts = [...largest.map(({ product }) => product), b, ...(others.length ? [together] : [])];
    const digits = digitsFor([...parts, pass.sums[layer][unit]]);
    const { parts: rounded, sum } = addUp(parts, digits, others.length ? parts.length - 1 : undefined);
    rows.forEach(({ row, cells }, k) => {
      row.hidden = k >= largest.length;
      if (row.hidden) return;
      const { from, input, weight } = largest[k];
      const fine = digits + 1;
      say(cells[0], inputName(layer, from, model.imageShape[1]));
      const numbers = [fixed(input, fine), fixed(weight, fine), fixed(rounded[k], digits)];
      numbers.forEach((value, i) => say(cells[i + 1], value));
    });
    rest.row.hidden = others.length === 0;
    if (others.length) {
      write(rest, others.length === 1 ? text.other : fill(text.others, { n: count(others.length) }),
        fixed(rounded[rounded.length - 1], digits));
    }
    write(bias, text.bias, fixed(rounded[largest.length], digits));
    write(z, text.z, fixed(sum, digits));
    if (last) write(a, text.p, percent(pass.probabilities[unit]));
    else write(a, fill(text.a, { f: functions[model.activation] }), fixed(pass.inputs[layer + 1][unit], digits));
  }
  return { element, show };
}

/**
 * @param {{head: Element, value: Element}} line
 * @param {string} head
 * @param {string} value
 */
function write(line, head, value) {
  say(line.head, head);
  say(line.value, value);
}

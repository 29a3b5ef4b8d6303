// Every neuron of the network as a cell: the image, the hidden layers, the outputs, and the lines of the chosen neuron.

import { paintInk } from "../../charts/paint.js";
import { createWatcher, fill, h, oncePerFrame, say, sayAloud } from "../../elements/dom.js";
import { layers as cut } from "../../network/nn.js";
import { arrange } from "../../units/arrange.js";
import { createEdges } from "../../units/edges.js";
import { words } from "../words.js";
import { createLayer } from "./layer.js";
import { createSelection, same } from "./selection.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("./selection.js").Neuron} Neuron */
/** @typedef {import("../../units/edges.js").Edge} Edge */
/** @typedef {ReturnType<typeof createLayer>} LayerPart */

const STRONGEST = 8; // lines on either side of a neuron
const text = words.network;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createNetwork(app) {
  const selection = app.once(createSelection, app);
  const edges = createEdges();
  const picture = h("canvas", { class: "pixelated picture", role: "img" });
  const inputHeading = h("h3");
  const input = h("div", { class: "layer" }, inputHeading, picture);
  const stage = h("div", { class: "stage" });
  const legends = h("div", { class: "row legends" });
  const status = h("p", { class: "small number status", id: "network-status" });
  const element = h("section", { class: "card network", "aria-labelledby": "network-title" },
    h("h2", { id: "network-title" }, text.title), h("p", { class: "muted small" }, text.lead),
    stage, status, legends);
  /** @type {LayerPart[]} */ let parts = [];
  /** @type {[number, number][]} */ let corners = []; // of the picture and of every grid, in pixels of the stage
  /** @type {import("../../units/arrange.js").Arrangement} */ let arrangement;
  let width = 0;

  /** Make the layers of the model as it is now. */
  function build() {
    const { sizes, classes, imageShape: [rows, columns] } = app.model;
    parts = sizes.slice(1).map((units, layer) => createLayer(selection, {
      layer, units, classes: layer + 2 === sizes.length ? classes : null, activation: app.model.activation,
    }));
    say(inputHeading, fill(text.input, { rows, columns }));
    sayAloud(picture, fill(text.picture, { rows, columns }));
    legends.replaceChildren(...legend(app.model.activation));
    const layers = [input, ...parts.map((part) => part.element)];
    stage.replaceChildren(...layers, edges.element);
    lay();
    watcher.disconnect();
    [element, ...layers].forEach((each) => watcher.observe(each));
  }

  /** Lay the grids out in the width that there is. */
  function lay() {
    width = stage.parentElement?.clientWidth ? inner(/** @type {HTMLElement} */ (stage.parentElement)) : width;
    const { sizes, imageShape, classes } = app.model;
    arrangement = arrange(sizes, imageShape, Math.max(...classes.map((name) => name.length)), width);
    const { stacked, grids: [first, ...others], widths, widest } = arrangement;
    stage.classList.toggle("stacked", stacked);
    stage.style.maxWidth = `${Math.round(widest)}px`;
    picture.style.width = `${first.columns * first.cell}px`;
    picture.style.height = `${first.rows * first.cell}px`;
    parts.forEach((part, k) => part.lay(others[k], widths[k + 1]));
    measure();
    selection.lay(arrangement.grids);
  }

  /** Find out where the grids lie: a heading that takes another line moves them, too. */
  function measure() {
    const at = stage.getBoundingClientRect();
    corners = [picture, ...parts.map((part) => part.canvas)].map((canvas) => {
      const box = canvas.getBoundingClientRect();
      return [box.left - at.left, box.top - at.top];
    });
  }

  /** Show the numbers of this reading: of an empty pad there are none yet, and to what is refused there is no answer. */
  function show() {
    const { reading, model: { imageShape: [rows, columns] } } = app;
    paintInk(picture, reading.input, columns, rows);
    const blank = isBlank(app);
    parts.forEach((part, k) => {
      const outputs = reading.pass.inputs[k + 1];
      part.show(outputs ?? reading.pass.probabilities,
        blank || (!outputs && reading.answer.reason?.kind === "problem"));
    });
    showChosen();
  }

  /** Show which neuron is chosen, and its lines. */
  function showChosen() {
    const neuron = selection.shown();
    const kept = same(neuron, selection.kept());
    parts.forEach((part, layer) => part.mark(neuron.layer === layer ? neuron.unit : null, kept));
    edges.draw(linesOf(app, selection.terms(neuron), neuron, middle), arrangement.stacked);
    const own = selection.chosen() !== null;
    const sentence = kept ? text.kept : selection.passing ? text.passing : own ? text.shown
      : isBlank(app) ? text.waiting : parts[neuron.layer].isActive(neuron.unit) ? text.strongest : text.shown;
    const { name, value } = parts[neuron.layer].describe(neuron.unit);
    say(status, fill(sentence, { what: isBlank(app) ? name : value }));
  }

  /**
   * Return the middle of a cell on the stage.
   * @param {number} layer 0 is the image
   * @param {number} unit
   * @returns {[number, number]}
   */
  function middle(layer, unit) {
    const { columns, cell } = arrangement.grids[layer];
    const [left, top] = corners[layer];
    return [left + ((unit % columns) + 0.5) * cell, top + (Math.floor(unit / columns) + 0.5) * cell];
  }

  const showSoon = oncePerFrame(() => element.isConnected && showChosen());
  const watcher = createWatcher(() => {
    if (!element.isConnected) return;
    if (inner(element) !== width) {
      lay();
      show();
    } else {
      measure();
      showChosen();
    }
  });
  const off = [
    app.on("reading", show),
    app.on("theme", show),
    app.on("model", build),
    selection.on(() => showSoon(null)),
  ];
  build();
  return {
    element,
    dispose() {
      watcher.disconnect();
      off.forEach((stop) => stop());
      selection.look(null);
    },
  };
}

/**
 * @param {App} app
 * @returns {boolean} whether there is nothing to read
 */
export function isBlank({ reading: { input } }) {
  return input.every((pixel) => pixel === 0);
}

/**
 * Return the strongest lines to and from a neuron: what flows on them, or on an empty pad their weights.
 * @param {App} app
 * @param {import("../../network/nn.js").Term[]} terms of its sum, the largest first
 * @param {Neuron} neuron
 * @param {(layer: number, unit: number) => [number, number]} middle of a cell; layer 0 is the image
 * @returns {Edge[]}
 */
function linesOf(app, terms, { layer, unit }, middle) {
  const here = middle(layer + 1, unit);
  const blank = isBlank(app) && layer === 0;
  const own = blank ? [...terms].sort((one, other) => Math.abs(other.weight) - Math.abs(one.weight)) : terms;
  /** @type {Edge[]} */
  const lines = own.slice(0, STRONGEST).map(({ from, product, weight }) =>
    ({ from: middle(layer, from), to: here, strength: blank ? weight : product }));
  const next = cut(app.model.theta, app.model.sizes)[layer + 1];
  if (next) {
    const a = blank ? 1 : app.reading.pass.inputs[layer + 1][unit];
    const given = Array.from(next.weights.subarray(unit * next.nOut, (unit + 1) * next.nOut), (w, to) =>
      ({ from: here, to: middle(layer + 2, to), strength: a * w }));
    lines.push(...given.sort((one, other) => Math.abs(other.strength) - Math.abs(one.strength)).slice(0, STRONGEST));
  }
  return lines.filter(({ strength }) => strength !== 0);
}

/**
 * Say what the colours mean.
 * @param {string} activation
 */
function legend(activation) {
  const line = (/** @type {string} */ name, /** @type {string} */ meaning) =>
    h("span", { class: "legend" }, h("span", { class: name }), meaning);
  const cells = activation === "tanh"
    ? [line("swatch positive", text.above), line("swatch negative", text.below)]
    : [line("swatch full", text.active), line("swatch", text.silent)];
  return [...cells, line("stroke raises", text.raises), line("stroke lowers", text.lowers)];
}

/**
 * @param {HTMLElement} card
 * @returns {number} the width inside its padding
 */
function inner(card) {
  const { paddingLeft, paddingRight } = getComputedStyle(card);
  return card.clientWidth - parseFloat(paddingLeft) - parseFloat(paddingRight);
}

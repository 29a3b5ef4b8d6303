// The weights of the first layer, unit by unit as images: what each of them looks for, and how it comes about.

import { count } from "../../charts/numbers.js";
import { paintDiverging } from "../../charts/paint.js";
import { fill, h, say, sayAloud } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { incoming, layers } from "../../network/nn.js";
import { plain } from "../summary.js";
import { words } from "../words.js";

/** @typedef {import("../../network/nn.js").Model} Model */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {{element: HTMLElement, paint: (units: Float32Array[], shape: number[], largest: number) => void,
 *             build: (n: number, names: string[], large: boolean) => void}} Tiles */

const text = words.weights;
const [MOST, NARROW] = [30, 5]; // units shown at first, on wide screens and on narrow ones
const FEW = 12; // can be larger
const SAMPLE = 20_000; // weights that tell how large almost all are

/** @returns {{element: HTMLElement, show: (model: Model) => void, showSilent: (snapshot: Snapshot) => void,
 *            repaint: () => void}} in the colours of now */
export function createWeights() {
  const tiles = createTiles();
  const range = h("span", { class: "number" }, text.nothing);
  const silent = h("p", { class: "number small silent" });
  const more = h("button", { type: "button", class: "vacant", "aria-pressed": "false", onclick: toggle }, "\u00a0");
  const element = h("section", { class: "card weights", "aria-labelledby": "learn-weights" },
    h("h2", { id: "learn-weights" }, text.title), tiles.element,
    h("p", { class: "row muted small" },
      h("span", { class: "legend" }, h("span", { class: "swatch positive" }), text.positive),
      h("span", { class: "legend" }, h("span", { class: "swatch negative" }), text.negative), range),
    h("div", {}, more), silent, h("p", { class: "muted small" }, terms(text.about)));
  /** @type {Model | null} */ let model = null;
  let all = false;

  /** Show every unit, or no more than fit well. */
  function toggle() {
    all = !all;
    if (model) show(model);
  }

  /** @param {Model} now */
  function show(now) {
    model = now;
    const [first] = layers(model.theta, model.sizes);
    const most = few();
    const n = all ? first.nOut : Math.min(most, first.nOut);
    // Without hidden layers, each unit is an answer.
    tiles.build(n, model.sizes.length === 2 ? model.classes : [], first.nOut <= FEW);
    const { theta, sizes } = model;
    const units = Array.from({ length: n }, (_, unit) => incoming(theta, sizes, 0, unit));
    const largest = almostLargest(first.weights);
    tiles.paint(units, model.imageShape, largest);
    sayAloud(tiles.element, fill(text.label, { n: count(n), all: count(first.nOut) }));
    say(range, fill(n < first.nOut ? text.largestOfSome : text.largest,
      { n: count(n), all: count(first.nOut), largest: plain(largest, 2) }));
    more.classList.toggle("vacant", first.nOut <= most); // It keeps its place.
    more.setAttribute("aria-pressed", String(all));
    say(more, fill(text.showAll, { all: count(first.nOut) }));
  }

  /** @param {Snapshot} snapshot */
  function showSilent({ figures, sizes }) {
    const hidden = sizes.slice(1, -1);
    const parts = (figures?.dead ?? []).map((n, layer) =>
      fill(text.silentOf, { silent: count(n), n: count(hidden[layer] ?? 0), layer: layer + 1 }));
    say(silent, parts.length && figures?.images ? `${text.silent} ${parts.join("; ")}.` : "");
  }

  return { element, show, showSilent, repaint: () => { if (model) show(model); } };
}

/** @returns {number} units that are shown unless all are asked for: what there is room for */
const few = () => (matchMedia("(max-width: 40rem)").matches ? NARROW : MOST);

/** @returns {Tiles} empty ones at first, so that nothing moves when there is something to see */
function createTiles() {
  const element = h("div", { class: "tiles", role: "img", "aria-label": text.none });
  /** @type {HTMLCanvasElement[]} */ let images = [];
  let named = "";

  /** @param {number} n @param {string[]} names @param {boolean} large */
  function build(n, names, large) {
    if (n === images.length && names.join() === named) return;
    named = names.join();
    images = Array.from({ length: n }, () => h("canvas", { class: "pixelated" }));
    element.replaceChildren(...images.map((image, unit) => h("div", {}, image, names[unit])));
    element.classList.toggle("few", large);
  }

  build(few(), [], false);
  return {
    element,
    build,
    paint: (units, [height, width], largest) =>
      units.forEach((weights, unit) => paintDiverging(images[unit], weights, width, height, largest)),
  };
}

/**
 * The size that all but a few weights have at most: one that is far larger than all others would make them pale.
 * @param {Float32Array} weights
 * @returns {number}
 */
function almostLargest(weights) {
  const every = Math.max(1, Math.floor(weights.length / SAMPLE)) | 1; // odd, lest it meets the same units over and over
  const some = Float32Array.from({ length: Math.ceil(weights.length / every) }, (_, k) => Math.abs(weights[k * every]));
  some.sort();
  return some[Math.floor(0.997 * (some.length - 1))];
}

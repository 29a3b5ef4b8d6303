// What the network in training has become by now: the pictures of its first layer, its silent units, and what it makes
// of one's own drawing.

import { getModel } from "../api.js";
import { calm, fill, h, say } from "../dom.js";
import { forward, layers, parseModel } from "../nn.js";
import { paintDiverging, paintInk } from "../palette.js";
import { judge } from "../answer.js";
import { count, number, percent } from "../scale.js";
import { words } from "../words/en.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../nn.js").Model} Model */
/** @typedef {import("./training.js").Snapshot} Snapshot */

const MOST = 40; // units shown
const FEW = 12; // can be larger
const EVERY = 500; // milliseconds from one look at the network to the next

/**
 * Fetch the network in training when asked, but not more often than twice a second, and only for eyes that see it.
 * @param {() => boolean} may whether there is something to look at
 * @param {(model: Model) => void} take
 */
export function createLook(may, take) {
  let timer = 0;
  let last = -Infinity;
  let looking = false;
  let again = false;
  let closed = false;

  /** Fetch it now; if it was asked for meanwhile, once more later. */
  async function look() {
    timer = 0;
    if (!may()) return;
    looking = true;
    again = false;
    const began = last = performance.now();
    try {
      const model = parseModel(await getModel("training"));
      if (!closed) take(model);
    } catch {
      // There is none yet, or the server is away: the next event asks again.
    }
    last += 5 * (performance.now() - began); // A large network takes its time; it shall not take all of it.
    looking = false;
    if (again) ask();
  }

  /** Ask for a look. */
  function ask() {
    if (closed || !may()) return;
    if (looking || document.hidden || !navigator.onLine) again = true;
    else timer ||= setTimeout(look, Math.max(0, last + (calm() ? 2 : 1) * EVERY - performance.now()));
  }
  /** Look when somebody, or the line, comes back. */
  function back() {
    if (again) ask();
  }
  document.addEventListener("visibilitychange", back);
  addEventListener("online", back);
  return {
    ask,
    close() {
      closed = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", back);
      removeEventListener("online", back);
    },
  };
}

/**
 * The size that all but a few weights have at most: one that is far larger than all others would make them pale.
 * @param {Float32Array[]} units
 * @returns {number}
 */
function almostLargest(units) {
  const every5th = units.flatMap((weights) => Array.from(weights).filter((_, k) => k % 5 === 0));
  const some = Float32Array.from(every5th, Math.abs).sort();
  return some[Math.floor(0.997 * (some.length - 1))];
}

/** The pictures of the first layer's weights. */
export function createWeights() {
  const text = words.learn.weights;
  const tiles = h("div", { class: "tiles", role: "img", "aria-label": text.none });
  const empty = h("p", { class: "empty" }, text.nothing);
  const key = h("p", { class: "row muted small", hidden: true });
  const dead = h("p", { class: "number small" });
  const element = h("section", { class: "card weights", "aria-labelledby": "learn-weights" },
    h("h2", { id: "learn-weights" }, text.title), h("p", { class: "muted small" }, text.about),
    empty, tiles, key, dead);
  const most = h("span", { class: "number" });
  /** @type {HTMLCanvasElement[]} */ let pictures = [];
  let named = "";
  key.append(
    h("span", { class: "legend" }, h("span", { class: "swatch positive" }), text.positive),
    h("span", { class: "legend" }, h("span", { class: "swatch negative" }), text.negative), most);

  /** @param {Model} model */
  function show(model) {
    const [first] = layers(model.theta, model.sizes);
    const [height, width] = model.imageShape;
    const n = Math.min(MOST, first.nOut);
    const names = model.sizes.length === 2 ? model.classes : []; // Without hidden layers, each unit is an answer.
    if (n !== pictures.length || names.join() !== named) {
      named = names.join();
      pictures = Array.from({ length: n }, () => h("canvas", { class: "pixelated" }));
      tiles.replaceChildren(...pictures.map((picture, unit) => h("div", {}, picture, names[unit])));
      tiles.classList.toggle("few", n <= FEW);
    }
    const units = Array.from({ length: n }, (_, unit) =>
      Float32Array.from({ length: first.nIn }, (_, pixel) => first.weights[pixel * first.nOut + unit]));
    const largest = almostLargest(units);
    units.forEach((weights, unit) => paintDiverging(pictures[unit], weights, width, height, largest));
    tiles.setAttribute("aria-label", fill(text.label, { n: count(n), all: count(first.nOut) }));
    say(most, fill(text.largest, { n: count(n), all: count(first.nOut), largest: number(largest, 2) }));
    empty.hidden = true;
    key.hidden = false;
  }

  /** @param {Snapshot} snapshot */
  function showDead({ figures, sizes }) {
    const hidden = sizes.slice(1, -1);
    const layers = (figures?.dead ?? []).map((silent, layer) =>
      fill(text.silentOf, { silent: count(silent), n: count(hidden[layer] ?? 0), layer: layer + 1 }));
    say(dead, layers.length && figures?.images ? `${text.silent} ${layers.join("; ")}.` : "");
  }

  return { element, show, showDead };
}

/**
 * What the network in training makes of the drawing on the pad.
 * @param {App} app
 */
export function createDrawing(app) {
  const text = words.learn.drawing;
  const picture = h("canvas", { class: "pixelated", role: "img", "aria-label": text.picture });
  const answer = h("p", { class: "answer" });
  const bars = h("div", { class: "bars" });
  const judged = h("div", { class: "judged" }, picture, h("div", { class: "beside" }, answer, bars));
  const draw = h("a", { href: app.store.link({ view: "draw" }), onclick: go }, text.draw);
  const empty = h("p", { class: "empty" }, text.nothing, " ", draw);
  const waiting = h("p", { class: "empty" }, text.waiting);
  const element = h("section", { class: "card drawing", "aria-labelledby": "learn-drawing" },
    h("h2", { id: "learn-drawing" }, text.title), h("p", { class: "muted small" }, text.about), empty, waiting, judged);
  /** @type {Model | null} */ let model = null;
  /** @type {{bar: HTMLElement, fill: HTMLElement, share: HTMLElement}[]} */ let rows = [];
  let names = "";

  /** @param {Event} event */
  function go(event) {
    if (event instanceof MouseEvent && (event.ctrlKey || event.metaKey || event.shiftKey)) return;
    event.preventDefault();
    history.pushState(null, "", app.store.link({ view: "draw" }));
    app.store.set({ view: "draw" });
  }

  /** @param {string[]} classes */
  function build(classes) {
    names = classes.join();
    rows = classes.map(() => {
      const inside = h("span");
      const bar = h("span", { class: "bar", "aria-hidden": "true" }, inside);
      return { bar, fill: inside, share: h("span", { class: "number small" }) };
    });
    bars.replaceChildren(...classes.flatMap((name, k) => [h("span", {}, name), rows[k].bar, rows[k].share]));
  }

  /** Judge the drawing anew. */
  function show() {
    const { image, input, prepared, source } = app.reading;
    const blank = source === "pad" && prepared?.problem === "blank";
    empty.hidden = !blank;
    waiting.hidden = blank || model !== null;
    judged.hidden = blank || model === null || model.sizes[0] !== input.length;
    if (judged.hidden || !model) return;
    if (model.classes.join() !== names) build(model.classes);
    const { probabilities } = forward(model, input);
    const [[first, most]] = judge(model, probabilities).guesses;
    paintInk(picture, image, model.imageShape[1], model.imageShape[0], 255);
    const sentence = most >= 0.9 ? text.sure : most >= 0.5 ? text.thinks : text.guesses;
    say(answer, fill(sentence, { name: first, share: percent(most) }));
    model.classes.forEach((name, k) => {
      rows[k].fill.style.transform = `scaleX(${probabilities[k]})`;
      rows[k].bar.classList.toggle("best", name === first);
      say(rows[k].share, percent(probabilities[k]));
    });
  }

  const off = [app.on("reading", show), app.on("theme", show)];
  show();
  return {
    element,
    /** @param {Model | null} now */
    take(now) {
      model = now;
      show();
    },
    dispose: () => off.forEach((stop) => stop()),
  };
}

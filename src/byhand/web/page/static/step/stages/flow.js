// The whole network from left to right, each layer as a grid of its units, with one unit of each chosen.

import { createWatcher, fill, h, say } from "../../elements/dom.js";
import { inputName, unitName } from "../../units/names.js";
import { words } from "../words.js";
import { createGrid, layOut } from "./grid.js";
import { createClasses } from "./parts.js";
import { createWires } from "./wires.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Now} Now */
/**
 * @typedef {object} Shown what the flow shows of a hidden layer
 * @property {Float32Array} values
 * @property {boolean} signed
 * @property {(unit: number) => string} describe a unit's value in words
 * @property {string} note the layer in words
 * @property {number | null} [at] where a guess is asked for: the unit that the keys have come to
 * @property {boolean} [asked] whether it is this layer's unit that is asked for
 */
/**
 * What happens to the units of hidden layers.
 * @typedef {object} Hands
 * @property {(layer: number, unit: number) => void} choose the keys have gone there
 * @property {(layer: number, unit: number) => void} take it was clicked, or named by its number
 */

/**
 * Name a unit, or with layer −1 a pixel.
 * @param {import("../../network/nn.js").Model} model
 * @param {number} layer
 * @param {number} unit
 * @param {boolean} [short] without its layer
 * @returns {string}
 */
export function nameOf(model, layer, unit, short = false) {
  const width = model.imageShape[1];
  if (layer < 0 && short) {
    return fill(words.shortPixel, { row: Math.floor(unit / width) + 1, column: (unit % width) + 1 });
  }
  const last = layer === model.sizes.length - 2;
  if (layer < 0 || (short && !last)) return inputName(layer + 1, unit, width);
  return unitName(layer, unit, last ? model.classes : null);
}

/**
 * A field for the number of a layer's chosen unit.
 * @param {Pick<Lesson, "choose">} lesson
 * @param {number} layer
 */
export function createUnitField(lesson, layer) {
  const field = h("input", { type: "number", min: "1", step: "1", onchange: () => {
    const unit = Math.min(Number(field.max), Math.max(1, Math.round(Number(field.value)) || 1));
    field.value = String(unit);
    lesson.choose(layer, unit - 1);
  } });
  return {
    element: h("label", { class: "switch" }, words.chooseUnit, field),
    /**
     * @param {number} chosen
     * @param {number} units
     */
    update(chosen, units) {
      field.max = String(units);
      if (document.activeElement !== field) field.value = String(chosen + 1);
    },
  };
}

/**
 * A grid of a layer's units with a field for the number of the chosen one.
 * @param {Lesson} lesson
 * @param {number} layer counted from 0, the layer above the image
 * @param {Hands} [hands]
 */
export function createUnits(lesson, layer, hands) {
  const title = fill(words.layer, { layer: layer + 1 });
  const { choose, take } = hands ?? { choose: lesson.choose, take: undefined };
  const grid = createGrid(title, (unit) => choose(layer, unit),
    { lines: true, take: take && ((unit) => take(layer, unit)) });
  const field = createUnitField({ choose: take ?? choose }, layer);
  const note = h("p", { class: "small muted" });
  const value = h("p", { class: "small number" });
  const chosenOne = h("div", { class: "row" }, field.element, value);
  const element = h("div", { class: "layer" }, h("h3", {}, title), grid.element, chosenOne, note);
  return {
    element,
    place: grid.place,
    /** @param {Shown} shown */
    update({ values, signed, describe, note: text, at, asked = false }) {
      const chosen = at === undefined ? lesson.memory.units[layer] : at ?? 0; // The answer is not given away.
      grid.update({ values, ...layOut(values.length), signed, chosen, unmarked: at === null,
        describe: (unit) => fill(words.unitIs, { unit: unit + 1, value: describe(unit) }) });
      element.classList.toggle("asked", asked);
      chosenOne.classList.toggle("unasked", at === null);
      field.update(chosen, values.length);
      say(value, describe(chosen));
      say(note, text);
    },
  };
}

/**
 * The image as a grid of pixels.
 * @param {Lesson} lesson
 * @param {string} title
 */
export function createImage(lesson, title) {
  const grid = createGrid(title, (pixel) => lesson.choose(-1, pixel));
  const note = h("p", { class: "small muted number" });
  return {
    element: h("div", { class: "layer image" }, h("h3", {}, title), grid.element, note),
    place: grid.place,
    /**
     * @param {Now} now
     * @param {ArrayLike<number>} [values] without them the pixels
     * @param {{signed?: boolean, describe?: (pixel: number) => string}} [options]
     */
    update({ model, pass }, values = pass.inputs[0], { signed = false, describe } = {}) {
      const [rows, columns] = model.imageShape;
      const { pixel } = lesson.memory;
      const tell = describe ?? ((at) => `${nameOf(model, -1, at)}: ${values[at].toFixed(4)}`);
      grid.update({ values, rows, columns, signed, chosen: pixel, describe: tell });
      say(note, tell(pixel));
    },
  };
}

/**
 * Image, hidden layers and classes in a row, and the wires between the units chosen.
 * @param {Lesson} lesson
 * @param {{title: string, classes: string, signed: boolean, backwards?: boolean, hands?: Hands}} options
 */
export function createFlow(lesson, { title, classes: classesTitle, signed, backwards = false, hands }) {
  const image = createImage(lesson, words.image);
  const choose = (/** @type {number} */ unit) => lesson.choose(lesson.memory.units.length - 1, unit);
  const classes = createClasses(classesTitle, choose, { signed });
  const wires = createWires();
  /** @type {ReturnType<typeof createUnits>[]} */ let layers = [];
  const row = h("div", { class: `flow ${backwards ? "backwards" : ""}`, role: "group", "aria-label": title });
  const element = h("div", { class: "scroll" }, row);
  /** @type {import("./wires.js").Wire[]} */ let drawn = [];

  /** @param {import("./wires.js").End} end @returns {[number, number]} */
  function place({ layer, unit }) {
    const at = row.getBoundingClientRect();
    const [x, y] = layer < 0 ? image.place(unit) : (layers[layer] ?? classes).place(unit);
    return [x - at.left, y - at.top];
  }

  /** Draw the wires where the units lie now. */
  function wire() {
    const { units, layer } = lesson.memory;
    if (row.isConnected) wires.draw(drawn, place, [backwards, layer, ...units].join());
  }
  createWatcher(wire).observe(row);

  /** Make the layers of a network. @param {number} hidden how many hidden ones there are */
  function build(hidden) {
    layers = Array.from({ length: hidden }, (_, layer) => createUnits(lesson, layer, hands));
    const last = h("div", { class: "layer last" }, h("h3", {}, classesTitle), classes.element);
    const parts = [...(backwards ? [] : [image]), ...layers].map((part) => part.element);
    row.replaceChildren(...parts, last, wires.element);
    row.style.setProperty("--layers", String(parts.length));
    [...parts, last].forEach((part, k, { length }) => part.style.setProperty(
      "--turn", String((backwards ? length - 1 - k : k) / (length - 1)))); // when it appears, if it moves: 0…1
  }

  return {
    element,
    /**
     * @param {Now} now
     * @param {(layer: number) => Shown} show
     * @param {{values: Float32Array, text?: (value: number) => string}} outputs
     * @param {import("./wires.js").Wire[]} lines
     */
    update(now, show, outputs, lines) {
      const hidden = now.model.sizes.length - 2;
      if (layers.length !== hidden || !row.firstChild) build(hidden);
      if (!backwards) image.update(now);
      layers.forEach((layer, k) => layer.update(show(k)));
      classes.update({ names: now.model.classes, values: outputs.values, text: outputs.text, label: now.label,
        chosen: lesson.memory.units[hidden] });
      [...row.querySelectorAll(".layer:not(.image)")].forEach((part, k) =>
        part.classList.toggle("looked-at", k === lesson.memory.layer));
      drawn = lines;
      requestAnimationFrame(wire); // once all has its place
    },
  };
}

/**
 * Write the number of a layer below the line.
 * @param {number} n
 */
export const sub = (n) => String(n).replace(/\d/g, (digit) => "₀₁₂₃₄₅₆₇₈₉"[Number(digit)]);

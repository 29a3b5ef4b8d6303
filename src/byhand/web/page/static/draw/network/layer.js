// One layer as a grid of cells: one stop for the Tab key, arrow keys inside, and a mark on the chosen cell.

import { count, greatest, number, percent } from "../../charts/numbers.js";
import { paintDiverging, paintInk } from "../../charts/paint.js";
import { fill, h, say } from "../../elements/dom.js";
import { MOST_NAMED } from "../../units/arrange.js";
import { createCells } from "../../units/cells.js";
import { unitName } from "../../units/names.js";
import { words } from "../words.js";

/** @typedef {import("./selection.js").Selection} Selection */
/** @typedef {import("../../units/arrange.js").Grid} Grid */
/**
 * @typedef {object} Description of a layer
 * @property {number} layer counted from 0, the first one above the image
 * @property {number} units
 * @property {string[] | null} classes names of the units, if it is the last layer
 * @property {string} activation
 */

const [NARROW, TIGHT] = [140, 100]; // Below so many pixels the heading has one line more, or two.
const text = words.network;

/**
 * @param {Selection} selection
 * @param {Description} description
 */
export function createLayer(selection, { layer, units, classes, activation }) {
  const id = `layer-${layer + 1}`;
  const look = (/** @type {number | null} */ unit) => selection.look(unit === null ? null : { layer, unit });
  const cells = createCells({ id, "aria-labelledby": `${id}-title`, "aria-describedby": "network-status" }, {
    move: look,
    point: look,
    choose: (unit) => selection.keep({ layer, unit }),
    release: selection.release,
  });
  const heading = headingOf(id, layer, units, classes);
  const names = classes && units <= MOST_NAMED
    ? h("div", { class: "names", "aria-hidden": "true" }, classes.map((name) => h("span", {}, name))) : null;
  const element = h("div", { class: classes ? "layer output" : "layer" },
    heading.element, h("div", { class: "row-of-cells" }, cells.element, names));
  /** @type {Grid} */ let shape = { columns: 1, rows: units, cell: 1 };
  /** @type {Float32Array} */ let values = new Float32Array(units);
  let waiting = true;

  /** @param {number} unit */
  function describe(unit) {
    const name = unitName(layer, unit, classes);
    const value = fill(text.unit, { name, value: classes ? percent(values[unit]) : number(values[unit]) });
    return { name, value: waiting ? name : value };
  }

  /**
   * Give the grid its place.
   * @param {Grid} given
   * @param {number | null} width of the layer; null: as wide as there is
   */
  function lay(given, width) {
    shape = given;
    const { columns, rows, cell } = shape;
    cells.lay(shape, units);
    element.style.width = width === null ? "" : `${width}px`;
    element.classList.toggle("narrow", width !== null && width < NARROW);
    element.classList.toggle("tight", !classes && width !== null && width < TIGHT);
    element.classList.toggle("flat", columns > rows);
    Object.assign(cells.element.style, { width: `${columns * cell}px`, height: `${rows * cell}px` });
    cells.element.style.setProperty("--cell", `${cell}px`);
    cells.element.style.setProperty("--clip", clip(shape, units));
    names?.style.setProperty("--cell", `${cell}px`);
  }

  /**
   * Show what the units put out.
   * @param {Float32Array} outputs
   * @param {boolean} nothing whether it means nothing yet
   */
  function show(outputs, nothing) {
    waiting = nothing;
    values = nothing ? new Float32Array(units) : outputs;
    paint();
    if (!classes) say(heading.more, nothing ? "" : moreOf(outputs, activation));
  }

  function paint() {
    const { columns, rows } = shape;
    const outputs = values;
    if (classes || activation === "sigmoid") paintInk(cells.canvas, outputs, columns, rows);
    else if (activation === "tanh") paintDiverging(cells.canvas, outputs, columns, rows, 1);
    else paintInk(cells.canvas, outputs, columns, rows, Math.max(1, greatest(outputs)));
  }

  /**
   * Mark the unit that is looked at.
   * @param {number | null} unit none if it is in another layer
   * @param {boolean} kept
   */
  function mark(unit, kept) {
    const place = unit ?? cells.active;
    cells.mark(place, describe(place).value, { on: unit !== null, kept });
  }

  const isActive = (/** @type {number} */ unit) => values[unit] > 0;
  return { element, canvas: cells.canvas, lay, show, mark, describe, isActive };
}

/**
 * Make the words above a layer. They take their place before the grids do.
 * @param {string} id
 * @param {number} layer
 * @param {number} units
 * @param {string[] | null} classes
 */
function headingOf(id, layer, units, classes) {
  const more = h("span", { class: "more" }, classes ? "" : fill(text.activeUnits, { n: 0 }));
  const figures = fill(classes ? text.classes : units === 1 ? text.oneUnit : text.units, { n: count(units) });
  const name = h("span", {}, classes ? text.output : fill(text.hidden, { layer: layer + 1 }),
    h("span", { class: "hidden-text" }, ":"));
  const element = h("h3", { id: `${id}-title` },
    name, " ", h("span", { class: "muted" }, h("span", {}, figures), " ", more));
  return { element, more };
}

/**
 * Return what cuts the places off the last row in which there is no unit.
 * @param {Grid} grid
 * @param {number} units
 */
function clip({ columns, rows, cell }, units) {
  const [full, over] = [Math.floor(units / columns) * cell, (units % columns) * cell];
  return over && rows > 1
    ? `polygon(0 0, 100% 0, 100% ${full}px, ${over}px ${full}px, ${over}px 100%, 0 100%)` : "none";
}

/**
 * Say how many units say something: of tanh, whose units all do, how many are above zero.
 * @param {ArrayLike<number>} values what the units put out
 * @param {string} activation
 */
function moreOf(values, activation) {
  const least = activation === "sigmoid" ? 0.5 : 0;
  let n = 0;
  for (let k = 0; k < values.length; k++) if (values[k] > least) n++;
  return fill(activation === "tanh" ? text.aboveZero : text.activeUnits, { n: count(n) });
}

// One layer as a grid of cells: one stop for the Tab key, arrow keys inside, and a mark on the chosen cell.

import { MOST_NAMED } from "./arrange.js";
import { fill, h, say } from "../dom.js";
import { greatest, paintDiverging, paintInk } from "../palette.js";
import { count, number, percent } from "../scale.js";
import { words } from "../words/en.js";

/** @typedef {import("./selection.js").Selection} Selection */
/** @typedef {import("./arrange.js").Grid} Grid */
/**
 * @typedef {object} Description of a layer
 * @property {number} layer counted from 0, the first one above the image
 * @property {number} units
 * @property {string[] | null} classes names of the units, if it is the last layer
 * @property {string} activation
 */

const [NARROW, TIGHT] = [140, 100]; // Below so many pixels the heading has one line more, or two.
const text = words.see.network;

/**
 * Say how a unit is called.
 * @param {number} layer counted from 0
 * @param {number} unit counted from 0
 * @param {string[] | null} classes names of the units, if the layer is the last one
 * @returns {string}
 */
export function unitName(layer, unit, classes) {
  return classes ? fill(text.outputUnit, { name: classes[unit] })
    : fill(text.hiddenUnit, { layer: layer + 1, unit: unit + 1 });
}

/**
 * @param {Selection} selection
 * @param {Description} description
 */
export function createLayer(selection, { layer, units, classes, activation }) {
  const id = `layer-${layer + 1}`;
  const canvas = h("canvas", { class: "pixelated", "aria-hidden": "true" });
  const mark = h("div", { class: "mark", role: "option", id: `${id}-unit`, "aria-setsize": units });
  const grid = h("div", {
    class: "cells", id, role: "listbox", tabIndex: 0, "aria-labelledby": `${id}-title`,
    "aria-activedescendant": mark.id, "aria-describedby": "network-status",
    onpointermove: (/** @type {PointerEvent} */ event) => event.pointerType !== "touch" && look(unitAt(event)),
    onpointerleave: (/** @type {PointerEvent} */ event) => event.pointerType !== "touch" && look(null),
    onclick: (/** @type {MouseEvent} */ event) => keep(unitAt(event)),
    onkeydown: press,
    onfocus: () => grid.matches(":focus-visible") && look(active),
    onblur: () => look(null),
  }, canvas, mark);
  const [figures, more] = [h("span"), h("span")];
  const names = classes && units <= MOST_NAMED
    ? h("div", { class: "names", "aria-hidden": "true" }, classes.map((name) => h("span", {}, name))) : null;
  const element = h("div", { class: classes ? "layer output" : "layer" },
    h("h3", { id: `${id}-title` },
      h("span", {}, classes ? text.output : fill(text.hidden, { layer: layer + 1 }),
        h("span", { class: "hidden-text" }, ":")),
      " ", h("span", { class: "muted" }, figures, " ", more)),
    h("div", { class: "row-of-cells" }, grid, names));
  say(figures, fill(classes ? text.classes : units === 1 ? text.oneUnit : text.units, { n: count(units) }));
  say(more, classes ? "" : fill(text.activeUnits, { n: 0 })); // The words take their place before the grids do.
  let active = 0;
  /** @type {Grid} */ let shape = { columns: 1, rows: units, cell: 1 };
  /** @type {Float32Array} */ let values = new Float32Array(units);

  /** @param {number | null} unit */
  const look = (unit) => selection.look(unit === null ? null : { layer, unit });

  /** @param {number | null} unit */
  function keep(unit) {
    if (unit === null) return;
    active = unit;
    selection.keep({ layer, unit });
  }

  /** @param {MouseEvent} event @returns {number | null} */
  function unitAt(event) {
    const box = canvas.getBoundingClientRect();
    const column = Math.floor((event.clientX - box.left) / shape.cell);
    const row = Math.floor((event.clientY - box.top) / shape.cell);
    const unit = row * shape.columns + column;
    return column >= 0 && column < shape.columns && row >= 0 && unit < units ? unit : null;
  }

  /** @param {KeyboardEvent} event */
  function press(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    /** @type {Record<string, number>} */
    const steps = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -shape.columns, ArrowDown: shape.columns };
    if (event.key === "Enter" || event.key === " ") keep(active);
    else if (event.key === "Escape") selection.release();
    else if (event.key === "Home" || event.key === "End") active = event.key === "Home" ? 0 : units - 1;
    else if (event.key in steps) active = within(active + steps[event.key], steps[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
    if (event.key !== "Escape") look(active);
  }

  /** Stay where one is rather than leave the layer. @param {number} unit @param {number} step */
  const within = (unit, step) => (unit >= 0 && unit < units ? unit : unit - step);

  /** @param {number} unit */
  function describe(unit) {
    const name = unitName(layer, unit, classes);
    return fill(text.unit, { name, value: classes ? percent(values[unit]) : number(values[unit]) });
  }

  /**
   * Give the grid its place.
   * @param {Grid} given
   * @param {number | null} width of the layer; null: as wide as there is
   */
  function lay(given, width) {
    shape = given;
    element.style.width = width === null ? "" : `${width}px`;
    element.classList.toggle("narrow", width !== null && width < NARROW);
    element.classList.toggle("tight", !classes && width !== null && width < TIGHT);
    const { columns, rows, cell } = shape;
    grid.style.width = `${columns * cell}px`;
    grid.style.height = `${rows * cell}px`;
    grid.style.setProperty("--cell", `${cell}px`);
    grid.classList.toggle("fine", cell < 6);
    const [full, over] = [Math.floor(units / columns) * cell, (units % columns) * cell];
    grid.style.setProperty("--clip", over && rows > 1
      ? `polygon(0 0, 100% 0, 100% ${full}px, ${over}px ${full}px, ${over}px 100%, 0 100%)` : "none");
    if (names) names.style.setProperty("--cell", `${cell}px`);
    element.classList.toggle("flat", columns > rows);
    mark.style.width = mark.style.height = `${cell}px`;
  }

  /** Show what the units put out. @param {Float32Array} outputs */
  function show(outputs) {
    values = outputs;
    const { columns, rows } = shape;
    if (classes || activation === "sigmoid") paintInk(canvas, outputs, columns, rows);
    else if (activation === "tanh") paintDiverging(canvas, outputs, columns, rows, 1);
    else paintInk(canvas, outputs, columns, rows, Math.max(1, greatest(outputs)));
    if (!classes) say(more, fill(text.activeUnits, { n: count(activeIn(outputs, activation)) }));
  }

  /**
   * Mark the unit that is looked at.
   * @param {number | null} unit none if it is in another layer
   * @param {boolean} kept
   */
  function markUnit(unit, kept) {
    if (unit !== null) active = unit;
    mark.classList.toggle("on", unit !== null);
    mark.classList.toggle("kept", unit !== null && kept);
    const [column, row] = [active % shape.columns, Math.floor(active / shape.columns)];
    mark.style.transform = `translate(${column * shape.cell}px, ${row * shape.cell}px)`;
    mark.setAttribute("aria-selected", String(unit !== null && kept));
    mark.setAttribute("aria-posinset", String(active + 1));
    mark.setAttribute("aria-label", describe(active));
  }

  return { element, canvas, lay, show, mark: markUnit, describe };
}

/**
 * Count the units that say something.
 * @param {ArrayLike<number>} values what the units put out
 * @param {string} activation
 */
function activeIn(values, activation) {
  const least = activation === "sigmoid" || activation === "tanh" ? 0.5 : 0;
  let active = 0;
  for (let k = 0; k < values.length; k++) if (Math.abs(values[k]) > least && (least || values[k] > 0)) active++;
  return active;
}

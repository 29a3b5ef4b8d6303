// A grid of numbers of which one is always chosen: the lesson shows how it came about.

import { greatest } from "../../charts/numbers.js";
import { paintDiverging, paintInk } from "../../charts/paint.js";
import { h } from "../../elements/dom.js";
import { gridShape } from "../../units/arrange.js";
import { createCells } from "../../units/cells.js";

/**
 * @typedef {object} Cells
 * @property {ArrayLike<number>} values row by row
 * @property {number} columns
 * @property {number} rows
 * @property {boolean} [signed] on the diverging scale
 * @property {number} [largest] the value of full colour
 * @property {number} chosen
 * @property {boolean} [unmarked] whether that is not to be seen
 * @property {(index: number) => string} describe a cell in words
 */
/**
 * @typedef {object} Grid
 * @property {HTMLElement} element
 * @property {(cells: Cells) => void} update
 * @property {(cell: number) => [number, number]} place where the middle of a cell lies in the window
 */

/**
 * @param {string} label what the grid shows
 * @param {(index: number) => void} choose
 * @param {{lines?: boolean, take?: (index: number) => void}} [options] lines between the cells; what a click does, or
 *   Enter, if something else than what the arrow keys do
 * @returns {Grid}
 */
export function createGrid(label, choose, { lines = false, take } = {}) {
  const ruled = h("div", { class: "ruled", hidden: !lines });
  let chosen = 0;
  let shape = { columns: 1, rows: 1 };
  const other = (/** @type {number} */ index) => {
    if (index !== chosen) choose(index);
  };
  /** Follow a mouse that is held down. @param {PointerEvent} event */
  function follow(event) {
    const index = event.buttons === 1 && event.pointerType === "mouse" ? grid.at(event) : null;
    if (index !== null) other(index);
  }
  const grid = createCells({ "aria-label": label, onpointermove: follow }, { move: other, choose: take ?? other }, ruled);
  const { element, canvas } = grid;

  return {
    element,
    update(cells) {
      const { values, columns, rows, signed, describe, unmarked } = cells;
      chosen = cells.chosen;
      shape = { columns, rows };
      (signed ? paintDiverging : paintInk)(canvas, values, columns, rows, cells.largest ?? (greatest(values) || 1));
      element.style.setProperty("--ratio", String(columns / rows));
      ruled.style.backgroundSize = `${100 / columns}% ${100 / rows}%`;
      grid.lay({ columns, rows }, values.length);
      grid.mark(chosen, describe(chosen), { on: !unmarked });
    },
    place(cell) {
      const { left, top, width, height } = canvas.getBoundingClientRect();
      const { columns, rows } = shape;
      return [left + (((cell % columns) + 0.5) * width) / columns,
        top + ((Math.floor(cell / columns) + 0.5) * height) / rows];
    },
  };
}

/**
 * Lay out some units.
 * @param {number} units
 * @returns {import("../../units/cells.js").Shape}
 */
export function layOut(units) {
  return gridShape(units, false);
}

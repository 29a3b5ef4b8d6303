// A grid of cells on a canvas of which one is chosen, by pointer, by arrow keys, or by its number. However many cells
// there are, the page holds one option only, the chosen one: it is what a screen reader says.

import { h, say } from "../dom.js";
import { greatest, paintDiverging, paintInk } from "../palette.js";

/**
 * @typedef {object} Cells
 * @property {ArrayLike<number>} values row by row
 * @property {number} columns
 * @property {number} rows
 * @property {boolean} [signed] on the diverging scale
 * @property {number} [largest] the value of full colour
 * @property {number} chosen
 * @property {(index: number) => string} describe a cell in words
 */
/** @typedef {{element: HTMLElement, update: (cells: Cells) => void}} Grid */

let count = 0;

/**
 * @param {string} label what the grid shows
 * @param {(index: number) => void} choose
 * @param {{lines?: boolean}} [options] lines between the cells
 * @returns {Grid}
 */
export function createGrid(label, choose, { lines = false } = {}) {
  const name = `step-grid-${++count}`;
  /** @type {Cells} */ let cells = { values: [], columns: 1, rows: 1, chosen: 0, describe: String };
  const canvas = h("canvas", { class: "pixelated", "aria-hidden": "true", width: 1, height: 1 });
  const ruled = h("div", { class: "ruled", hidden: !lines });
  const mark = h("div", { class: "mark", role: "option", "aria-selected": "true" });
  const element = h("div", {
    class: "cells", role: "listbox", tabIndex: 0, "aria-label": label,
    onkeydown, onclick: onpoint,
    onpointermove: (/** @type {PointerEvent} */ event) => {
      if (event.buttons === 1 && event.pointerType === "mouse") onpoint(event);
    },
  }, canvas, ruled, mark);

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    const { columns, chosen, values } = cells;
    /** @type {Record<string, number>} */
    const moves = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, ArrowUp: chosen - columns,
      ArrowDown: chosen + columns, Home: 0, End: values.length - 1 };
    if (!(event.key in moves) || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    event.stopPropagation();
    const wanted = moves[event.key];
    if (wanted >= 0 && wanted < values.length && wanted !== chosen) choose(wanted);
  }

  /** @param {MouseEvent} event */
  function onpoint(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * cells.columns);
    const row = Math.floor(((event.clientY - top) / height) * cells.rows);
    if (column < 0 || row < 0 || column >= cells.columns || row >= cells.rows) return;
    const wanted = row * cells.columns + column;
    if (wanted < cells.values.length && wanted !== cells.chosen) choose(wanted);
  }

  return {
    element,
    update(now) {
      cells = now;
      const { values, columns, rows, chosen, describe } = cells;
      const largest = cells.largest ?? (greatest(values) || 1);
      const all = columns * rows === values.length ? values : Float32Array.from({ length: columns * rows },
        (_, index) => values[index] ?? 0);
      (cells.signed ? paintDiverging : paintInk)(canvas, all, columns, rows, largest);
      element.style.aspectRatio = `${columns} / ${rows}`;
      ruled.style.backgroundSize = `${100 / columns}% ${100 / rows}%`;
      Object.assign(mark.style, {
        left: `${(100 * (chosen % columns)) / columns}%`, top: `${(100 * Math.floor(chosen / columns)) / rows}%`,
        width: `${100 / columns}%`, height: `${100 / rows}%`,
      });
      mark.id = `${name}-${chosen}`; // A new name for each cell, so that a screen reader reads it out.
      mark.ariaPosInSet = String(chosen + 1);
      mark.ariaSetSize = String(values.length);
      element.setAttribute("aria-activedescendant", mark.id);
      if (!mark.firstChild) mark.append(h("span", { class: "hidden-text" }));
      say(/** @type {Element} */ (mark.firstChild), describe(chosen));
    },
  };
}

/**
 * Lay out some units: wider than high, in full rows if their number allows.
 * @param {number} units
 * @returns {{columns: number, rows: number}}
 */
export function layOut(units) {
  const root = Math.sqrt(units);
  let columns = Math.ceil(root);
  for (let tried = columns; tried <= 2 * root; tried++) {
    if (units % tried === 0) {
      columns = tried;
      break;
    }
  }
  return { columns, rows: Math.ceil(units / columns) };
}

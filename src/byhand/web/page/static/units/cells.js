// A grid of cells on a canvas, one of which is looked at: by pointer, by arrow keys, or by its number. However many
// cells there are, the page holds one option only, the one looked at: it is what a screen reader says.

import { h } from "../elements/dom.js";

/** @typedef {{columns: number, rows: number}} Shape */
/**
 * @typedef {object} Actions what happens to a cell; the same cell may be told again
 * @property {(index: number) => void} move the keys have gone there
 * @property {(index: number) => void} choose it was clicked, or Enter or Space were pressed on it
 * @property {(index: number | null) => void} [point] the pointer or the focus has come to it, or left
 * @property {() => void} [release] Escape was pressed
 */

let made = 0;

/**
 * @param {import("../elements/dom.js").Properties} properties of the grid; it needs a name
 * @param {Actions} actions
 * @param {...import("../elements/dom.js").Child} above what lies between the canvas and the mark
 */
export function createCells(properties, { move, choose, point, release }, ...above) {
  const name = `cells-${++made}`;
  const canvas = h("canvas", { class: "pixelated", "aria-hidden": "true", width: 1, height: 1 });
  const mark = h("div", { class: "mark", role: "option", "aria-selected": "false" });
  const element = h("div", {
    class: "cells", role: "listbox", tabIndex: 0, onkeydown,
    onclick: (/** @type {MouseEvent} */ event) => within(at(event), choose),
    onpointermove: (/** @type {PointerEvent} */ event) => event.pointerType !== "touch" && point?.(at(event)),
    onpointerleave: (/** @type {PointerEvent} */ event) => event.pointerType !== "touch" && point?.(null),
    onfocus: () => element.matches(":focus-visible") && point?.(active),
    onblur: () => point?.(null),
    ...properties,
  }, canvas, ...above, mark);
  /** @type {Shape} */ let shape = { columns: 1, rows: 1 };
  let count = 1;
  let active = 0;

  /** @param {number | null} index @param {(index: number) => void} act */
  const within = (index, act) => {
    if (index !== null) act(index);
  };

  /** @param {MouseEvent} event @returns {number | null} the cell under the pointer */
  function at(event) {
    const { left, top, width, height } = canvas.getBoundingClientRect();
    const column = Math.floor(((event.clientX - left) / width) * shape.columns);
    const row = Math.floor(((event.clientY - top) / height) * shape.rows);
    const index = row * shape.columns + column;
    const inside = column >= 0 && row >= 0 && column < shape.columns && row < shape.rows && index < count;
    return inside ? index : null;
  }

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey) return;
    /** @type {Record<string, number>} */
    const places = { ArrowLeft: active - 1, ArrowRight: active + 1, ArrowUp: active - shape.columns,
      ArrowDown: active + shape.columns, Home: 0, End: count - 1 };
    const to = places[event.key];
    if (to !== undefined) {
      if (to >= 0 && to < count) { // Stay where one is rather than leave the grid.
        active = to; // The mark may follow in the next frame only, and the next key before that.
        move(to);
      }
    } else if (event.key === "Enter" || event.key === " ") choose(active);
    else if (event.key === "Escape" && release) release();
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  return {
    element,
    canvas,
    at,
    get active() { return active; },

    /**
     * Say how the cells lie.
     * @param {Shape} given
     * @param {number} cells how many there are; the last row may be shorter
     */
    lay(given, cells) {
      shape = given;
      count = cells;
      const { columns, rows } = shape;
      Object.assign(mark.style, { width: `${100 / columns}%`, height: `${100 / rows}%` });
      mark.ariaSetSize = String(count);
    },

    /**
     * Put the mark on a cell.
     * @param {number} index
     * @param {string} words that say what the cell holds
     * @param {{on?: boolean, kept?: boolean}} [look] whether the mark is seen, and seen to be kept
     */
    mark(index, words, { on = true, kept = true } = {}) {
      active = index;
      const { columns, rows } = shape;
      mark.style.left = `${(100 * (index % columns)) / columns}%`;
      mark.style.top = `${(100 * Math.floor(index / columns)) / rows}%`;
      mark.classList.toggle("on", on);
      mark.classList.toggle("kept", on && kept);
      mark.ariaSelected = String(on && kept);
      mark.ariaPosInSet = String(index + 1);
      mark.ariaLabel = words;
      mark.id = `${name}-${index}`; // A new name for each cell, so that a screen reader reads it out.
      element.setAttribute("aria-activedescendant", mark.id);
    },
  };
}

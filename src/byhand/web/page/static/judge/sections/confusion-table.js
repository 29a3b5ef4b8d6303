// The table of what was taken for what: a row for what it was, a column for what it was called.

import { h } from "../../elements/dom.js";

const DARKEST = 45; // percent of colour: the number on it stays easy to read

/**
 * @param {string[]} classes
 * @param {{title: string, rows: string, columns: string}} said
 * @returns {{element: HTMLTableElement, cells: HTMLTableCellElement[][]}} cells to fill, row by row
 */
export function createConfusionTable(classes, said) {
  const cells = classes.map(() => classes.map(() => h("td")));
  const long = classes.some((name) => name.length > 2);
  const element = h("table", { class: long ? "confusion long" : "confusion" },
    h("caption", { class: "hidden-text" }, said.title),
    h("thead", {},
      h("tr", {}, h("td", {}), h("th", { scope: "colgroup", colSpan: classes.length, class: "side" }, said.columns)),
      h("tr", {}, h("th", { scope: "col", class: "side" }, said.rows),
        classes.map((name) => h("th", { scope: "col" }, h("span", {}, name))))),
    h("tbody", {}, classes.map((name, row) => h("tr", {},
      h("th", { class: "name", scope: "row", title: name }, name), cells[row]))));
  return { element, cells };
}

/**
 * Colour a cell of mistakes; few shall be seen, too.
 * @param {HTMLElement} cell
 * @param {number} share 0…1 of what has the full colour
 */
export function tint(cell, share) {
  cell.style.setProperty("--share", `${Math.round(DARKEST * Math.sqrt(Math.min(Math.max(share, 0), 1)))}%`);
}

// Which digit the network takes for which: a table of the images set aside, with a shade for every number.

import { count } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */

const text = words.confusion;
const DEEPEST = 45; // percent of colour: on more, the number could not be read

/**
 * @param {string[]} usual the classes until a training says which it has
 * @returns {{element: HTMLElement, show: (snapshot: Snapshot) => void,
 *            showTable: (table: number[][] | null, classes: string[]) => void}}
 */
export function createConfusion(usual) {
  const body = h("tbody");
  const head = h("thead");
  const worst = h("p", { class: "number" });
  const element = h("section", { class: "card", "aria-labelledby": "learn-confusion" },
    h("h2", { id: "learn-confusion" }, text.title), worst, h("div", { class: "scroll" },
      h("table", { class: "confusion" }, h("caption", { class: "small muted" }, text.caption), head, body)));
  /** @type {HTMLTableCellElement[][]} */ let cells = [];
  let names = "";

  /** @param {string[]} classes */
  function build(classes) {
    names = classes.join();
    cells = classes.map(() => classes.map(() => h("td")));
    head.replaceChildren(h("tr", {}, [text.corner, ...classes].map((name) => h("th", { scope: "col" }, name))));
    body.replaceChildren(...classes.map((name, row) => h("tr", {}, h("th", { scope: "row" }, name), cells[row])));
  }

  /** @param {Pick<Snapshot, "figures" | "classes">} snapshot */
  function show({ figures, classes }) {
    showTable(figures?.validation?.confusion ?? null, classes.length ? classes : usual);
  }

  /** @param {number[][] | null} table @param {string[]} classes */
  function showTable(table, classes) {
    if (classes.join() !== names) build(classes);
    let most = { n: 0, is: 0, taken: 0 };
    cells.forEach((row, is) => {
      const total = table?.[is].reduce((sum, n) => sum + n, 0) ?? 0;
      row.forEach((cell, taken) => {
        const n = table?.[is][taken] ?? null;
        paint(cell, n, (n ?? 0) / Math.max(1, total), is === taken);
        if (n !== null && is !== taken && n > most.n) most = { n, is, taken };
      });
    });
    say(worst, !table ? text.nothing : most.n === 0 ? text.perfect : fill(text.worst,
      { n: count(most.n), is: classes[most.is], taken: classes[most.taken] }));
  }

  show({ figures: null, classes: usual });
  return { element, show, showTable };
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {number | null} n null if nothing was counted yet
 * @param {number} share of its row
 * @param {boolean} right whether these were read right
 */
function paint(cell, n, share, right) {
  // A few mistakes shall be seen, too.
  const depth = Math.round(DEEPEST * (right ? share : Math.sqrt(Math.min(1, 4 * share))));
  const look = `${n} ${depth}`;
  if (cell.dataset.look === look) return;
  cell.dataset.look = look;
  cell.textContent = n === null ? "\u00a0" : count(n);
  const colour = `var(--${right ? "positive" : "negative"})`;
  cell.style.backgroundColor = depth ? `color-mix(in srgb, ${colour} ${depth}%, var(--surface))` : "";
  cell.classList.toggle("none", n === 0);
}

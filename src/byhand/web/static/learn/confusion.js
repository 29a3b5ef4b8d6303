// Which digit the network takes for which: a table of the images set aside, with a shade for every number.

import { fill, h, say } from "../dom.js";
import { count } from "../scale.js";
import { words } from "../words/en.js";

/** @typedef {import("./training.js").Snapshot} Snapshot */

const text = words.learn.confusion;
const DEEPEST = 45; // percent of colour: on more, the number could not be read

/** @returns {{element: HTMLElement, show: (snapshot: Snapshot) => void}} */
export function createConfusion() {
  const body = h("tbody");
  const head = h("thead");
  const table = h("table", { class: "confusion", hidden: true },
    h("caption", { class: "small muted" }, text.caption), head, body);
  const empty = h("p", { class: "empty" }, text.nothing);
  const worst = h("p", { class: "number" });
  const element = h("section", { class: "card", "aria-labelledby": "learn-confusion" },
    h("h2", { id: "learn-confusion" }, text.title), empty, worst, h("div", { class: "scroll" }, table));
  /** @type {HTMLTableCellElement[][]} */ let cells = [];
  let names = "";

  /** @param {string[]} classes */
  function build(classes) {
    names = classes.join();
    cells = classes.map(() => classes.map(() => h("td")));
    head.replaceChildren(h("tr", {}, [text.corner, ...classes].map((name) => h("th", { scope: "col" }, name))));
    body.replaceChildren(...classes.map((name, row) => h("tr", {}, h("th", { scope: "row" }, name), cells[row])));
  }

  /** @param {Snapshot} snapshot */
  function show({ figures, classes }) {
    const validation = figures?.validation ?? null;
    empty.hidden = validation !== null;
    table.hidden = worst.hidden = validation === null;
    if (!validation) return;
    if (classes.join() !== names) build(classes);
    let most = { n: 0, is: 0, taken: 0 };
    validation.confusion.forEach((row, is) => {
      const total = row.reduce((sum, n) => sum + n, 0);
      row.forEach((n, taken) => {
        paint(cells[is][taken], n, n / Math.max(1, total), is === taken);
        if (is !== taken && n > most.n) most = { n, is, taken };
      });
    });
    say(worst, most.n === 0 ? text.perfect : fill(text.worst,
      { n: count(most.n), is: classes[most.is], taken: classes[most.taken] }));
  }

  return { element, show };
}

/**
 * @param {HTMLTableCellElement} cell
 * @param {number} n
 * @param {number} share of its row
 * @param {boolean} right whether these were read right
 */
function paint(cell, n, share, right) {
  const words = String(n);
  if (cell.textContent === words && cell.dataset.right === String(right)) return;
  cell.textContent = words;
  cell.dataset.right = String(right);
  // A few mistakes shall be seen, too.
  const depth = Math.round(DEEPEST * (right ? share : Math.sqrt(Math.min(1, 4 * share))));
  const colour = `var(--${right ? "positive" : "negative"})`;
  cell.style.backgroundColor = depth ? `color-mix(in srgb, ${colour} ${depth}%, var(--surface))` : "";
  cell.classList.toggle("none", n === 0);
}

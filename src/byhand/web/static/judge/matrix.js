// The confusion matrix: what each digit was taken for. A cell opens its images.

import { fill, h, say } from "../dom.js";
import { count } from "../scale.js";
import { words } from "../words/en.js";
import { cellImages } from "./figures.js";
import { createSpecimens } from "./specimens.js";
import { roving } from "./roving.js";

/** @typedef {import("./figures.js").Judgement} Judgement */

const MOST = 60; // images of a cell
const DARKEST = 45; // percent of colour: the number on it stays easy to read

/**
 * @param {import("../app.js").App} app
 * @param {Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createMatrix(app, judgement) {
  const { classes } = judgement;
  const said = words.judge.matrix;
  const pictures = createSpecimens(app, judgement);
  const title = h("h3", { tabIndex: -1 });
  const note = h("p", { class: "small muted" });
  const opened = h("div", { class: "opened", hidden: true },
    h("div", { class: "row spread" }, title, h("button", { class: "quiet", onclick: close }, said.close)), note,
    pictures.element);
  const status = h("p", { class: "hidden-text", role: "status" });
  const table = matrixTable(judgement, open);
  /** @type {HTMLElement | null} */ let pressed = null;
  roving(table, "button");

  /**
   * Show the images of a cell.
   * @param {HTMLElement} button
   * @param {number} label
   * @param {number} answer
   */
  async function open(button, label, answer) {
    pressed?.setAttribute("aria-pressed", "false");
    if (pressed === button) return close();
    pressed = button;
    button.setAttribute("aria-pressed", "true");
    const all = cellImages(judgement, label, answer);
    const right = label === answer;
    const values = { was: classes[label], read: classes[answer], n: count(all.length), most: MOST };
    say(title, fill(right ? said.right : all.length === 1 ? said.one : said.wrong, values));
    say(note, [all.length > MOST ? fill(said.most, values) : "", right ? said.leastSure : said.surest, said.click]
      .filter(Boolean).join(" "));
    opened.hidden = false;
    try {
      await pictures.show(all.slice(0, MOST));
      say(status, `${title.textContent}. ${note.textContent}`);
    } catch (error) {
      say(note, error instanceof Error && error.message ? error.message : words.noServer);
    }
  }

  function close() {
    opened.hidden = true;
    pressed?.setAttribute("aria-pressed", "false");
    if (opened.contains(document.activeElement)) pressed?.focus();
    pressed = null;
  }

  const element = h("section", { class: "card matrix", "aria-labelledby": "matrix-title" },
    h("h2", { id: "matrix-title" }, said.title),
    h("p", {}, said.lead),
    h("div", { class: "scroll" }, table),
    h("p", { class: "row" },
      h("span", { class: "legend" }, h("span", { class: "swatch mistake" }), said.legendWrong),
      h("span", { class: "legend" }, h("span", { class: "swatch right" }), said.legendRight)),
    opened, status);
  return { element, dispose: pictures.dispose };
}

/**
 * @param {Judgement} judgement
 * @param {(button: HTMLElement, label: number, answer: number) => void} open
 */
function matrixTable({ classes, confusion_matrix: rows }, open) {
  const said = words.judge.matrix;
  const most = Math.max(1, ...rows.flatMap((row, label) => row.filter((_, answer) => answer !== label)));
  const long = classes.some((name) => name.length > 2);
  return h("table", { class: long ? "confusion long" : "confusion" },
    h("caption", { class: "hidden-text" }, said.title),
    h("thead", {},
      h("tr", {}, h("td", {}), h("th", { scope: "colgroup", colSpan: classes.length, class: "side" }, said.columns)),
      h("tr", {}, h("th", { scope: "col", class: "side" }, said.rows),
        classes.map((name) => h("th", { scope: "col" }, h("span", {}, name))))),
    h("tbody", {}, rows.map((row, label) => h("tr", {}, h("th", { scope: "row" }, classes[label]),
      row.map((n, answer) => cell(n, label, answer))))));

  /**
   * @param {number} n
   * @param {number} label
   * @param {number} answer
   */
  function cell(n, label, answer) {
    const right = label === answer;
    const td = h("td", { class: right ? "right" : n ? "mistake" : "none" });
    if (n === 0) {
      td.append(h("span", { "aria-label": "0", role: "img" }, "·"));
      return td;
    }
    if (!right) td.style.setProperty("--share", `${Math.round(DARKEST * Math.sqrt(n / most))}%`);
    const values = { n: count(n), was: classes[label], read: classes[answer] };
    td.append(h("button", {
      "aria-pressed": "false",
      "data-cell": `${label}-${answer}`,
      "aria-label": fill(right ? said.cellRight : said.cellWrong, values),
      onclick: (/** @type {Event} */ event) => open(/** @type {HTMLElement} */ (event.currentTarget), label, answer),
    }, values.n));
    return td;
  }
}

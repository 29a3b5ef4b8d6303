// The confusion matrix: what each digit was taken for. A cell opens its images.

import { count } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { roving } from "../../elements/roving.js";
import { terms } from "../../elements/terms.js";
import { sentenceOf } from "../../server/api.js";
import { cellImages } from "../arithmetic.js";
import { fromText, toText } from "../link.js";
import { createSpecimens } from "../specimens.js";
import { words } from "../words.js";
import { createConfusionTable, tint } from "./confusion-table.js";

/** @typedef {import("../../server/messages.js").Judgement} Judgement */

const MOST = 60; // images of a cell

/**
 * @param {import("../../page/app.js").App} app
 * @param {Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createMatrix(app, judgement) {
  const { classes } = judgement;
  const { store } = app;
  const said = words.matrix;
  const images = createSpecimens(app, judgement);
  const title = h("h3", { tabIndex: -1 });
  const note = h("p", { class: "small muted" });
  const opened = h("div", { class: "opened", hidden: true },
    h("div", { class: "row spread" }, title, h("button", { class: "quiet", onclick: close }, said.close)), note,
    images.element);
  const status = h("p", { class: "hidden-text", role: "status" });
  const table = matrixTable(judgement, (button, label, answer) => void open(button, label, answer));
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
    remember([label, answer]);
    button.setAttribute("aria-pressed", "true");
    const all = cellImages(judgement, label, answer);
    const right = label === answer;
    const values = { was: classes[label], read: classes[answer], n: count(all.length), most: MOST };
    say(title, fill(right ? said.right : all.length === 1 ? said.one : said.wrong, values));
    say(note, [all.length > MOST ? fill(said.most, values) : "", right ? said.leastSure : said.surest, said.click]
      .filter(Boolean).join(" "));
    opened.hidden = false;
    try {
      await images.show(all.slice(0, MOST));
      say(status, `${title.textContent}. ${note.textContent}`);
    } catch (error) {
      say(note, sentenceOf(error));
    }
  }

  function close() {
    const was = pressed;
    pressed = null;
    was?.setAttribute("aria-pressed", "false");
    if (opened.contains(document.activeElement)) was?.focus();
    opened.hidden = true;
    remember(null);
  }

  /** Let the link say which cell is open. @param {[number, number] | null} cell */
  const remember = (cell) => store.set({ judge: toText({ ...fromText(store.state.judge), cell }) });

  /** Open the cell that the link names. */
  function follow() {
    const cell = fromText(store.state.judge).cell?.join("-");
    const button = /** @type {HTMLElement | null} */ (cell ? table.querySelector(`[data-cell="${cell}"]`) : null);
    if (button !== pressed) (button ?? pressed)?.click();
  }

  follow();
  const stop = store.subscribe((_, changed) => changed.has("judge") && follow());
  const element = h("section", { class: "card matrix", "aria-labelledby": "matrix-title" },
    h("h2", { id: "matrix-title" }, said.title),
    h("p", {}, terms(said.lead)),
    h("div", { class: "scroll" }, table),
    h("p", { class: "row" },
      h("span", { class: "legend" }, h("span", { class: "swatch mistake" }), said.legendWrong),
      h("span", { class: "legend" }, h("span", { class: "swatch right" }), said.legendRight)),
    opened, status);
  return {
    element,
    dispose() {
      stop();
      images.dispose();
    },
  };
}

/**
 * @param {Judgement} judgement
 * @param {(button: HTMLElement, label: number, answer: number) => void} open
 */
function matrixTable({ classes, confusion_matrix: rows }, open) {
  const said = words.matrix;
  const most = Math.max(1, ...rows.flatMap((row, label) => row.filter((_, answer) => answer !== label)));
  const { element, cells } = createConfusionTable(classes, said);
  rows.forEach((row, label) => row.forEach((n, answer) => write(cells[label][answer], n, label, answer)));
  return element;

  /**
   * @param {HTMLElement} td
   * @param {number} n
   * @param {number} label
   * @param {number} answer
   */
  function write(td, n, label, answer) {
    const right = label === answer;
    td.className = right ? "right" : n ? "mistake" : "none";
    if (n === 0) return td.append(h("span", { "aria-label": "0", role: "img" }, "·"));
    if (!right) tint(td, n / most);
    const values = { n: count(n), was: classes[label], read: classes[answer] };
    td.append(h("button", {
      "aria-pressed": "false",
      "data-cell": `${label}-${answer}`,
      "aria-label": fill(right ? said.cellRight : said.cellWrong, values),
      onclick: (/** @type {Event} */ event) => open(/** @type {HTMLElement} */ (event.currentTarget), label, answer),
    }, values.n));
  }
}

// How well each digit is read, seen from both sides: what it was, and what it was called.

import { count, percent } from "../../charts/numbers.js";
import { createBar } from "../../elements/bar.js";
import { fill, h } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Judgement} Judgement */

/**
 * @param {import("../../page/app.js").App} app
 * @param {Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createClasses(app, judgement) {
  const { classes, recall, precision, confusion_matrix: rows } = judgement;
  const said = words.classes;
  const lacks = [...recall, ...precision].flatMap((share) => (share === null ? [] : [1 - share]));
  const most = Math.max(...lacks, 1e-9);
  const element = h("section", { class: "card classes", "aria-labelledby": "classes-title" },
    h("h2", { id: "classes-title" }, said.title),
    example(judgement),
    h("table", { class: "figures" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden-text" }, said.class)),
        [said.images, said.recall, said.precision].map((name) =>
          h("th", { scope: "col", class: "end" }, terms(name))))),
      h("tbody", {}, classes.map((name, k) => h("tr", {},
        h("th", { class: "name", scope: "row", title: name }, name),
        h("td", { class: "end muted" }, count(total(rows[k]))),
        h("td", {}, measure(recall[k], most, fill(said.missed, { n: count(total(rows[k]) - rows[k][k]) }))),
        h("td", {}, measure(precision[k], most,
          fill(said.falsely, { n: count(total(rows.map((row) => row[k])) - rows[k][k]) }))))))),
    h("p", { class: "small muted" }, fill(said.bars, { most: percent(most, 2) })));
  return { element, dispose: () => {} };
}

/**
 * Explain both words by the numbers of one digit: the one whose two shares differ most.
 * @param {Judgement} judgement
 */
function example({ classes, recall, precision, confusion_matrix: rows }) {
  const said = words.classes;
  const gap = (/** @type {number} */ k) => Math.abs((recall[k] ?? 0) - (precision[k] ?? 0));
  const chosen = classes.reduce((best, _, k) => (gap(k) > gap(best) ? k : best), 0);
  const right = rows[chosen][chosen];
  const values = {
    name: classes[chosen],
    right: count(right),
    were: count(total(rows[chosen])),
    called: count(total(rows.map((row) => row[chosen]))),
    recall: share(recall[chosen]),
    precision: share(precision[chosen]),
  };
  return h("dl", { class: "terms" },
    h("div", {}, h("dt", {}, terms(said.recall)), h("dd", {}, fill(said.recallMeans, values))),
    h("div", {}, h("dt", {}, terms(said.precision)), h("dd", {}, fill(said.precisionMeans, values))));
}

/** @param {number[]} counts */
const total = (counts) => counts.reduce((sum, n) => sum + n, 0);

/**
 * @param {number | null} value
 * @returns {string}
 */
function share(value) {
  return value === null ? words.classes.none : percent(value, 2);
}

/**
 * A number with a bar for what it lacks to all, and how many that is: bars of 98 and 99 % would look the same.
 * @param {number | null} value
 * @param {number} most
 * @param {string} lacking
 */
function measure(value, most, lacking) {
  const bar = createBar({ kind: "lack" });
  bar.set((1 - (value ?? 1)) / most);
  return h("span", { class: "measure" }, h("span", { class: "number" }, share(value)),
    h("span", { class: "lacking" }, bar.element, h("span", { class: "number muted" }, lacking)));
}

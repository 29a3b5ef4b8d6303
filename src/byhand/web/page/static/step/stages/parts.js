// Parts that several stages share: the formula with its line of code, a sum whose terms add up, a row for each class.

import { column, count, greatest, rounded, significant } from "../../charts/numbers.js";
import { createWatcher, fill, h, say } from "../../elements/dom.js";
import { words } from "../words.js";
import { enough } from "./digits.js";

const MOST_TERMS = 6; // shown one by one; all others together
const DIGITS = 4; // of the largest number in a sum

/**
 * @typedef {{element: HTMLElement, update: (now: Now) => void, first?: () => HTMLElement | null, asks?: () => boolean,
 *            dispose?: () => void}} Stage `first`: what is said before all else; `asks`: whether that is a question
 */
/** @typedef {NonNullable<import("../lesson.js").Lesson["now"]>} Now */

/**
 * The two halves of a stage: what one sees, and the same worked by hand.
 * @param {(Node | string)[]} figure
 * @param {(Node | string)[]} hand
 * @returns {HTMLElement}
 */
export function halves(figure, hand) {
  return h("div", { class: "halves" }, h("div", { class: "figure" }, figure), h("div", { class: "hand" }, hand));
}

/**
 * Let a table that is too wide scroll within itself. Only then it can be focused, to be scrolled by the arrow keys.
 * @param {HTMLElement} table
 * @param {string} label
 * @returns {HTMLElement}
 */
export function scrolling(table, label) {
  const element = h("div", { class: "scroll" }, table);
  const watch = createWatcher(() => {
    const wide = element.scrollWidth > element.clientWidth;
    for (const [name, value] of Object.entries({ tabindex: "0", role: "region", "aria-label": label })) {
      if (wide) element.setAttribute(name, value);
      else element.removeAttribute(name);
    }
  });
  watch.observe(element);
  watch.observe(table);
  return element;
}

/**
 * Return a chart's height, in sixteenths of a rem: on a phone, room is needed for more than the chart.
 * @param {number} wide
 * @param {number} narrow
 */
export function heightOf(wide, narrow) {
  return matchMedia("(max-width: 40rem)").matches ? narrow : wide;
}

/** The formula, what its letters are, and the lines that compute it. */
export function createFormula() {
  const text = h("p", { class: "formula" });
  const meaning = h("p", { class: "small muted" });
  const source = h("p", { class: "small muted" });
  const code = h("div", { class: "code" });
  return {
    element: h("div", { class: "law" }, text, meaning, source, code),
    /**
     * @param {string} formula
     * @param {string} letters what the letters are, with their shapes
     * @param {string[]} lines
     * @param {string} [file]
     */
    update(formula, letters, lines, file = "network.py") {
      say(text, formula);
      say(meaning, letters);
      say(source, fill(words.inFile, { file }));
      if (code.textContent !== lines.join("")) code.replaceChildren(...lines.map((line) => h("code", {}, line)));
    },
  };
}

/**
 * @typedef {object} Sum
 * @property {string[]} heads of the four columns: from where, factor, factor, product
 * @property {{name: string, one: number, other: number}[]} terms the largest first
 * @property {string} rest "{n} others together"
 * @property {string} restOne the same of one
 * @property {number | null} bias
 * @property {number} total
 * @property {string} totalName
 */

/**
 * A table of products that add up, digit by digit, to its last line.
 * @param {string} caption
 * @returns {{element: HTMLElement, update: (sum: Sum) => void}}
 */
export function createSum(caption) {
  const head = h("thead");
  const body = h("tbody");
  const foot = h("tfoot");
  const title = h("caption", { class: "hidden-text" }, caption);
  const element = scrolling(h("table", { class: "sum" }, title, head, body, foot), caption);
  return {
    element,
    update({ heads, terms, rest, restOne, bias, total, totalName }) {
      const listed = terms.slice(0, terms.length - 1 <= MOST_TERMS ? Math.max(1, terms.length - 1) : MOST_TERMS);
      const largest = Math.max(greatest(listed.map(({ one, other }) => one * other)), Math.abs(total));
      const scale = scaleFor(total, largest);
      const result = scale.round(total);
      const products = listed.map(({ one, other }) => scale.round(one * other));
      const { digits } = enough(products.join(), (places) =>
        listed.map(({ one, other }) => scale.round(rounded(one, places) * rounded(other, places))).join(), DIGITS);
      const ownBias = bias === null ? 0 : scale.round(bias);
      const others = result - ownBias - products.reduce((sum, each) => sum + each, 0);
      const left = terms.length - listed.length;
      head.replaceChildren(h("tr", {}, heads.map((name) => h("th", { scope: "col" }, name))));
      body.replaceChildren(
        ...listed.map(({ name, one, other }, k) => h("tr", {},
          h("th", { scope: "row" }, name), h("td", {}, significant(one, digits)),
          h("td", {}, `× ${significant(other, digits)}`), h("td", {}, scale.text(products[k])))),
        left > 0 ? long(left === 1 ? restOne : fill(rest, { n: count(left) }), scale.text(others)) : "",
        bias === null ? "" : long(words.bias, scale.text(ownBias)));
      foot.replaceChildren(long(totalName, scale.text(result)));
    },
  };
}

/**
 * Find a scale fine enough for the total to be written as everywhere else.
 * @param {number} total
 * @param {number} largest of all numbers in the sum
 */
function scaleFor(total, largest) {
  const write = (/** @type {number} */ digits) => {
    const scale = column(largest, digits);
    return scale.text(scale.round(total));
  };
  const { digits, sign } = enough(significant(total), write, DIGITS);
  return column(largest, sign === "=" && digits < 2 * DIGITS ? digits : DIGITS);
}

/**
 * A row of a table of four columns with a name and one number.
 * @param {string} name
 * @param {string} value
 */
function long(name, value) {
  return h("tr", {}, h("th", { scope: "row", colSpan: 3 }, name), h("td", {}, value));
}

/**
 * A line of an account: what is computed, from which numbers, and the result.
 * @param {string} name
 * @param {string} account
 * @returns {HTMLElement}
 */
export function line(name, account) {
  return h("p", { class: "account" }, h("span", { class: "small muted" }, name), " ",
    h("span", { class: "number" }, account));
}

/**
 * A row for each class: a button that chooses it, a bar, and its number.
 * @param {string} label
 * @param {(unit: number) => void} choose
 * @param {{signed?: boolean}} options with bars to both sides of zero
 */
export function createClasses(label, choose, { signed = false }) {
  /** @type {(Record<"row" | "bar" | "value" | "note", HTMLElement> & {button: HTMLButtonElement})[]} */ let rows = [];
  const element = h("div", { class: `classes ${signed ? "signed" : ""}`, role: "group", "aria-label": label });
  return {
    element,

    /** @param {number} unit @returns {[number, number]} where a class's row begins in the window */
    place(unit) {
      const { left, top, height } = rows[unit].button.getBoundingClientRect();
      return [left, top + height / 2];
    },

    /**
     * @param {object} now
     * @param {string[]} now.names
     * @param {ArrayLike<number>} now.values
     * @param {number} now.chosen
     * @param {number} now.label the right class
     * @param {number} [now.largest] the value of a full bar
     * @param {(value: number, unit: number) => string} [now.text]
     */
    update({ names, values, chosen, label, largest = greatest(values) || 1, text = (value) => significant(value) }) {
      if (rows.length !== names.length || rows.some(({ button }, k) => button.textContent !== names[k])) {
        rows = names.map((name, k) => {
          const [bar, value] = [h("span"), h("span", { class: "number" })];
          const button = h("button", { onclick: () => choose(k) }, name);
          const note = h("span", { class: "small muted" });
          const row = h("div", { class: "class" }, button, h("span", { class: "track" }, bar), value, note);
          return { row, button, bar, value, note };
        });
        element.replaceChildren(...rows.map(({ row }) => row));
      }
      rows.forEach(({ row, button, bar, value, note }, k) => {
        const share = Math.min(1, Math.abs(values[k]) / largest) || 0;
        button.setAttribute("aria-pressed", String(k === chosen));
        say(note, k === label ? words.right : "");
        row.classList.toggle("right", k === label);
        bar.className = values[k] < 0 ? "negative" : "positive";
        bar.style.width = `${(signed ? 50 : 100) * share}%`;
        say(value, text(values[k], k));
      });
    },
  };
}

// The fields of the form, each with its label, what is to be said of it, and how it is read and written.

import { count, number, percent } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { term } from "../../elements/terms.js";
import { Told } from "../../server/api.js";
import { words } from "../words.js";
import { CHANGES, layersFrom } from "./presets.js";

/** @typedef {import("./presets.js").Change} Change */
/**
 * @typedef {object} Control one field of the form
 * @property {HTMLElement} element
 * @property {HTMLInputElement | HTMLSelectElement} input
 * @property {() => unknown} read throws what is Told, in words, if it cannot be read
 * @property {(value: any) => void} write
 */

const text = words.settings;
/** @typedef {{label: string, hint?: string, unit?: string, term?: string}} Field */

/** @type {Record<string, Field>} */ const FIELDS = text.fields;

/**
 * Make a label, the control and what is to be said of it.
 * @param {string} name
 * @param {HTMLInputElement | HTMLSelectElement} input
 */
function field(name, input) {
  const { label, hint, term: word } = FIELDS[name];
  input.id = `learn-${name}`;
  input.name = name;
  const below = hint ? h("span", { class: "hint", id: `learn-${name}-hint` }, hint) : null;
  if (below) input.setAttribute("aria-describedby", below.id);
  return h("div", { class: "field" }, h("div", { class: "labelled" }, h("label", { for: input.id }, label),
    word && term(word, "?", fill(text.means, { label }))), input, below);
}

/**
 * @param {string} name
 * @param {{least?: number, most?: number, whole?: boolean, empty?: string}} rules for whole numbers, least and most;
 *   for others, 0 is too little. `empty`: what an empty field means
 * @returns {Control}
 */
export function numberControl(name, { least = 0, most = Infinity, whole = true, empty }) {
  const input = h("input", {
    type: "number", min: String(least), max: most === Infinity ? undefined : String(most), step: whole ? "1" : "any",
    placeholder: empty, inputMode: whole ? "numeric" : "decimal",
  });
  const rule = whole ? (most === Infinity ? text.notWhole : text.notBetween) : text.notNumber;
  return {
    element: field(name, input),
    input,
    read() {
      const value = input.value.trim() === "" && !input.validity.badInput ? null : input.valueAsNumber;
      if (value === null && empty !== undefined) return null;
      const fits = value !== null && Number.isFinite(value) &&
        (whole ? Number.isInteger(value) && value >= least && value <= most : value > 0);
      if (!fits) throw new Told(fill(rule, { label: FIELDS[name].label, least, most: count(most) }));
      return value;
    },
    write(value) {
      input.value = value === null ? "" : String(value);
    },
  };
}

/**
 * @param {string} name
 * @param {Record<string, string>} choices
 * @returns {Control}
 */
export function choiceControl(name, choices) {
  const input = h("select", {}, Object.entries(choices).map(([value, label]) => h("option", { value }, label)));
  return {
    element: field(name, input),
    input,
    read: () => input.value,
    write(value) {
      if (Object.hasOwn(choices, value)) input.value = value; // A link may say anything.
    },
  };
}

/**
 * @param {{layers: number, units: number}} most
 * @returns {Control} for the sizes of the hidden layers
 */
export function layersControl(most) {
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: false });
  return {
    element: field("layers", input),
    input,
    read() {
      const sizes = layersFrom(input.value);
      const fit = sizes !== null && sizes.length <= most.layers &&
        sizes.every((size) => size >= 1 && size <= most.units);
      if (!fit) throw new Told(fill(text.notLayers, { layers: most.layers, units: count(most.units) }));
      return sizes;
    },
    write(/** @type {number[]} */ sizes) {
      input.value = sizes.join(", ");
    },
  };
}

/**
 * A slider with its value in words beside its label.
 * @param {string} name
 * @param {number} most
 * @param {number} step
 * @param {(value: number) => string} tell
 * @returns {Control & {input: HTMLInputElement}}
 */
export function sliderControl(name, most, step, tell) {
  const input = h("input", { type: "range", min: "0", max: String(most), step: String(step) });
  const element = field(name, input);
  const value = h("output", { class: "number", for: input.id });
  /** @type {Element} */ (element.querySelector("label")).append(" ", value);
  const show = () => say(value, tell(input.valueAsNumber));
  input.addEventListener("input", show);
  return {
    element,
    input,
    read: () => input.valueAsNumber,
    write(now) {
      input.value = String(now);
      show();
    },
  };
}

/**
 * @param {string} name of a change
 * @returns {(value: number) => string}
 */
export function changeText(name) {
  const { unit = "{n}" } = FIELDS[name];
  const digits = CHANGES[/** @type {Change} */ (name)].step < 1 ? 1 : 0;
  return (value) => fill(unit, { n: unit === "{n}" ? percent(value, 0) : number(value, digits) });
}

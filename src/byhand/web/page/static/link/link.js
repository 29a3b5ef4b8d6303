/**
 * The state of the page as a link, so that whoever gets the link sees the same: the view, the settings, the chosen
 * neuron and the drawing itself, stroke by stroke. Only what differs from the start is written. A link comes from
 * anywhere: whatever it says, nothing here fails, and what makes no sense is left out.
 */

import { THICKEST, THINNEST } from "../ink/ink.js";
import { arePairs } from "./pairs.js";
import { USUAL_BRUSH, decodeStrokes, encodeStrokes } from "./strokes.js";

/** @typedef {import("../ink/ink.js").Stroke} Stroke */
/**
 * @typedef {object} State
 * @property {string} view
 * @property {string} model
 * @property {Stroke[]} strokes
 * @property {{part: "train" | "test", index: number} | null} image a chosen image of the data; strokes lie over it
 * @property {boolean} loose whether strokes lie over what no link holds, such as a picture; then none holds them, either
 * @property {boolean} centred whether drawings are centred before they are read
 * @property {{layer: number, unit: number} | null} neuron
 * @property {number} temperature
 * @property {[number, number] | null} why the two classes of "why one and not the other?"
 * @property {number} brush
 * @property {string} theme
 * @property {string} size of the letters
 * @property {string} settings of a training, as learn/form/presets.js writes them
 * @property {string} step what the lesson shows; like settings "name:value,name:value"
 * @property {string} judge what is opened of the judgement
 * @property {string} break what is damaged
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
  view: "draw",
  model: "served",
  strokes: [],
  image: null,
  loose: false,
  centred: true,
  neuron: null,
  temperature: 1,
  why: null,
  brush: USUAL_BRUSH,
  theme: "auto",
  size: "usual",
  settings: "",
  step: "",
  judge: "",
  break: "",
});

/** What may be chosen, and nothing else. */
export const CHOICES = Object.freeze({
  view: ["draw", "learn", "step", "judge", "break"],
  model: ["served", "training"],
  theme: ["auto", "light", "dark"],
  size: ["usual", "large"],
});
const CHOSEN = /** @type {const} */ (["view", "model", "theme", "size"]);
const TEXTS = /** @type {const} */ (["settings", "step", "judge", "break"]);
const [COLDEST, HOTTEST] = [0.01, 100]; // of temperatures
const MOST = 10_000_000; // No layer, unit, class or image has a greater number.

/**
 * Write a state as text for the part of a link after "#".
 * @param {State} state
 * @returns {string} empty if nothing differs from the start
 */
export function encode(state) {
  /** @type {[string, string][]} */
  const parts = [];
  for (const name of CHOSEN) {
    if (state[name] !== DEFAULTS[name] && CHOICES[name].includes(state[name])) {
      parts.push([name, state[name]]);
    }
  }
  if (state.image !== null) {
    parts.push(["image", `${state.image.part}.${state.image.index}`]);
  }
  if (!state.centred) {
    parts.push(["centred", "0"]);
  }
  if (state.neuron !== null) {
    parts.push(["neuron", `${state.neuron.layer}.${state.neuron.unit}`]);
  }
  for (const name of /** @type {const} */ (["temperature", "brush"])) {
    if (state[name] !== DEFAULTS[name]) {
      parts.push([name, String(Math.round(state[name] * 1000) / 1000)]);
    }
  }
  if (state.why !== null) {
    parts.push(["why", state.why.join(".")]);
  }
  for (const name of TEXTS) {
    if (arePairs(state[name])) {
      parts.push([name, state[name]]);
    }
  }
  if (state.strokes.length > 0 && !state.loose) {
    parts.push(["ink", encodeStrokes(state.strokes)]);
  }
  return parts.map((part) => part.join("=")).join("&");
}

/**
 * Read what a link says of the state.
 * @param {string} hash with or without "#"
 * @returns {Partial<State>} only what it says and what makes sense
 */
export function decode(hash) {
  /** @type {Partial<State>} */
  const state = {};
  for (const part of String(hash).replace(/^#/, "").split("&")) {
    const middle = part.indexOf("=");
    const [name, text] = [part.slice(0, Math.max(middle, 0)), part.slice(middle + 1)];
    if (Object.hasOwn(READERS, name)) {
      Object.assign(state, READERS[name](text));
    }
  }
  return state;
}

/**
 * Name in the link → what it says; nothing if that makes no sense.
 * @type {Record<string, (text: string) => Partial<State>>}
 */
const READERS = {
  view: (text) => (CHOICES.view.includes(text) ? { view: text } : {}),
  model: (text) => (CHOICES.model.includes(text) ? { model: text } : {}),
  theme: (text) => (CHOICES.theme.includes(text) ? { theme: text } : {}),
  size: (text) => (CHOICES.size.includes(text) ? { size: text } : {}),
  image: (text) => {
    const [part, index] = [text.split(".", 1)[0], wholeNumbers(text.slice(text.indexOf(".") + 1), 1)];
    return (part === "train" || part === "test") && index ? { image: { part, index: index[0] } } : {};
  },
  centred: (text) => (text === "0" || text === "1" ? { centred: text === "1" } : {}),
  neuron: (text) => {
    const place = wholeNumbers(text, 2);
    return place ? { neuron: { layer: place[0], unit: place[1] } } : {};
  },
  temperature: (text) => {
    const value = decimal(text);
    return value >= COLDEST && value <= HOTTEST ? { temperature: value } : {};
  },
  brush: (text) => {
    const value = decimal(text);
    return value >= THINNEST && value <= THICKEST ? { brush: value } : {};
  },
  why: (text) => {
    const classes = wholeNumbers(text, 2);
    return classes ? { why: [classes[0], classes[1]] } : {};
  },
  ...Object.fromEntries(TEXTS.map((name) =>
    [name, (/** @type {string} */ text) => (arePairs(text) ? { [name]: text } : {})])),
  ink: (text) => ({ strokes: decodeStrokes(text) }),
};

/**
 * Return whole numbers with dots between them; null if they are others, or not as many.
 * @param {string} text
 * @param {number} n
 * @returns {number[] | null}
 */
function wholeNumbers(text, n) {
  const numbers = text.split(".", n + 1).map((digits) => (/^\d{1,8}$/.test(digits) ? Number(digits) : NaN));
  return numbers.length === n && numbers.every((number) => number < MOST) ? numbers : null;
}

/**
 * Return a plain number; NaN if it is none.
 * @param {string} text
 * @returns {number}
 */
function decimal(text) {
  return /^\d{1,4}(\.\d{1,6})?$/.test(text) ? Number(text) : NaN;
}

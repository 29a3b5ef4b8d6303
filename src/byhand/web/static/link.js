/**
 * The state of the page as a link, so that whoever gets the link sees the same: the view, the settings, the chosen
 * neuron and the drawing itself, stroke by stroke. Only what differs from the start is written, and a drawing takes two
 * bytes for most of its points. A link comes from anywhere: whatever it says, nothing here fails, and what makes no
 * sense is left out.
 */

import { PAD, THICKEST, THINNEST, snap } from "./ink.js";

/** @typedef {import("./ink.js").Stroke} Stroke */
/**
 * @typedef {object} State
 * @property {string} view
 * @property {string} model
 * @property {Stroke[]} strokes
 * @property {{part: "train" | "test", index: number} | null} image a chosen image of the data
 * @property {boolean} centred whether drawings are centred before they are read
 * @property {{layer: number, unit: number} | null} neuron
 * @property {number} temperature
 * @property {[number, number] | null} why the two classes of "why one and not the other?"
 * @property {number} brush
 * @property {string} theme
 * @property {string} settings of a training, as learn/presets.js writes them
 */

/** @type {Readonly<State>} */
export const DEFAULTS = Object.freeze({
  view: "draw",
  model: "served",
  strokes: [],
  image: null,
  centred: true,
  neuron: null,
  temperature: 1,
  why: null,
  brush: 20,
  theme: "auto",
  settings: "",
});
export const MOST_STROKES = 200;
export const MOST_POINTS = 20_000;

const NAME = /^[a-z][a-z0-9-]{0,39}$/;
const SETTINGS = /^[a-z_]+:[a-z0-9_.-]+(,[a-z_]+:[a-z0-9_.-]+)*$/;
const MOST_SETTINGS = 400; // characters
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
  for (const name of /** @type {const} */ (["view", "model", "theme"])) {
    if (state[name] !== DEFAULTS[name] && NAME.test(state[name])) {
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
  if (isSettings(state.settings)) {
    parts.push(["settings", state.settings]);
  }
  if (state.strokes.length > 0) {
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
  view: (text) => (NAME.test(text) ? { view: text } : {}),
  model: (text) => (NAME.test(text) ? { model: text } : {}),
  theme: (text) => (NAME.test(text) ? { theme: text } : {}),
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
  settings: (text) => (isSettings(text) ? { settings: text } : {}),
  ink: (text) => ({ strokes: decodeStrokes(text) }),
};

/**
 * Tell whether a text has the form of settings; what they mean is for the view to find out.
 * @param {string} text
 * @returns {boolean}
 */
function isSettings(text) {
  return text.length <= MOST_SETTINGS && SETTINGS.test(text);
}

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

// Strokes ----------------------------------------------------------------------------------------------------------
//
// Of a stroke: 2 · its points, + 1 if it erases; the brush; and the points. Brush and points are in quarters of a
// pixel, each as its difference from the one before. All are whole numbers, seven bits a byte, the low ones first.

/**
 * Write strokes as text.
 * @param {Stroke[]} strokes no more than MOST_POINTS are written
 * @returns {string}
 */
export function encodeStrokes(strokes) {
  /** @type {number[]} */
  const bytes = [];
  let [brush, x, y] = [4 * DEFAULTS.brush, 0, 0];
  let room = MOST_POINTS;
  for (const stroke of strokes.filter(({ points }) => points.length > 0).slice(0, MOST_STROKES)) {
    const points = stroke.points.slice(0, room);
    if (points.length === 0) {
      break;
    }
    room -= points.length;
    writeNumber(bytes, 2 * points.length + Number(stroke.erase));
    const wide = 4 * limited(stroke.brush);
    writeNumber(bytes, signless(wide - brush));
    brush = wide;
    for (const point of points) {
      const [right, down] = [4 * snap(point[0]), 4 * snap(point[1])];
      writeNumber(bytes, signless(right - x));
      writeNumber(bytes, signless(down - y));
      [x, y] = [right, down];
    }
  }
  const text = btoa(bytes.map((byte) => String.fromCharCode(byte)).join(""));
  return text.replace(/\+/g, "-").replace(/\//g, "_").replace(/=+$/, "");
}

/**
 * Read strokes as far as they make sense.
 * @param {string} text
 * @returns {Stroke[]}
 */
export function decodeStrokes(text) {
  const bytes = bytesOf(text);
  /** @type {Stroke[]} */
  const strokes = [];
  let [brush, x, y] = [4 * DEFAULTS.brush, 0, 0];
  let room = MOST_POINTS;
  const reader = { bytes, place: 0 };
  while (reader.place < bytes.length && strokes.length < MOST_STROKES && room > 0) {
    const head = readNumber(reader);
    brush += signed(readNumber(reader));
    /** @type {[number, number][]} */
    const points = [];
    for (let left = Math.min(Math.floor(head / 2), room); left > 0 && reader.place < bytes.length; left--) {
      [x, y] = [x + signed(readNumber(reader)), y + signed(readNumber(reader))];
      if (Number.isNaN(x + y)) {
        break;
      }
      [x, y] = [4 * snap(x / 4), 4 * snap(y / 4)];
      points.push([x / 4, y / 4]);
    }
    if (points.length === 0 || Number.isNaN(brush)) {
      break;
    }
    brush = 4 * limited(brush / 4);
    room -= points.length;
    strokes.push({ brush: brush / 4, erase: head % 2 === 1, points });
  }
  return strokes;
}

/**
 * Return a pen's width as a multiple of 1/4, within what is allowed.
 * @param {number} brush
 * @returns {number}
 */
function limited(brush) {
  return Math.min(Math.max(snap(brush, PAD), THINNEST), THICKEST);
}

/**
 * Return the bytes that base64url stands for, as far as it is base64url.
 * @param {string} text
 * @returns {number[]}
 */
function bytesOf(text) {
  const sound = /^[A-Za-z0-9_-]*/.exec(text)?.[0] ?? "";
  const whole = sound.length % 4 === 1 ? sound.slice(0, -1) : sound; // One letter alone is less than a byte.
  return Array.from(atob(whole.replace(/-/g, "+").replace(/_/g, "/")), (letter) => letter.charCodeAt(0));
}

/**
 * Write a whole number, 0 or more.
 * @param {number[]} bytes
 * @param {number} number
 */
function writeNumber(bytes, number) {
  for (; number > 127; number >>= 7) {
    bytes.push((number & 127) | 128);
  }
  bytes.push(number);
}

/**
 * Read a whole number; NaN where the bytes end, or if it is longer than any that is written.
 * @param {{bytes: number[], place: number}} reader
 * @returns {number}
 */
function readNumber(reader) {
  let number = 0;
  for (let scale = 1; scale < 2 ** 28; scale *= 128) {
    const byte = reader.bytes[reader.place++];
    number += (byte & 127) * scale;
    if (byte === undefined) {
      return NaN;
    }
    if (byte < 128) {
      return number;
    }
  }
  return NaN;
}

/**
 * Return a whole number as one that is not below 0: 0, −1, 1, −2 … become 0, 1, 2, 3 …
 * @param {number} number
 * @returns {number}
 */
function signless(number) {
  return number < 0 ? -2 * number - 1 : 2 * number;
}

/**
 * Return what `signless` was given.
 * @param {number} number
 * @returns {number}
 */
function signed(number) {
  return number % 2 === 1 ? -(number + 1) / 2 : number / 2;
}

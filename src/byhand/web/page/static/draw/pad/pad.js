// The pad: the canvas to draw on, its tools, and the pictures and recordings that can take the drawing's place.

import { paintBytes } from "../../charts/paint.js";
import { fill, h, oncePerFrame, say } from "../../elements/dom.js";
import { PAD } from "../../ink/ink.js";
import { Told, sentenceOf } from "../../server/api.js";
import { shortAnswer } from "../outputs.js";
import { createSheet } from "../sheet/memory.js";
import { words } from "../words.js";
import { fitShown } from "./fit-shown.js";
import { attachPen } from "./pen.js";
import { listenFiles, openPicture } from "./pictures.js";
import { fromText, toText } from "./recording.js";
import { createReplay } from "./replay.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {ReturnType<typeof tools>} Tools */

const [THINNEST, THICKEST, CHANGE] = [6, 40, 2]; // of the pen, in pixels of the pad
const texts = words.pad;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createPad(app) {
  let erasing = false;
  const canvas = h("canvas", {
    width: PAD, height: PAD, class: "pad-canvas", tabIndex: 0, role: "application",
    "aria-label": texts.label, "aria-describedby": "pad-keys",
  });
  const ring = h("span", { class: "pad-cursor", hidden: true, "aria-hidden": "true" });
  const hint = h("span", { class: "pad-hint", "aria-hidden": "true" }, texts.hint);
  const surface = h("div", { class: "pad-surface" }, canvas, hint, ring);
  const short = h("p", { class: "pad-answer", "aria-hidden": "true" }); // #answer says the same, and is read out
  const heard = h("span", { class: "hidden-text", role: "status" });
  const status = h("p", { class: "pad-status small", role: "status" });
  const replay = createReplay(app, (playing) => say(parts.replay, playing ? texts.stop : texts.replay));
  const begin = () => {
    replay.stop();
    tell("");
  };
  const play = () => (replay.playing() ? replay.stop() : replay.play());
  const take = opener(app, begin, (sentence, { bad = false, picture = false } = {}) => {
    tell(sentence, bad);
    opened = picture;
  });
  const parts = tools(app, { begin, erase, take, play });
  const element = h("section", { class: "card pad", "aria-labelledby": "pad-title" },
    h("h2", { id: "pad-title", class: "hidden-text" }, texts.title),
    surface, short, h("p", { id: "pad-keys", class: "hidden-text" }, texts.keys), parts.element, status, heard);

  /**
   * Say something of a picture or a file.
   * @param {string} sentence
   * @param {boolean} [bad]
   */
  function tell(sentence, bad = false) {
    opened = false;
    say(status, sentence);
    status.classList.toggle("bad", bad);
    status.classList.toggle("notice", bad);
  }

  let opened = false; // whether what is said is about the picture shown
  /** Change between pen and eraser. */
  function erase() {
    erasing = !erasing;
    parts.eraser.setAttribute("aria-pressed", String(erasing));
    surface.classList.toggle("erasing", erasing);
  }

  /** @param {number} change of the pen's width, in pixels of the pad */
  function resize(change) {
    app.store.set({ brush: Math.min(THICKEST, Math.max(THINNEST, app.store.state.brush + change)) });
  }

  /** Paint what there is. */
  const paint = oncePerFrame(() => {
    if (opened && !app.picture) tell("");
    paintBytes(canvas, fitShown(app).pixels, PAD, PAD);
    const blank = !app.picture && !app.sample && app.reading.prepared?.problem === "blank";
    hint.hidden = !blank;
    surface.classList.toggle("pixelated", app.sample !== null);
    parts.undo.setAttribute("aria-disabled", String(!app.canUndo));
    parts.clear.setAttribute("aria-disabled", String(blank && app.store.state.strokes.length === 0));
  });

  /** Show the pen's width. */
  function brush() {
    const { brush: wide } = app.store.state;
    parts.brush.value = String(wide);
    say(parts.width, String(wide));
    ring.style.width = `${(100 * wide) / PAD}%`;
  }

  attachPen(canvas, app, {
    erasing: () => erasing,
    begin,
    toggled: (down) => say(heard, down ? texts.penDown : texts.penUp),
    cursor(point, down) {
      ring.hidden = point === null;
      ring.classList.toggle("down", down);
      if (point) Object.assign(ring.style, { left: `${(100 * point[0]) / PAD}%`, top: `${(100 * point[1]) / PAD}%` });
    },
  });
  const stops = [
    app.on("reading", () => say(short, shortAnswer(app))),
    app.on("ink", () => {
      if (app.picture || app.sample) replay.stop();
      paint(null);
    }),
    app.on("theme", () => paint(null)),
    app.store.subscribe((state, changed) => {
      if (changed.has("brush")) brush();
      if (changed.has("strokes")) replay.stop();
    }),
    listenFiles(take, (over) => element.classList.toggle("dropping", over)),
    app.keys.listen({
      z: () => parts.undo.click(), "Ctrl+z": () => parts.undo.click(), c: () => parts.clear.click(), e: erase,
      "[": () => resize(-CHANGE), "]": () => resize(CHANGE),
    }),
    replay.stop,
    app.penUp,
  ];
  brush();
  paint(null);
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * Make what takes a file that was chosen, dropped or pasted: a picture or recorded strokes.
 * @param {App} app
 * @param {() => void} begin called before something else is shown
 * @param {(sentence: string, about?: {bad?: boolean, picture?: boolean}) => void} tell
 * @returns {(file: File) => void}
 */
function opener(app, begin, tell) {
  const sheet = app.once(createSheet);
  let newest = 0; // Only the file chosen last is shown, whichever is ready first.

  /** @param {File} file @returns {Promise<() => void>} shows what is in it */
  async function open(file) {
    if (/json/.test(file.type) || /\.json$/i.test(file.name)) {
      const strokes = fromText(await file.text());
      if (strokes === null) throw new Told(texts.notStrokes);
      return () => {
        app.setStrokes(strokes);
        tell(fill(texts.loaded, { n: strokes.length }));
      };
    }
    tell(texts.opening);
    const { picture, words: said, page } = await openPicture(file, app.store.state.centred);
    return () => {
      app.usePicture(picture);
      tell(said, { picture: true });
      if (page) void sheet.read(page.file, page.canvas, file.name || texts.pasted);
      else sheet.close();
    };
  }

  /** @param {File} file */
  async function take(file) {
    const mine = ++newest;
    begin();
    try {
      const show = await open(file);
      if (mine === newest) show();
    } catch (error) {
      if (mine === newest) tell(sentenceOf(error), { bad: true });
    }
  }
  return (file) => void take(file);
}

/**
 * Make the buttons under the pad.
 * @param {App} app
 * @param {{begin: () => void, erase: () => void, take: (file: File) => void, play: () => void}} actions
 */
function tools(app, { begin, erase, take, play }) {
  const act = (/** @type {() => void} */ action) => () => {
    begin();
    action();
  };
  const undo = h("button", { type: "button", onclick: act(app.undo) }, texts.undo);
  const clear = h("button", { type: "button", onclick: act(app.clear) }, texts.clear);
  const eraser = h("button", { type: "button", "aria-pressed": "false", onclick: erase }, texts.eraser);
  const brush = h("input", {
    type: "range", id: "brush", min: String(THINNEST), max: String(THICKEST), step: "1",
    oninput: () => app.store.set({ brush: Number(brush.value) }),
  });
  const width = h("output", { class: "number small", for: "brush" });
  const picture = chooser("image/*", take);
  const strokes = chooser(".json,application/json", take);
  const replay = h("button", { type: "button", onclick: play }, texts.replay);
  const button = (/** @type {string} */ name, /** @type {() => void} */ action) =>
    h("button", { type: "button", onclick: action }, name);
  const element = h("div", { class: "pad-tools" },
    h("div", { class: "row" }, undo, clear, eraser),
    h("div", { class: "pad-brush" }, h("label", { for: "brush" }, texts.brush), brush, width),
    h("div", { class: "row pad-files" }, button(texts.open, () => picture.click()), picture,
      h("details", { class: "pad-more" }, h("summary", {}, texts.more),
        h("div", { class: "row" }, replay, button(texts.save, () => save(app)),
          button(texts.load, () => strokes.click()), strokes),
        h("p", { class: "muted small" }, texts.moreHint))),
    h("p", { class: "muted small pad-drop" }, texts.openHint));
  return { element, undo, clear, eraser, brush, width, replay };
}

/**
 * Make the hidden field behind a button that opens a file.
 * @param {string} accept
 * @param {(file: File) => void} take
 * @returns {HTMLInputElement}
 */
function chooser(accept, take) {
  const field = h("input", {
    type: "file", accept, hidden: true,
    onchange: () => {
      const file = field.files?.[0];
      field.value = ""; // so that the same file can be chosen again
      if (file) take(file);
    },
  });
  return field;
}

/**
 * Give the strokes away as a file.
 * @param {App} app
 */
function save(app) {
  const address = URL.createObjectURL(new Blob([toText(app.store.state.strokes)], { type: "application/json" }));
  h("a", { href: address, download: texts.fileName }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

// What one draws on: the canvas with the pen's ring, and the tools that every pad has.

import { paintBytes } from "../../charts/paint.js";
import { h, oncePerFrame, say } from "../../elements/dom.js";
import { PAD } from "../../ink/ink.js";
import { readsDigits } from "../../network/subject.js";
import { words } from "../words.js";
import { fitShown } from "./fit-shown.js";
import { attachPen } from "./pen.js";

/** @typedef {import("../../page/app.js").App} App */

const [THINNEST, THICKEST, CHANGE] = [6, 40, 2]; // of the pen, in pixels of the pad
const texts = words.pad;

/**
 * @param {App} app
 * @param {() => void} [begin] told before anything is drawn, taken back or cleared
 * @returns {{element: HTMLElement, tools: HTMLElement[], dispose: () => void}} with the rows of buttons, and of the pen
 */
export function createSurface(app, begin = () => {}) {
  let erasing = false;
  const canvas = h("canvas", {
    width: PAD, height: PAD, class: "pad-canvas", tabIndex: 0, role: "application",
    "aria-label": texts.label, "aria-describedby": "pad-keys",
  });
  const ring = h("span", { class: "pad-cursor", hidden: true, "aria-hidden": "true" });
  const hint = h("span", { class: "pad-hint", "aria-hidden": "true" });
  const surface = h("div", { class: "pad-surface" }, canvas, hint, ring);
  const heard = h("span", { class: "hidden-text", role: "status" });
  const reach = h("div", { class: "pad-reach" }, surface);
  const element = h("div", {}, reach, h("p", { id: "pad-keys", class: "hidden-text" }, texts.keys), heard);
  const parts = tools(app, { begin, erase });

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
    paintBytes(canvas, fitShown(app).pixels, PAD, PAD);
    const blank = !app.picture && !app.sample && app.reading.prepared?.problem === "blank";
    hint.hidden = !blank;
    say(hint, readsDigits(app.model) ? texts.hint : texts.hintOther);
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

  const detach = attachPen(canvas, reach, app, {
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
    app.on("ink", () => paint(null)),
    app.on("theme", () => paint(null)),
    app.on("model", () => paint(null)),
    app.store.subscribe((_, changed) => {
      if (changed.has("brush")) brush();
    }),
    app.keys.listen({
      z: () => parts.undo.click(), "Ctrl+z": () => parts.undo.click(), c: () => parts.clear.click(), e: erase,
      "[": () => resize(-CHANGE), "]": () => resize(CHANGE),
    }),
    app.penUp,
    detach,
  ];
  brush();
  paint(null);
  return { element, tools: parts.rows, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * Make the tools that every pad has.
 * @param {App} app
 * @param {{begin: () => void, erase: () => void}} actions
 */
function tools(app, { begin, erase }) {
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
  const rows = [
    h("div", { class: "row" }, undo, clear, eraser),
    h("div", { class: "pad-brush" }, h("label", { for: "brush" }, texts.brush), brush, width),
  ];
  return { rows, undo, clear, eraser, brush, width };
}

// How a drawing becomes what the network sees: its box, its centre of mass, and the 28×28 pixels that are left of it.

import { paintBytes } from "../charts/paint.js";
import { fill, h, say, svg } from "../elements/dom.js";
import { PAD } from "../ink/ink.js";
import { SIDE } from "../ink/prepare.js";
import { fitShown } from "./pad/fit-shown.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../ink/ink.js").Box} Box */

const FRAME = 4; // Pixels of paper around the 20×20 that a digit is fitted into.
const MIDDLE = 14.5; // The middle of pixel 14, counted from 0, where the centre of mass goes.
const texts = words.prepared;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createPrepared(app) {
  const hand = view(PAD, texts.handLabel);
  const box = svg("rect", { class: "mark" });
  const mass = svg("path", { class: "mark" });
  hand.marks.append(box, mass);
  const small = view(SIDE, texts.smallLabel);
  small.marks.append(...grid());
  const handName = h("span");
  const marks = h("span", { class: "muted" });
  const left = h("figure", {}, hand.element, h("figcaption", { class: "small" },
    handName, marks));
  const right = h("figure", {}, small.element, h("figcaption", { class: "small" }, h("span", {}, texts.small)));
  const story = h("p", { class: "small prepared-story" });
  const centred = h("input", {
    type: "checkbox", id: "centred", role: "switch", onchange: () => app.store.set({ centred: centred.checked }),
  });
  const always = h("span", { class: "muted small", id: "centred-always" });
  centred.setAttribute("aria-describedby", always.id);
  const element = h("section", { class: "card prepared", "aria-labelledby": "prepared-title" },
    h("h2", { id: "prepared-title" }, texts.title),
    h("div", { class: "prepared-pictures" }, left, right), story,
    h("div", { class: "prepared-switch" },
      h("label", { class: "switch", for: "centred" }, centred, texts.switch), always,
      h("p", { class: "muted small" }, texts.why)));

  /** Show what is read now. */
  function show() {
    const { source, image, prepared, touched } = app.reading;
    const photo = touched ? undefined : app.picture?.photo;
    const still = touched && (app.sample !== null || app.picture?.photo !== undefined);
    left.hidden = source === "sample";
    if (source !== "sample") {
      const fit = fitShown(app);
      paintBytes(hand.canvas, fit.pixels, PAD, PAD);
      const found = photo ? photo.box : prepared?.fitted?.box ?? null;
      const middle = prepared?.mass ?? null;
      place(box, found && boxOf(found, fit));
      place(mass, middle && { d: cross(...pointOf(middle, fit), 9) });
      say(marks, found ? (middle ? texts.both : texts.box) : middle ? texts.mass : "");
    }
    paintBytes(small.canvas, image, SIDE, SIDE);
    say(handName, touched ? texts.handOver : source === "picture" ? texts.picture : texts.hand);
    say(story, tell(app));
    centred.checked = app.store.state.centred;
    centred.disabled = source === "sample" || Boolean(photo) || still;
    say(always, still ? texts.alwaysStill : photo ? texts.alwaysPhoto : source === "sample" && app.samplePart !== null ? texts.alwaysSample : "");
  }

  const stops = [
    app.on("reading", show),
    app.on("theme", show),
    app.keys.listen({ m: () => centred.click() }),
  ];
  show();
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * Make a picture with marks upon it.
 * @param {number} side
 * @param {string} label
 */
function view(side, label) {
  const canvas = h("canvas", { width: side, height: side, class: "pixelated", role: "img", "aria-label": label });
  const marks = svg("svg", { viewBox: `0 0 ${side} ${side}`, "aria-hidden": "true", focusable: "false" });
  return { canvas, marks, element: h("div", { class: "prepared-picture" }, canvas, marks) };
}

/** Make the faint lines between 28×28 pixels, the frame of 20×20 and the cross where the centre of mass goes. */
function grid() {
  const lines = Array.from({ length: SIDE - 1 }, (_, k) => `M${k + 1} 0V${SIDE}M0 ${k + 1}H${SIDE}`).join("");
  const side = SIDE - 2 * FRAME;
  return [
    svg("path", { class: "grid", d: lines }),
    svg("rect", { class: "mark", x: FRAME, y: FRAME, width: side, height: side }),
    svg("path", { class: "mark", d: cross(MIDDLE, MIDDLE, 1.2) }),
  ];
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} arm
 * @returns {string} the path of a cross
 */
function cross(x, y, arm) {
  return `M${x - arm} ${y}H${x + arm}M${x} ${y - arm}V${y + arm}`;
}

/**
 * Give a mark its place, or hide it.
 * @param {SVGElement} mark
 * @param {Record<string, string | number> | null} attributes
 */
function place(mark, attributes) {
  mark.toggleAttribute("hidden", attributes === null);
  for (const [name, value] of Object.entries(attributes ?? {})) mark.setAttribute(name, String(value));
}

/**
 * @param {[number, number]} point in pixels of what was prepared
 * @param {import("../charts/paint.js").Fit} fit
 * @returns {[number, number]} in pixels of the pad
 */
function pointOf([x, y], { scale, left, top }) {
  return [left + scale * x, top + scale * y];
}

/**
 * @param {Box} box in pixels of what was prepared
 * @param {import("../charts/paint.js").Fit} fit
 */
function boxOf(box, fit) {
  const [x, y] = pointOf([box[0], box[1]], fit);
  return { x, y, width: fit.scale * (box[2] - box[0]), height: fit.scale * (box[3] - box[1]) };
}

/**
 * Say in words what was done to the drawing.
 * @param {App} app
 * @returns {string}
 */
function tell(app) {
  const { prepared, label, touched } = app.reading;
  const { picture, sample, model } = app;
  if (touched && (sample || picture?.photo)) return prepared?.mass ? texts.over : texts.blank;
  if (sample) {
    if (app.samplePart === null) return texts.given;
    const test = app.samplePart !== "train";
    const name = label === null ? "" : model.classes[label] ?? label;
    return fill(test ? texts.sample : texts.sampleTrain, { index: sample.index, label: name });
  }
  if (picture?.photo) return texts.photo;
  if (!prepared?.mass) return texts.blank;
  if (!prepared.fitted) return texts.whole;
  const { box, strokeWidth, thickened } = prepared.fitted;
  const sentences = [
    fill(texts.size, { width: box[2] - box[0], height: box[3] - box[1] }),
    moved(prepared.mass, touched || !picture ? { width: PAD, height: PAD } : picture),
  ];
  if (thickened !== 0) {
    sentences.push(fill(thickened > 0 ? texts.thicker : texts.thinner, { width: strokeWidth.toFixed(1) }));
  }
  return sentences.join(" ");
}

/**
 * Say where the centre of mass lies.
 * @param {[number, number]} mass
 * @param {{width: number, height: number}} size
 * @returns {string}
 */
function moved(mass, { width, height }) {
  const [across, down] = [Math.round(mass[0] - width / 2), Math.round(mass[1] - height / 2)];
  if (across === 0 && down === 0) return texts.centred;
  const where = [
    across !== 0 && fill(across < 0 ? texts.left : texts.right, { n: Math.abs(across) }),
    down !== 0 && fill(down < 0 ? texts.above : texts.below, { n: Math.abs(down) }),
  ].filter(Boolean);
  return fill(texts.moved, { where: where.join(texts.and) });
}

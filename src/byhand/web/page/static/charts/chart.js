// Charts in SVG. A chart is drawn anew when its width changes and never stretched; its unit is a sixteenth of a rem, so
// that its letters, dots and margins grow with all other letters, from a phone to a projector.

import { h, sayAloud, svg } from "../elements/dom.js";
import { linear, logarithmic, logTicks, path, roomy, ticks, tickText } from "./scale.js";

/**
 * @typedef {object} Chart
 * @property {HTMLElement} element
 * @property {() => void} redraw
 * @property {(words: string) => void} describe it for who does not see it
 * @property {() => void} dispose
 */
/**
 * @typedef {object} Axis
 * @property {[number, number]} range
 * @property {string} title empty: what it shows is said beside the chart
 * @property {(value: number, step: number) => string} [text] of a tick; `step` is the distance of ticks
 * @property {number[]} [ticks] round numbers, if not given
 * @property {boolean} [log] whether it grows tenfold from one line to the next; its range is above 0 then
 */
/**
 * Where values lie between the axes, and the axes themselves.
 * @typedef {object} Frame
 * @property {(value: number) => number} x
 * @property {(value: number) => number} y
 * @property {number} left
 * @property {number} right
 * @property {number} top
 * @property {number} bottom
 * @property {SVGElement[]} parts
 */

const [RIGHT, TOP, BOTTOM] = [14, 32, 48]; // margins
const [LINE, HALF_A_LINE] = [22, 10]; // What an axis without a title saves, and what is left then.
const LEAST_LEFT = 46;
const LETTER = 7.2; // the width of a digit, rather too much than too little
const AIR = 10; // between the texts of two ticks
const WIDTH_OF_TICK = 66; // A tick's text and some air; wider texts are thinned out.
const HEIGHT_OF_TICK = 38;

/**
 * Make a chart.
 * @param {number | null} fixed height in sixteenths of a rem; null: as high as the style sheet makes it
 * @param {(width: number, height: number) => SVGElement[]} draw in the same unit
 * @returns {Chart}
 */
export function createChart(fixed, draw) {
  const picture = svg("svg", { class: "chart", role: "img" });
  const element = h("div", { class: fixed === null ? "plot filled" : "plot" }, picture);
  let [width, height] = [0, fixed ?? 0];
  // Before it is drawn, too: a chart that grew by being drawn would change the size that it is drawn for.
  if (fixed !== null) picture.style.setProperty("--height", `${fixed / 16}rem`);

  function redraw() {
    if (width <= 0 || height <= 0) return;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.replaceChildren(...draw(width, height));
  }

  const observer = new ResizeObserver(([{ contentRect }]) => {
    const unit = parseFloat(getComputedStyle(document.documentElement).fontSize) / 16 || 1;
    const [across, down] = [contentRect.width, contentRect.height].map((side) => Math.round((10 * side) / unit) / 10);
    if (across === width && (fixed !== null || down === height)) return;
    [width, height] = [across, fixed ?? down];
    redraw();
  });
  observer.observe(element);
  return {
    element,
    redraw,
    describe: (words) => sayAloud(picture, words),
    dispose: () => observer.disconnect(),
  };
}

/**
 * Draw axes with ticks, and tell where values lie between them.
 * @param {number} width
 * @param {number} height
 * @param {Axis} horizontal
 * @param {Axis} vertical
 * @returns {Frame}
 */
export function axes(width, height, horizontal, vertical) {
  const [top, bottom, right] = [vertical.title ? TOP : HALF_A_LINE,
    height - (horizontal.title ? BOTTOM : BOTTOM - LINE), width - RIGHT];
  const up = ticksOf(vertical, (bottom - top) / HEIGHT_OF_TICK);
  const left = Math.max(LEAST_LEFT, 10 + LETTER * Math.max(0, ...up.map(({ words }) => words.length)));
  const x = scaleOf(horizontal, [left, right]);
  const across = apart(horizontal, x, (right - left) / WIDTH_OF_TICK);
  const y = scaleOf(vertical, [bottom, top]);
  return {
    x, y, left, right, top, bottom,
    parts: [
      ...up.flatMap(({ value, words }) => [line(left, y(value), right, y(value), "axis"),
        text(left - 8, y(value) + 4, words, "end")]),
      line(left, bottom, right, bottom, "axis base"),
      ...across.flatMap(({ value, words }) => [line(x(value), bottom, x(value), bottom + 5, "axis base"),
        text(x(value), bottom + 20, words, "middle")]),
      ...(vertical.title ? [text(0, 14, vertical.title, "start")] : []),
      ...(horizontal.title ? [text(right, bottom + 42, horizontal.title, "end")] : []),
    ],
  };
}

/**
 * @param {Axis} axis
 * @param {[number, number]} to
 */
function scaleOf({ range, log = false }, to) {
  return log ? logarithmic(range, to) : linear(range, to);
}

/**
 * @param {Axis} axis
 * @param {number} room how many ticks there is room for
 * @returns {{value: number, words: string}[]}
 */
function ticksOf({ range, log = false, ticks: given, text: write = tickText }, room) {
  const all = given ?? (log ? roomy(logTicks(...range), room) : ticks(...range, Math.max(2, room)));
  const step = all.length > 1 ? all[1] - all[0] : 1;
  return all.map((value) => ({ value, words: write(value, log ? value : step) }));
}

/**
 * Return ticks whose texts, side by side, do not touch.
 * @param {Axis} axis
 * @param {(value: number) => number} x
 * @param {number} room how many ticks there is room for, if their texts are short
 * @returns {{value: number, words: string}[]}
 */
function apart(axis, x, room) {
  const found = ticksOf(axis, room);
  const touch = found.some(({ value, words }, k) => k > 0
    && x(value) - x(found[k - 1].value) < (LETTER * (words.length + found[k - 1].words.length)) / 2 + AIR);
  return touch && !axis.ticks && room > 2 ? apart(axis, x, room / 1.5) : found;
}

/**
 * Write a tick of an axis of shares.
 * @param {number} share
 * @param {number} step
 * @returns {string}
 */
export const percentTick = (share, step) => `${tickText(100 * share, 100 * step)}\u00a0%`;

/**
 * Draw a line through points; it is broken where a number is missing, and a lone point is a dot.
 * @param {ArrayLike<number | null>} xs
 * @param {ArrayLike<number | null>} ys
 * @param {Pick<Frame, "x" | "y">} frame
 * @param {string} [kind] classes
 * @returns {SVGElement}
 */
export function plot(xs, ys, { x, y }, kind = "") {
  return svg("path", { class: `line ${kind}`.trim(), d: path(xs, ys, x, y) });
}

/**
 * Draw a value that is worth a line of its own, with its words above it at the right.
 * @param {number} value on the vertical axis
 * @param {string} words
 * @param {Frame} frame
 * @returns {SVGElement[]} none if it lies outside
 */
export function mark(value, words, { y, left, right, top, bottom }) {
  const at = y(value);
  if (!(at > top && at < bottom)) return [];
  return [line(left, at, right, at, "mark"), text(right, at - 6, words, "end", "halo")];
}

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} kind classes
 * @returns {SVGElement}
 */
export function line(x1, y1, x2, y2, kind) {
  return svg("line", { x1, y1, x2, y2, class: kind });
}

/**
 * @param {number} x
 * @param {number} y
 * @param {string} words
 * @param {"start" | "middle" | "end"} anchor
 * @param {string} [kind] classes
 * @returns {SVGElement}
 */
export function text(x, y, words, anchor, kind) {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} kind classes
 * @returns {SVGElement}
 */
export function dot(x, y, r, kind) {
  return svg("circle", { cx: x, cy: y, r, class: kind });
}

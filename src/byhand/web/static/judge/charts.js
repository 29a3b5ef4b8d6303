// Charts in SVG for the views that judge and break. A chart is drawn anew when its width changes, never scaled: its
// letters have the same size on a phone and on a projector.

import { h, svg } from "../dom.js";
import { linear, tickText, ticks } from "../scale.js";

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
 * @property {string} title
 * @property {(value: number, step: number) => string} [text] of a tick; `step` is the distance of ticks
 * @property {number[]} [ticks] round numbers, if not given
 */
/** @typedef {{x: (value: number) => number, y: (value: number) => number, parts: SVGElement[]}} Frame */

const MARGIN = { left: 46, right: 14, top: 30, bottom: 44 };
const WIDTH_OF_TICK = 62; // A tick's text and some air.
const HEIGHT_OF_TICK = 38;

/**
 * Make a chart.
 * @param {number} height in pixels
 * @param {(width: number, height: number) => SVGElement[]} draw
 * @returns {Chart}
 */
export function createChart(height, draw) {
  const picture = svg("svg", { class: "chart", role: "img", height });
  const element = h("div", { class: "plot" }, picture);
  let width = 0;
  function redraw() {
    if (width <= 0) return;
    picture.setAttribute("viewBox", `0 0 ${width} ${height}`);
    picture.replaceChildren(...draw(width, height));
  }
  const observer = new ResizeObserver(([{ contentRect }]) => {
    if (Math.round(contentRect.width) === width) return;
    width = Math.round(contentRect.width);
    redraw();
  });
  observer.observe(element);
  return {
    element,
    redraw,
    describe: (words) => picture.setAttribute("aria-label", words),
    dispose: () => observer.disconnect(),
  };
}

/**
 * Draw axes with ticks, and return where values lie between them.
 * @param {number} width
 * @param {number} height
 * @param {Axis} horizontal
 * @param {Axis} vertical
 * @returns {Frame}
 */
export function axes(width, height, horizontal, vertical) {
  const [left, right, top, bottom] = [MARGIN.left, width - MARGIN.right, MARGIN.top, height - MARGIN.bottom];
  const x = linear(horizontal.range, [left, right]);
  const y = linear(vertical.range, [bottom, top]);
  const across = horizontal.ticks ?? ticks(...horizontal.range, Math.max(2, (right - left) / WIDTH_OF_TICK));
  const up = vertical.ticks ?? ticks(...vertical.range, Math.max(2, (bottom - top) / HEIGHT_OF_TICK));
  const [acrossText, upText] = [textOf(horizontal, across), textOf(vertical, up)];
  return {
    x,
    y,
    parts: [
      ...up.flatMap((value) => [line(left, y(value), right, y(value), "axis"),
        text(left - 8, y(value) + 4, upText(value), "end")]),
      line(left, bottom, right, bottom, "axis base"),
      ...across.flatMap((value) => [line(x(value), bottom, x(value), bottom + 5, "axis base"),
        text(x(value), bottom + 19, acrossText(value), "middle")]),
      text(0, 14, vertical.title, "start"),
      text(right, height - 4, horizontal.title, "end"),
    ],
  };
}

/**
 * @param {Axis} axis
 * @param {number[]} all its ticks
 * @returns {(value: number) => string}
 */
function textOf({ text: write = tickText }, all) {
  const step = all.length > 1 ? all[1] - all[0] : 1;
  return (value) => write(value, step);
}

/**
 * Write a tick of an axis of shares.
 * @param {number} share
 * @param {number} step
 * @returns {string}
 */
export const percentTick = (share, step) => `${tickText(100 * share, 100 * step)}\u00a0%`;

/**
 * @param {number} x1
 * @param {number} y1
 * @param {number} x2
 * @param {number} y2
 * @param {string} kind a class
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
 * @param {string} [kind] a class
 * @returns {SVGElement}
 */
export function text(x, y, words, anchor, kind) {
  return svg("text", { x, y, "text-anchor": anchor, class: kind }, words);
}

/**
 * @param {number} x
 * @param {number} y
 * @param {number} r
 * @param {string} kind a class
 * @returns {SVGElement}
 */
export function dot(x, y, r, kind) {
  return svg("circle", { cx: x, cy: y, r, class: kind });
}

// A chart of lines, drawn in SVG at the size it has on the page, so that its letters are never larger or smaller.

import { say, svg } from "../dom.js";
import { count, linear, logTicks, logarithmic, number, path, percent, ticks } from "../scale.js";

/** @typedef {{xs: number[], ys: (number | null)[]}} Line */
/**
 * @typedef {object} Kind
 * @property {boolean} log whether the upward axis shrinks tenfold from line to line
 * @property {string} x name of the axis to the right
 * @property {string} y name of the upward axis
 * @property {string[]} classes of the lines
 */
/** @typedef {{value: number, text: string}} Mark a value that is worth a line of its own */

const HEIGHT = 240;
const [LEFT, RIGHT, TOP, BOTTOM] = [58, 16, 26, 44];

/**
 * @param {Kind} kind
 * @returns {{element: SVGSVGElement, draw: (lines: Line[], width: number, mark: Mark | null) => void,
 *            describe: (words: string) => void}}
 */
export function createChart(kind) {
  const title = svg("title");
  const grid = svg("g");
  const marks = svg("g"); // above the lines, lest they cross out its words
  const lines = kind.classes.map((name) => svg("path", { class: `line ${name}` }));
  const element = svg("svg", { class: "chart", role: "img" }, title, grid, lines, marks);
  let drawn = "";

  /**
   * @param {Line[]} all
   * @param {number} width in pixels of the page
   * @param {Mark | null} mark
   */
  function draw(all, width, mark) {
    const [xs, ys] = [all.flatMap((line) => line.xs), all.flatMap((line) => line.ys.filter(good))];
    const mostX = Math.max(1, ...bounds(xs));
    const [lo, hi] = range(ys, mark);
    const toX = linear([0, mostX], [LEFT, width - RIGHT]);
    const toY = (kind.log ? logarithmic : linear)([lo, hi], [HEIGHT - BOTTOM, TOP]);
    const frame = [width, mostX, lo, hi, mark?.text].join();
    if (frame !== drawn) {
      drawn = frame;
      element.setAttribute("viewBox", `0 0 ${width} ${HEIGHT}`);
      grid.replaceChildren(...axes(width, mostX, lo, hi, toX, toY));
      marks.replaceChildren(...(mark && mark.value > lo && mark.value < hi ? [
        svg("line", { class: "mark", x1: LEFT, x2: width - RIGHT, y1: toY(mark.value), y2: toY(mark.value) }),
        svg("text", { class: "halo", x: width - RIGHT, y: toY(mark.value) - 6, "text-anchor": "end" }, mark.text),
      ] : []));
    }
    all.forEach((line, k) => {
      const kept = line.ys.flatMap((y, place) => (good(y) ? [place] : []));
      lines[k].classList.toggle("lone", kept.length === 1); // A point alone would hardly be seen.
      const heights = kept.map((place) => Math.min(Math.max(Number(line.ys[place]), lo), hi));
      lines[k].setAttribute("d", path(kept.map((place) => line.xs[place]), heights, toX, toY));
    });
  }

  /** @param {number | null} y @returns {y is number} */
  function good(y) {
    return y !== null && Number.isFinite(y) && (!kind.log || y > 0);
  }

  /**
   * From where to where the upward axis goes.
   * @param {(number | null)[]} ys
   * @param {Mark | null} mark
   * @returns {[number, number]}
   */
  function range(ys, mark) {
    const [least, most] = bounds(/** @type {number[]} */ (ys));
    if (!kind.log) return ys.length ? [Math.min(Math.floor(least * 20) / 20, 0.95), 1] : [0, 1];
    if (!ys.length) return [0.01, mark?.value ?? 1];
    const top = Math.max(most, mark?.value ?? 0) * 1.1;
    const floor = 10 ** (Math.floor(Math.log10(least) * 2) / 2); // by half powers of ten, lest the axis trembles
    return [Math.max(Math.min(floor, top / 10), top * 1e-7), top];
  }

  /**
   * @param {number} width
   * @param {number} mostX
   * @param {number} lo
   * @param {number} hi
   * @param {(x: number) => number} toX
   * @param {(y: number) => number} toY
   * @returns {SVGElement[]}
   */
  function axes(width, mostX, lo, hi, toX, toY) {
    const right = width - RIGHT;
    const steps = kind.log ? logTicks(lo, hi) : ticks(lo, hi, 5);
    const across = ticks(0, mostX, Math.min(mostX, width / 110)); // There are no half images.
    const label = (/** @type {number} */ y) => (kind.log ? shortest(y) : percent(y, hi - lo < 0.06 ? 1 : 0));
    return [
      ...steps.flatMap((y) => [
        svg("line", { class: "axis", x1: LEFT, x2: right, y1: toY(y), y2: toY(y) }),
        svg("text", { x: LEFT - 8, y: toY(y), dy: "0.35em", "text-anchor": "end" }, label(y)),
      ]),
      ...across.map((x) =>
        svg("text", { x: toX(x), y: HEIGHT - BOTTOM + 17, "text-anchor": "middle" }, count(x))),
      svg("text", { x: right, y: HEIGHT - 6, "text-anchor": "end" }, kind.x),
      svg("text", { x: 0, y: 11 }, kind.y),
    ];
  }

  return { element, draw, describe: (words) => say(title, words) };
}

/**
 * @param {number[]} values
 * @returns {[number, number]} the least and the greatest; a call with thousands of arguments may fail
 */
function bounds(values) {
  return values.reduce(([lo, hi], value) => [Math.min(lo, value), Math.max(hi, value)], [Infinity, -Infinity]);
}

/**
 * @param {number} value of a tick on the axis that shrinks
 * @returns {string}
 */
function shortest(value) {
  return value < 1e6 && value > 5e-5 ? String(value) : number(value, 3).replace(/^1\.0\s×\s/, "");
}

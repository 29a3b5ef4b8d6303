// The picture of a sheet, with a box around every number and what was read above it.

import { inMemory } from "../../charts/paint.js";
import { fill, h, sayAloud, svg } from "../../elements/dom.js";
import { words } from "../words.js";
import { isDoubtful } from "./entries.js";

/** @typedef {import("./memory.js").Sheet} Sheet */
/** @typedef {import("./memory.js").Shown} Shown */
/** @typedef {import("./entries.js").Entry} Entry */

const texts = words.sheet;
// Shares of a number's height that are left around it: by its box, and from near.
const BOX = 0.08;
const NEAR = 0.25;
const LETTERS = [0.03, 0.06]; // of the picture's width: between these is the size of what is written above

/**
 * @param {(index: number) => void} choose told which number was clicked
 * @returns {{element: HTMLElement, show: (shown: Shown, chosen: number) => void}}
 */
export function createSheetPicture(choose) {
  const element = h("div", { class: "sheet-picture" });
  /** @type {Shown | null} */ let last = null;
  /** @type {SVGElement[]} */ let boxes = [];

  /** @param {Shown} shown */
  function build({ name, canvas, size, entries }) {
    const [width, height] = size ?? [canvas.width, canvas.height];
    boxes = entries.map(({ read }, k) => {
      const { x, y, width: wide, height: high } = around(read.box, BOX);
      const shape = svg("rect", { x, y, width: wide, height: high });
      // What was read stands above, or below where there is no room.
      const [least, most] = LETTERS.map((share) => share * width);
      const letters = Math.min(Math.max(0.3 * high, least), most);
      const label = svg("text", { x, y: y > letters ? y - 0.15 * letters : y + high + letters,
        "font-size": letters });
      return svg("g", { onclick: () => choose(k) }, shape, label);
    });
    canvas.setAttribute("role", "img");
    const marks = svg("svg", { viewBox: `0 0 ${width} ${height}`, "aria-hidden": "true", focusable: "false" }, ...boxes);
    element.replaceChildren(canvas, marks);
    element.style.aspectRatio = `${width} / ${height}`;
    element.style.maxWidth = `calc(${width / height} * ${name ? 75 : 30}vh)`;
  }

  return {
    element,
    show(shown, chosen) {
      if (shown !== last) build(shown);
      last = shown;
      sayAloud(shown.canvas, shown.name ? fill(texts.pictureOf, { name: shown.name }) : texts.padPicture);
      shown.entries.forEach((entry, k) => {
        const { classList, lastElementChild: label } = boxes[k];
        classList.toggle("doubtful", isDoubtful(entry));
        classList.toggle("chosen", k === chosen);
        if (label) label.textContent = entry.text + (isDoubtful(entry) ? " ?" : "");
      });
    },
  };
}

/**
 * Show one number of a sheet from near.
 * @param {HTMLCanvasElement} target
 * @param {Shown} shown
 * @param {Entry} entry
 */
export function paintNear(target, { canvas, size }, { read }) {
  const scale = canvas.width / (size?.[0] ?? canvas.width);
  const { x, y, width, height } = around(read.box, NEAR);
  target.width = Math.max(1, Math.round(width * scale));
  target.height = Math.max(1, Math.round(height * scale));
  inMemory(target).drawImage(canvas, x * scale, y * scale, width * scale, height * scale,
    0, 0, target.width, target.height);
}

/**
 * @param {[number, number, number, number]} box
 * @param {number} share of its height that is left on every side
 */
function around([left, top, right, bottom], share) {
  const more = share * (bottom - top);
  return { x: left - more, y: top - more, width: right - left + 2 * more, height: bottom - top + 2 * more };
}

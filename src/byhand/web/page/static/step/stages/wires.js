// The wires between the chosen units, thick where much flows: they light up one layer after the other, in the order in
// which it is computed, with the numbers that are multiplied on them.

import { say, svg } from "../../elements/dom.js";
import { curve, widthOf } from "../../units/edges.js";

/** @typedef {{layer: number, unit: number}} End layer −1 is the image */
/** @typedef {{from: End, to: End, strength: number, turn: number, words?: string}} Wire `turn` 0 lights up first */
/** @typedef {(end: End) => [number, number]} Place where an end lies on the sheet, in pixels */

const APART = 17; // pixels between the lines of words

/** Make the sheet that lies over the layers. */
export function createWires() {
  const element = svg("svg", { class: "edges lit", "aria-hidden": "true" });
  let shown = "";

  /**
   * Draw these wires and no others.
   * @param {Wire[]} wires
   * @param {Place} place
   * @param {string} key of what they are about: wires about something else light up anew
   */
  function draw(wires, place, key) {
    const most = Math.max(...wires.map(({ strength }) => Math.abs(strength)));
    const labels = wires.flatMap(({ words, from, to, strength, turn }) => {
      const [[x1, y1], [x2, y2]] = [place(from), place(to)];
      return words ? [{ words, x: (x1 + x2) / 2, y: (y1 + y2) / 2 + 4, kind: kindOf(strength), turn }] : [];
    }).sort((one, other) => one.y - other.y);
    labels.forEach((label, k) => { if (k) label.y = Math.max(label.y, labels[k - 1].y + APART); });
    const parts = [
      ...wires.map(({ from, to, strength, turn }) => inTurn(turn, svg("path", { d: curve(place(from), place(to), false),
        class: kindOf(strength), "stroke-width": widthOf(strength, most) }))),
      ...labels.map(({ words, x, y, kind, turn }) =>
        inTurn(turn, svg("text", { x, y, "text-anchor": "middle", class: kind }, words)))];
    if (key === shown && parts.length === element.childElementCount) return parts.forEach(follow);
    shown = key;
    element.replaceChildren(...parts);
  }

  /**
   * Let a part that lights up just now go on with that, with its new place.
   * @param {SVGElement} part
   * @param {number} k
   */
  function follow(part, k) {
    const there = element.children[k];
    for (const { name, value } of part.attributes) if (name !== "style") there.setAttribute(name, value);
    say(there, part.textContent ?? "");
  }
  return { element, draw };
}

/** @param {number} strength */
const kindOf = (strength) => (strength < 0 ? "lowers" : "raises");

/**
 * Let something light up when its turn comes.
 * @template {SVGElement} T
 * @param {number} turn
 * @param {T} part
 */
function inTurn(turn, part) {
  part.style.setProperty("--turn", String(turn));
  return part;
}

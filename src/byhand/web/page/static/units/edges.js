// The lines from and to one neuron: the strongest terms of its own sum, and what it gives to the strongest next ones.

import { svg } from "../elements/dom.js";

/** @typedef {{from: [number, number], to: [number, number], strength: number}} Edge places in pixels of the stage */

const THICKEST = 5; // pixels
const THINNEST = 0.8;

/**
 * @param {number} strength
 * @param {number} most of all lines that are drawn together
 * @returns {string} the width of a line
 */
export function widthOf(strength, most) {
  return Math.max(THINNEST, (THICKEST * Math.abs(strength)) / (most || 1)).toFixed(1);
}

/** Make the sheet that lies over the grids; it draws at most as many lines as it ever did, again and again. */
export function createEdges() {
  const element = svg("svg", { class: "edges", "aria-hidden": "true" });
  /** @type {SVGPathElement[]} */ const paths = [];
  let used = 0;

  /**
   * Draw these lines and no others.
   * @param {Edge[]} edges
   * @param {boolean} downwards whether the layers are below one another
   */
  function draw(edges, downwards) {
    const most = edges.reduce((largest, { strength }) => Math.max(largest, Math.abs(strength)), 0);
    edges.forEach(({ from, to, strength }, k) => {
      if (!paths[k]) element.append((paths[k] = svg("path")));
      const path = paths[k];
      path.setAttribute("d", curve(from, to, downwards));
      path.setAttribute("class", strength < 0 ? "lowers" : "raises");
      path.setAttribute("stroke-width", widthOf(strength, most));
    });
    for (let k = edges.length; k < used; k++) paths[k].setAttribute("d", "");
    used = edges.length;
  }

  return { element, draw };
}

/**
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @param {boolean} downwards
 * @returns {string} a path that leaves and arrives in the direction in which the layers follow one another
 */
export function curve([x1, y1], [x2, y2], downwards) {
  const [x, y] = [(x1 + x2) / 2, (y1 + y2) / 2];
  const bends = downwards ? `${x1} ${y} ${x2} ${y}` : `${x} ${y1} ${x} ${y2}`;
  return `M${x1} ${y1}C${bends} ${x2} ${y2}`;
}

// A bar for a share, beside the number that says the same. With a sign it grows to either side of a line in its middle.

import { h } from "./dom.js";

/**
 * @typedef {object} Bar
 * @property {HTMLElement} element
 * @property {(share: number) => void} set 0…1, with a sign −1…1; what is beyond is cut, what is no number is 0
 */

/**
 * @param {{signed?: boolean, kind?: string}} [options] kind: more classes
 * @returns {Bar}
 */
export function createBar({ signed = false, kind = "" } = {}) {
  const ink = h("span");
  const element = h("span", { class: `bar ${signed ? "signed" : ""} ${kind}`.trim(), "aria-hidden": "true" }, ink);

  /** @param {number} share */
  function set(share) {
    const length = Math.min(Math.abs(share) || 0, 1);
    if (signed) ink.className = share < 0 ? "negative" : "positive";
    ink.style.transform = `scaleX(${length.toFixed(4)})`; // moves without a new layout
  }

  set(0);
  return { element, set };
}

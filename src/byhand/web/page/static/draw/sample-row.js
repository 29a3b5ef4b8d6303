// A row of images of the data set to choose from.

import { paintBytes } from "../charts/paint.js";
import { fill, h } from "../elements/dom.js";
import { roving } from "../elements/roving.js";
import { SIDE } from "../ink/prepare.js";
import { getImages } from "../server/api.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../server/api.js").Sample} Sample */

const texts = words.strip;

/**
 * Make the row of images: buttons with one stop of the Tab key, and arrow keys to go from one to the next.
 * @param {App} app
 * @param {(sample: Sample) => void} chosen
 */
export function createRow(app, chosen) {
  /** @type {Sample[]} */ let samples = [];
  /** @type {HTMLButtonElement[]} */ let buttons = [];
  const element = h("div", { class: "strip-row", role: "toolbar", "aria-label": texts.images });
  const refresh = roving(element, "button");

  /** Paint all images in the colours of the theme. */
  function paint() {
    samples.forEach(({ pixels }, k) => {
      const canvas = buttons[k].querySelector("canvas");
      if (canvas) paintBytes(canvas, pixels, SIDE, SIDE);
    });
  }

  /**
   * Show these images, if they are not shown already.
   * @param {number[]} numbers
   */
  async function show(numbers) {
    if (numbers.length === samples.length && numbers.every((index, k) => samples[k].index === index)) return;
    const found = await getImages("test", numbers);
    const focused = buttons.findIndex((button) => button === document.activeElement);
    samples = found;
    buttons = samples.map((sample) => h("button", {
      type: "button", "data-index": sample.index, "aria-pressed": "false", onclick: () => chosen(sample),
      "aria-label": fill(texts.image, { index: sample.index, label: sample.name }),
    }, h("canvas", { class: "pixelated", "aria-hidden": "true" })));
    paint();
    element.replaceChildren(...buttons);
    refresh();
    if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus();
  }

  /**
   * Mark the image that is read.
   * @param {number} index −1 for none
   */
  function mark(index) {
    samples.forEach((sample, k) => buttons[k].setAttribute("aria-pressed", String(sample.index === index)));
  }

  const sample = (/** @type {number} */ index) => samples.find((one) => one.index === index) ?? null;
  return { element, show, mark, paint, sample };
}

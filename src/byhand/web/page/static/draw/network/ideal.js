// The image that the unit shown would like best, beside those that it likes best of the test images.

import { digitsFor, fixed } from "../../charts/numbers.js";
import { paintInk } from "../../charts/paint.js";
import { fill, h, say, sayAloud } from "../../elements/dom.js";
import { STEPS, idealImage } from "../../network/ideal.js";
import { words } from "../words.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../network/ideal.js").Ideal} Ideal */

const PAUSE = 200; // milliseconds without another unit: who passes over many, or draws, waits for none of them
const text = words.ideal;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, show: (layer: number, unit: number, name: string) => void, dispose: () => void}}
 */
export function createIdeal(app) {
  const canvas = h("canvas", { class: "pixelated", "aria-hidden": "true" });
  const button = h("button", { type: "button", disabled: true, "aria-label": text.looking, onclick: take }, canvas);
  const sum = h("p", { class: "small number" });
  const element = h("div", { class: "ideal" }, h("h3", {}, text.title), button,
    h("div", {}, sum, h("p", { class: "small muted" }, fill(text.note, { steps: STEPS }))));
  /** @type {Ideal | null} */ let ideal = null;
  let [shown, timer, asked] = ["", 0, 0];
  /** @type {unknown} */ let of = null; // the network

  /**
   * Show the image of a unit, as soon as no other one is asked for.
   * @param {number} layer
   * @param {number} unit
   * @param {string} name
   */
  function show(layer, unit, name) {
    const wanted = `${layer}.${unit}`;
    if (wanted === shown && of === app.model) return paint();
    [shown, of] = [wanted, app.model];
    const mine = ++asked;
    clearTimeout(timer);
    timer = setTimeout(async () => {
      const found = await idealImage(app.model, layer, unit, () => mine === asked);
      if (!found || mine !== asked) return;
      ideal = found;
      button.disabled = false;
      sayAloud(button, fill(text.take, { unit: name }));
      const digits = digitsFor([found.from, found.to]);
      say(sum, fill(text.sum, { from: fixed(found.from, digits), to: fixed(found.to, digits) }));
      paint();
    }, PAUSE);
  }

  function paint() {
    const [height, width] = app.model.imageShape;
    if (ideal?.x.length === height * width) paintInk(canvas, ideal.x, width, height);
  }

  /** Let it be read. */
  function take() {
    if (!ideal) return;
    app.useSample({ index: 0, name: "", pixels: Uint8Array.from(ideal.x, (value) => Math.round(255 * value)) }, null);
  }

  return {
    element, show,
    dispose() {
      asked++;
      clearTimeout(timer);
    },
  };
}

// Test images as buttons: each shows what the network saw and how sure it was, and leads to the Draw view.

import { count, percent } from "../charts/numbers.js";
import { paintBytes } from "../charts/paint.js";
import { fill, h } from "../elements/dom.js";
import { roving } from "../elements/roving.js";
import { getImages } from "../server/api.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {import("../server/messages.js").Judgement} Judgement */

/**
 * Make a list of images; `show` fills it.
 * @param {App} app
 * @param {Judgement} judgement
 * @param {{named?: boolean}} [options] named: whether each tells what it was and was read as
 */
export function createSpecimens(app, judgement, { named = false } = {}) {
  const element = h("ul", { class: named ? "specimens named" : "specimens" });
  const refresh = roving(element, "button");
  /** @type {Map<HTMLCanvasElement, Sample>} */ const painted = new Map();
  let asked = 0;

  const repaint = () => {
    const [height, width] = app.model.imageShape;
    for (const [canvas, { pixels }] of painted) paintBytes(canvas, pixels, width, height);
  };

  /** @param {Sample} sample */
  function item(sample) {
    const { index } = sample;
    const was = judgement.classes[judgement.labels[index]];
    const read = judgement.classes[judgement.answers[index]];
    const sure = percent(judgement.confidence[index]);
    const canvas = h("canvas", { class: "pixelated", "aria-hidden": "true" });
    painted.set(canvas, sample);
    return h("li", {}, h("button", {
      class: "specimen",
      "data-index": index,
      "aria-label": fill(words.image, { index: count(index), was, read, sure }),
      onclick: () => app.store.go({ view: "draw", image: { part: "test", index } }),
    }, canvas, named && h("strong", {}, fill(words.wasRead, { was, read })),
      h("span", { class: "number" }, sure)));
  }

  return {
    element,
    /**
     * Fetch these images and show them.
     * @param {number[]} indices
     * @returns {Promise<void>}
     */
    async show(indices) {
      const mine = ++asked;
      const samples = await getImages("test", indices);
      if (mine !== asked) return; // Others were asked for meanwhile.
      painted.clear();
      element.replaceChildren(...samples.map(item));
      repaint();
      refresh();
    },
    /**
     * Fetch these images and show them after those that are there.
     * @param {number[]} indices
     * @returns {Promise<HTMLButtonElement | null>} the button of the first one
     */
    async add(indices) {
      const mine = ++asked;
      const samples = await getImages("test", indices);
      if (mine !== asked) return null;
      const items = samples.map(item);
      element.append(...items);
      repaint();
      refresh();
      return items[0]?.querySelector("button") ?? null;
    },
    dispose: app.on("theme", repaint),
  };
}

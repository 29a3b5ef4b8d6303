// The units in the order of their worth: each is switched off in turn, in this browser, on test images.

import { count, number } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { crossEntropy, forward, logSoftmax, toInput } from "../network/nn.js";
import { getData, getImages, sentenceOf } from "../server/api.js";
import { words } from "./words.js";
import { addWorth, imagesFor } from "./worth.js";

/** @typedef {import("../network/nn.js").Model} Model */

const MOST = 300; // test images
const AT_ONCE = 40; // milliseconds of work between two moments in which the page can do something else

/**
 * @param {Model} model
 * @param {(worth: Float64Array[]) => void} sort is given the worth of every unit; none, to put all back
 * @param {() => void} changed is called when there is something new to tell
 */
export function createOrder(model, sort, changed) {
  const said = words.units;
  const button = h("button", { type: "button", "aria-pressed": "false", onclick: () => void toggle() }, said.sort);
  const status = h("p", { class: "small muted", role: "status" });
  /** @type {{worth: Float64Array[], n: number, whole: number} | null} */ let known = null;
  let asked = 0;

  async function toggle() {
    const on = button.getAttribute("aria-pressed") !== "true";
    const mine = ++asked;
    button.setAttribute("aria-pressed", String(on));
    if (!on) {
      say(status, "");
      return sort([]);
    }
    try {
      const found = known ?? await measure(() => mine !== asked);
      if (found === null || mine !== asked) return;
      known = found;
      sort(known.worth);
      say(status, fill(said.sorted, { n: count(known.n) }));
      changed();
    } catch (error) {
      if (mine !== asked) return;
      button.setAttribute("aria-pressed", "false");
      say(status, sentenceOf(error));
    }
  }

  /**
   * @param {() => boolean} given up
   * @returns {Promise<typeof known>} null if it was
   */
  async function measure(given) {
    const of = Math.min(imagesFor(model.sizes, MOST), (await getData()).test);
    const images = (await getImages("test", Array.from({ length: of }, (_, k) => k)))
      .filter(({ name }) => model.classes.includes(name));
    const worth = model.sizes.slice(1, -1).map((size) => new Float64Array(size));
    let [whole, since] = [0, performance.now()];
    for (const [k, { pixels, name }] of images.entries()) {
      if (performance.now() - since > AT_ONCE) {
        say(status, fill(said.sorting, { n: count(k), of: count(images.length) }));
        await new Promise((resolve) => setTimeout(resolve));
        if (given()) return null;
        since = performance.now();
      }
      const [input, label] = [toInput(pixels), model.classes.indexOf(name)];
      whole += crossEntropy(logSoftmax(forward(model, input).logits), label);
      addWorth(model, input, label, worth);
    }
    return { worth, n: images.length, whole };
  }

  return {
    button,
    element: status,
    /**
     * Say what a unit is worth, if that is known.
     * @param {number} layer
     * @param {number} unit
     * @returns {string}
     */
    tell(layer, unit) {
      if (!known) return "";
      const { worth, n, whole } = known;
      return fill(said.worth, { n: count(n), whole: number(whole / n, 3),
        without: number((whole + worth[layer][unit]) / n, 3) });
    },
    dispose: () => void asked++,
  };
}

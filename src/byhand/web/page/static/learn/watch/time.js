// A slider over the past of a training: the network as it was, beside the one that it is now.

import { count } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { words } from "../words.js";

/** @typedef {import("./memory.js").Moment} Moment */

const text = words.time;

/**
 * @param {(moment: Moment | null) => void} look is told which moment is looked at; null is now
 */
export function createTime(look) {
  const slider = h("input", {
    type: "range", id: "learn-time", min: "0", max: "0", value: "0", disabled: true, oninput,
  });
  const value = h("output", { class: "number small", for: slider.id }, text.now);
  const element = h("div", { class: "time" }, h("label", { for: slider.id }, text.title), slider, value);
  /** @type {Moment[]} */ let moments = [];
  /** @type {Moment | null} */ let chosen = null;

  function oninput() {
    const place = slider.valueAsNumber;
    chosen = place >= moments.length - 1 ? null : moments[place];
    tell();
    look(chosen);
  }

  function tell() {
    const words = chosen ? fill(text.after, { n: count(chosen.images) }) : text.now;
    say(value, words);
    slider.setAttribute("aria-valuetext", words);
  }

  return {
    element,
    get chosen() { return chosen; },

    /**
     * Follow what is remembered: who looks at now goes on doing so, and a moment that was chosen stays.
     * @param {Moment[]} now
     */
    show(now) {
      moments = now;
      const place = chosen ? moments.indexOf(chosen) : -1;
      if (chosen && place < 0) {
        chosen = null; // It was forgotten.
        look(null);
      }
      slider.max = String(Math.max(0, moments.length - 1));
      slider.value = place < 0 ? slider.max : String(place);
      slider.disabled = moments.length < 2;
      tell();
    },
  };
}

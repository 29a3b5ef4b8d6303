// Two sliders for the weights: cut the smallest, and add noise to all.

import { count, number, percent } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { terms } from "../elements/terms.js";
import { words } from "./words.js";

/** @typedef {import("./lab.js").Lab} Lab */

/**
 * @param {Lab} lab
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createWeights(lab) {
  const said = words.weights;
  const { sizes } = lab.whole;
  const n = sizes.slice(1).reduce((sum, size, k) => sum + size * sizes[k], 0);
  const pruned = slider("prune", said.prune, { max: "99", step: "1" }, (value, goesOn) => {
    const done = value ? fill(said.pruned, { share: percent(value / 100, 0) }) : said.unpruned;
    lab.change("prune", done, { pruned: value / 100 }, goesOn);
  });
  const noise = slider("noise", said.noise, { max: "1", step: "0.01" }, (value, goesOn) => {
    const done = value ? fill(said.noisy, { strength: number(value, 2) }) : said.quiet;
    lab.change("noise", done, { noise: value }, goesOn);
  });
  const other = h("button", { class: "quiet", onclick: () => {
    const seed = lab.damage.seed + 1;
    lab.change("seed", fill(said.noisyAgain, { strength: number(lab.damage.noise, 2) }), { seed });
  } }, said.otherNoise);

  function update() {
    const { damage } = lab;
    const left = n - Math.round(damage.pruned * n);
    pruned.show(Math.round(100 * damage.pruned), fill(said.pruneValue, {
      share: percent(damage.pruned, 0), left: count(left), n: count(n) }));
    noise.show(damage.noise, number(damage.noise, 2));
    other.disabled = damage.noise === 0;
  }

  update();
  const element = h("section", { class: "card weights", "aria-labelledby": "weights-title" },
    h("h2", { id: "weights-title" }, said.title),
    h("div", { class: "field" }, pruned.element, h("p", { class: "small muted" }, terms(said.pruneMeans))),
    h("div", { class: "field" }, noise.element, h("p", { class: "small muted" }, said.noiseMeans),
      h("div", {}, other)));
  return { element, dispose: lab.on(update) };
}

/**
 * A slider with its label and value. Drawn in one go, it makes one step.
 * @param {string} id
 * @param {string} label
 * @param {{max: string, step: string}} range
 * @param {(value: number, goesOn: boolean) => void} change
 */
function slider(id, label, range, change) {
  let drawing = false;
  const value = h("output", { class: "number", for: id });
  const input = h("input", {
    id, type: "range", min: "0", value: "0", ...range,
    oninput: () => {
      change(input.valueAsNumber, drawing);
      drawing = true;
    },
    onchange: () => (drawing = false),
  });
  return {
    element: h("div", { class: "field" },
      h("div", { class: "row spread" }, h("label", { for: id }, label), value), input),
    /**
     * @param {number} now
     * @param {string} text
     */
    show(now, text) {
      if (input.valueAsNumber !== now) input.value = String(now);
      say(value, text);
      input.setAttribute("aria-valuetext", text);
    },
  };
}

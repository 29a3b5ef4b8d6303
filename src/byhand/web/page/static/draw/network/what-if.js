// The smallest change of what is read that flips the answer, shown on the image.

import { number, percent } from "../../charts/numbers.js";
import { paintInk, paintOver } from "../../charts/paint.js";
import { fill, h, say, sayAloud } from "../../elements/dom.js";
import { smallestFlip } from "../../network/flip.js";
import { words } from "../words.js";
import { isBlank } from "./network.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../network/flip.js").Flip} Flip */

const FAINT = 0.45; // how dark the image lies under the colours
const text = words.whatIf;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createWhatIf(app) {
  const find = h("button", { type: "button", class: "primary", onclick: search }, text.find);
  const [change, changed] = [text.change, text.changed].map((label) =>
    h("canvas", { class: "pixelated picture", role: "img", "aria-label": label }));
  const after = h("h3");
  const sentence = h("p", { role: "status" });
  const take = h("button", { type: "button", onclick: adopt }, text.take);
  const swatch = (/** @type {string} */ kind, /** @type {string} */ meaning) =>
    h("span", { class: "legend" }, h("span", { class: `swatch ${kind}` }), meaning);
  const result = h("div", { class: "flipped", hidden: true },
    h("figure", {}, h("h3", {}, text.before), change,
      h("figcaption", { class: "row" }, swatch("positive", text.more), swatch("negative", text.less))),
    h("figure", {}, after, changed), h("div", {}, h("p", { class: "small muted" }, text.note), take));
  const element = h("section", { class: "card what-if", id: "what-if", "aria-labelledby": "what-if-title" },
    h("h2", { id: "what-if-title" }, text.title), h("p", { class: "small muted" }, text.lead),
    h("div", { class: "row" }, find), sentence, result);
  /** @type {Flip | null} */ let flip = null;
  /** @type {unknown} */ let about = null; // the reading that it is about

  function search() {
    const { reading, model } = app;
    if (isBlank(app)) return say(sentence, text.nothing);
    about = reading;
    flip = smallestFlip(model, reading.input);
    const { probabilities } = reading.pass;
    const was = model.classes[probabilities.indexOf(Math.max(...probabilities))];
    say(sentence, flip ? fill(flip.pixels === 1 ? text.oneFound : text.found, {
      pixels: flip.pixels, ink: number(flip.ink, 1), name: model.classes[flip.to], p: percent(flip.p), was }) : text.none);
    show();
  }

  /** Read the changed image instead. */
  function adopt() {
    if (!flip) return;
    const pixels = Uint8Array.from(flip.x, (value) => Math.round(255 * value));
    app.useSample({ index: 0, name: "", pixels }, null);
    find.focus();
  }

  function show() {
    result.hidden = flip === null;
    find.classList.toggle("primary", flip === null);
    if (!flip) return;
    const { reading: { input }, model: { classes, imageShape: [height, width] } } = app;
    paintOver(change, input, flip.change, width, height, { most: 0.5, faint: FAINT });
    paintInk(changed, flip.x, width, height);
    const name = fill(text.after, { name: classes[flip.to] });
    say(after, name);
    sayAloud(changed, `${text.changed}. ${name}`);
  }

  /** What was found about something else is gone. */
  function forget() {
    if (about === app.reading) return;
    flip = null;
    say(sentence, "");
    show();
  }

  const off = [app.on("reading", forget), app.on("theme", show)];
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

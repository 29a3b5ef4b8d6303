// Test images seen with the network's eyes: those that the unit shown likes best, with the image that it would like
// best, and those that are most like what is read. They are fetched when somebody wants to see them.

import { paintBytes } from "../../charts/paint.js";
import { fill, h, oncePerFrame, say, sayAloud } from "../../elements/dom.js";
import { SIDE } from "../../ink/prepare.js";
import { favourites, nearest } from "../../network/likeness.js";
import { sentenceOf } from "../../server/api.js";
import { unitName } from "../../units/names.js";
import { words } from "../words.js";
import { createGallery } from "./gallery.js";
import { createIdeal } from "./ideal.js";
import { isBlank } from "./network.js";
import { createSelection } from "./selection.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../server/api.js").Sample} Sample */

const [LIKED, NEAR] = [9, 5]; // images that are shown
const text = words.likes;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createLikes(app) {
  const selection = app.once(createSelection, app);
  const gallery = app.once(createGallery, app);
  const [liked, near] = [createImages(app), createImages(app)];
  const ideal = createIdeal(app);
  const likedTitle = h("h3");
  const status = h("p", { class: "small muted", role: "status" });
  const nothing = h("p", { class: "small muted" });
  const element = h("details", { class: "card likes", ontoggle: () => showSoon(null) },
    h("summary", {}, h("h2", {}, text.title)),
    h("div", { class: "liked" }, status,
      h("div", { class: "pair" }, h("div", {}, likedTitle, liked.element, nothing), ideal.element),
      h("h3", {}, text.near), h("p", { class: "small muted" }, text.nearLead), near.element));
  /** @type {Sample[]} */ let samples = [];
  /** @type {import("../../network/likeness.js").Outputs | null} */ let outputs = null;
  let asked = 0;

  /** Fetch the images, and let the network as it is now look at them. */
  async function look() {
    const mine = ++asked;
    say(status, text.looking);
    try {
      const found = await gallery();
      if (!found || mine !== asked) return;
      ({ samples, outputs } = found);
      say(status, fill(text.looked, { n: samples.length }));
      show();
    } catch (error) {
      if (mine === asked) say(status, sentenceOf(error));
    }
  }

  function show() {
    if (!element.open) return;
    if (!outputs) return void look();
    const { model, reading: { pass } } = app;
    const { layer, unit } = selection.shown();
    const last = model.sizes.length - 2;
    const name = unitName(layer, unit, layer === last ? model.classes : null);
    say(likedTitle, fill(text.liked, { unit: name }));
    ideal.show(layer, unit, name);
    const best = favourites(outputs, layer, unit, LIKED);
    liked.show(best.map((place) => samples[place]));
    say(nothing, best.length ? "" : text.silent);
    const seen = Math.max(0, last - 1); // the last hidden layer
    const like = isBlank(app) ? [] : nearest(outputs, seen, pass.inputs[seen + 1] ?? pass.probabilities, NEAR);
    near.show(like.map((place) => samples[place]));
  }

  const showSoon = oncePerFrame(() => element.isConnected && show());
  const off = [
    app.on("reading", () => showSoon(null)),
    app.on("theme", () => showSoon(null)),
    selection.on(() => showSoon(null)),
    app.on("model", () => {
      asked++;
      outputs = null;
      showSoon(null);
    }),
    () => { asked++; },
    ideal.dispose,
  ];
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

/**
 * A row of images; each is a button that lets it be read.
 * @param {App} app
 */
function createImages(app) {
  const element = h("div", { class: "row" });
  /** @type {HTMLButtonElement[]} */ let buttons = [];
  /** @type {Sample[]} */ let shown = [];

  /** @param {Sample[]} samples */
  function show(samples) {
    shown = samples;
    if (buttons.length !== samples.length) {
      buttons = samples.map((_, k) => h("button", { type: "button", onclick: () => app.useSample(shown[k], "test") },
        h("canvas", { class: "pixelated", "aria-hidden": "true" })));
      element.replaceChildren(...buttons);
    }
    samples.forEach(({ pixels, index, name }, k) => {
      paintBytes(/** @type {HTMLCanvasElement} */ (buttons[k].firstChild), pixels, SIDE, SIDE);
      sayAloud(buttons[k], fill(words.strip.image, { index, label: name }));
    });
  }
  return { element, show };
}

// What the network in training makes of one's own drawing, by now.

import { percent } from "../../charts/numbers.js";
import { paintInk } from "../../charts/paint.js";
import { createBar } from "../../elements/bar.js";
import { fill, h, say } from "../../elements/dom.js";
import { judge } from "../../network/answer.js";
import { forward } from "../../network/nn.js";
import { linkTo } from "../../page/links.js";
import { words } from "../words.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../network/nn.js").Model} Model */

const text = words.drawing;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, take: (model: Model | null, now: Model | null) => void, dispose: () => void}}
 */
export function createDrawing(app) {
  const image = h("canvas", { class: "pixelated", role: "img", "aria-label": text.image });
  const answer = h("p", { class: "answer" });
  const today = h("p", { class: "small muted" });
  const shares = createShares();
  const judged = h("div", { class: "judged" }, image, h("div", { class: "beside" }, answer, today, shares.element));
  const empty = h("p", { class: "empty" }, text.nothing, " ", linkTo(app, "draw", text.draw));
  const element = h("section", { class: "card drawing", "aria-labelledby": "learn-drawing" },
    h("h2", { id: "learn-drawing" }, text.title), h("p", { class: "muted small" }, text.about), empty, judged);
  /** @type {Model | null} */ let model = null;
  /** @type {Model | null} */ let other = null; // the one of now, beside one of the past

  /** Judge the drawing anew. */
  function show() {
    const { image: pixels, input, prepared, source } = app.reading;
    const { classes, imageShape: [height, width] } = model ?? app.model;
    empty.hidden = !(source === "pad" && prepared?.problem === "blank");
    judged.hidden = !empty.hidden || (model !== null && model.sizes[0] !== input.length);
    if (judged.hidden) return;
    paintInk(image, pixels, width, height, 255);
    if (!model) {
      say(answer, text.waiting);
      shares.show(classes, null, "");
      return;
    }
    const { probabilities } = forward(model, input);
    const { first, sentence } = sentenceOf(model, probabilities);
    say(answer, sentence);
    const now = other && sentenceOf(other, forward(other, input).probabilities).sentence;
    say(today, now ? fill(text.now, { sentence: now }) : "");
    shares.show(classes, probabilities, first);
  }

  const off = [app.on("reading", show), app.on("theme", show)];
  show();
  return {
    element,
    take(shown, now) {
      [model, other] = [shown, now];
      show();
    },
    dispose: () => off.forEach((stop) => stop()),
  };
}

/**
 * @param {Model} model
 * @param {Float32Array} probabilities
 */
function sentenceOf(model, probabilities) {
  const [[first, most]] = judge(model, probabilities).guesses;
  const sentence = most >= 0.9 ? text.sure : most >= 0.5 ? text.thinks : text.guesses;
  return { first, sentence: fill(sentence, { name: first, share: percent(most) }) };
}

/** A bar and a number for every class. */
function createShares() {
  const element = h("div", { class: "bars" });
  /** @type {{bar: import("../../elements/bar.js").Bar, share: HTMLElement}[]} */ let rows = [];
  let names = "";

  /**
   * @param {string[]} classes
   * @param {Float32Array | null} probabilities null if there are none yet
   * @param {string} best
   */
  function show(classes, probabilities, best) {
    if (classes.join() !== names) {
      names = classes.join();
      rows = classes.map(() => ({ bar: createBar(), share: h("span", { class: "number small" }) }));
      element.replaceChildren(...classes.flatMap((name, k) =>
        [h("span", {}, name), rows[k].bar.element, rows[k].share]));
    }
    rows.forEach(({ bar, share }, k) => {
      bar.set(probabilities?.[k] ?? 0);
      bar.element.classList.toggle("best", classes[k] === best);
      say(share, probabilities ? percent(probabilities[k]) : "–");
    });
  }

  return { element, show };
}

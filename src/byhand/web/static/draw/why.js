// "Why 4 and not 9?": which pixels speak for the one class and which for the other, as a picture and as a sum.

import { fill, h, oncePerFrame, say } from "../dom.js";
import { difference } from "../nn.js";
import { greatest, palette } from "../palette.js";
import { number } from "../scale.js";
import { addUp, digitsFor, fixed, plain } from "./sums.js";
import { words } from "../words/en.js";

/** @typedef {import("../app.js").App} App */

const FAINT = 0.16; // how dark the digit lies under the colours
const text = words.see.why;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createWhy(app) {
  const { store } = app;
  const pick = (/** @type {string} */ id, /** @type {string} */ label) =>
    h("select", { id, "aria-label": label, onchange: () => keep(id === "why-for") });
  const [first, second] = [pick("why-for", text.for), pick("why-against", text.against)];
  const follow = h("button", { type: "button", class: "quiet", onclick: () => store.set({ why: null }) }, text.follow);
  const canvas = h("canvas", { class: "pixelated picture", role: "img" });
  const [low, high] = [h("span", { class: "number" }), h("span", { class: "number" })];
  const [forWords, againstWords] = [h("span"), h("span")];
  const lines = ["for", "against", "rest", "sum"].map((name) => {
    const [head, value] = [h("th", { scope: "row" }), h("td")];
    return { head, value, row: h("tr", { class: name }, head, value) };
  });
  const conclusion = h("p", { id: "why-conclusion" });
  const nothing = h("p", { class: "empty" }, text.nothing);
  const note = h("p", { class: "small muted" });
  const body = h("div", { class: "reasons" },
    h("figure", {}, canvas, h("figcaption", { class: "scale small muted" }, low, h("span", { class: "ramp" }), high)),
    h("div", {},
      h("div", { class: "row" }, h("span", { class: "legend" }, h("span", { class: "swatch positive" }), forWords),
        h("span", { class: "legend" }, h("span", { class: "swatch negative" }), againstWords)),
      h("table", {}, h("tbody", {}, lines.map(({ row }) => row))), conclusion));
  const element = h("section", { class: "card why", id: "why", "aria-labelledby": "why-title" },
    h("h2", { id: "why-title" }, text.title),
    h("div", { class: "row question" }, text.why, first, text.andNot, second, "?", follow),
    nothing, body, note);

  const bends = () => app.model.sizes.length > 2 && !app.model.activation.includes("relu");

  function build() {
    say(note, bends() ? text.noteBent : app.model.sizes.length > 2 ? text.noteSwitched : text.note);
    for (const select of [first, second]) {
      select.replaceChildren(...app.model.classes.map((name, k) => h("option", { value: String(k) }, name)));
    }
  }

  /** Keep the two classes that are chosen; if they are the same, the other one moves. @param {boolean} firstChosen */
  function keep(firstChosen) {
    let [a, b] = [Number(first.value), Number(second.value)];
    const [wasA, wasB] = pair();
    if (a === b) [a, b] = firstChosen ? [a, wasA] : [wasB, b];
    store.set({ why: [a, b] });
  }

  /** @returns {[number, number]} the two classes in question: those that were kept, or the two best guesses */
  function pair() {
    const { classes } = app.model;
    const kept = store.state.why;
    if (kept && kept[0] !== kept[1] && Math.max(...kept) < classes.length) return kept;
    const [[best], [next]] = app.reading.answer.guesses;
    return [classes.indexOf(best), classes.indexOf(next)];
  }

  function show() {
    const { reading, model } = app;
    const [a, b] = pair();
    [first.value, second.value] = [String(a), String(b)];
    follow.hidden = store.state.why === null;
    const blank = reading.input.every((pixel) => pixel === 0);
    nothing.hidden = !blank;
    body.hidden = blank;
    if (blank) return;
    const { pixels, rest } = difference(model, reading.pass, a, b);
    paint(pixels);
    const names = { a: model.classes[a], b: model.classes[b] };
    let [pro, con] = [0, 0];
    for (const each of pixels) each > 0 ? (pro += each) : (con += each);
    const digits = Math.min(digitsFor([pro, con, rest]), 3);
    const { parts, sum } = addUp([pro, con, rest], digits);
    [text.pro, text.con, bends() ? text.restBent : text.rest, text.sum].forEach((line, k) => {
      say(lines[k].head, fill(line, names));
      say(lines[k].value, fixed([...parts, sum][k], digits, true));
    });
    say(forWords, fill(text.speaksFor, { name: names.a }));
    say(againstWords, fill(text.speaksFor, { name: names.b }));
    say(conclusion, conclude(pro + con + rest, names.a, names.b));
    canvas.setAttribute("aria-label", fill(text.picture, names));
  }

  /** Paint the pixels' shares over the faint digit. @param {Float32Array} pixels */
  function paint(pixels) {
    const { reading: { input }, model: { imageShape: [height, width] } } = app;
    const { surface, ink, positive, negative } = palette();
    const most = greatest(pixels);
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
    const picture = context.createImageData(width, height);
    pixels.forEach((value, k) => {
      const share = most > 0 ? Math.abs(value) / most : 0;
      const colour = value < 0 ? negative : positive;
      for (let c = 0; c < 3; c++) {
        const under = surface[c] + (ink[c] - surface[c]) * FAINT * input[k];
        picture.data[4 * k + c] = under + (colour[c] - under) * share;
      }
      picture.data[4 * k + 3] = 255;
    });
    context.putImageData(picture, 0, 0);
    const digits = digitsFor([most]);
    say(low, plain(-most, digits));
    say(high, plain(most, digits, true));
  }

  const showSoon = oncePerFrame(() => show());
  build();
  show();
  const off = [
    app.on("model", build),
    app.on("reading", show),
    app.on("theme", show),
    store.subscribe((_, changed) => changed.has("why") && showSoon(null)),
  ];
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

/**
 * Say what the difference of two scores means: e to the difference is how many times as probable the one is.
 * @param {number} difference z of a minus z of b
 * @param {string} a
 * @param {string} b
 */
function conclude(difference, a, b) {
  const times = Math.exp(Math.abs(difference));
  if (times < 1.05) return fill(text.equal, { a, b });
  const [likely, other] = difference > 0 ? [a, b] : [b, a];
  const often = times < 1e6 ? number(times, times < 10 ? 1 : 0) : text.million;
  return fill(text.conclusion, { likely, other, times: often });
}

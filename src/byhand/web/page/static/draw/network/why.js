// "Why 4 and not 9?": which pixels speak for the one class and which for the other, as a picture and as a sum.

import { addUp, digitsFor, fixed, greatest, number } from "../../charts/numbers.js";
import { paintOver } from "../../charts/paint.js";
import { fill, h, oncePerFrame, say, sayAloud } from "../../elements/dom.js";
import { difference } from "../../network/backward.js";
import { words } from "../words.js";

/** @typedef {import("../../page/app.js").App} App */

const FAINT = 0.16; // how dark the digit lies under the colours
const text = words.why;

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
  const nothing = h("p", { class: "empty" }, text.nothing);
  const note = h("p", { class: "small muted" });
  const reasons = createReasons();
  const question = h("div", { class: "row question" }, text.why, first, text.andNot, second, "?", follow);
  const element = h("section", { class: "card why", id: "why", "aria-labelledby": "why-title" },
    h("h2", { id: "why-title" }, text.title), question,
    h("div", { class: "answering" }, reasons.element, nothing), note);

  const bends = () => app.model.sizes.length > 2 && !app.model.activation.includes("relu");

  function build() {
    const { sizes, activation } = app.model;
    const switched = activation === "leaky_relu" ? text.noteLeaky : text.noteSwitched;
    say(note, bends() ? text.noteBent : sizes.length > 2 ? switched : text.note);
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
    const refused = reading.answer.reason?.kind === "problem";
    say(nothing, blank || !refused ? text.nothing : text.refused);
    nothing.hidden = !blank && !refused;
    for (const part of [question, reasons.element]) part.classList.toggle("waiting", !nothing.hidden);
    if (!nothing.hidden) return;
    const names = { a: model.classes[a], b: model.classes[b] };
    reasons.show(app, difference(model, reading.pass, a, b), names, bends() ? text.restBent : text.rest);
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

/** Make the image with the shares of its pixels, and their sum. */
function createReasons() {
  const canvas = h("canvas", { class: "pixelated picture", role: "img" });
  const [low, high] = [h("span", { class: "number" }), h("span", { class: "number" })];
  const [forWords, againstWords] = [h("span"), h("span")];
  const lines = ["for", "against", "rest", "sum"].map((name) => {
    const [head, value] = [h("th", { scope: "row" }), h("td")];
    return { head, value, row: h("tr", { class: name }, head, value) };
  });
  const conclusion = h("p", { id: "why-conclusion" });
  const element = h("div", { class: "reasons" },
    h("figure", {}, canvas, h("figcaption", { class: "scale small muted" }, low, h("span", { class: "ramp" }), high)),
    h("div", {},
      h("div", { class: "row" }, h("span", { class: "legend" }, h("span", { class: "swatch positive" }), forWords),
        h("span", { class: "legend" }, h("span", { class: "swatch negative" }), againstWords)),
      h("table", {}, h("tbody", {}, lines.map(({ row }) => row))), conclusion));

  /** Paint the pixels' shares over the faint digit. @param {App} app @param {Float32Array} pixels */
  function paint({ reading: { input }, model: { imageShape: [height, width] } }, pixels) {
    const most = greatest(pixels);
    paintOver(canvas, input, pixels, width, height, { most, faint: FAINT });
    const digits = digitsFor([most]);
    say(low, fixed(-most, digits));
    say(high, fixed(most, digits, true));
  }

  /**
   * @param {App} app
   * @param {{pixels: Float32Array, rest: number}} shares of the difference of two scores
   * @param {{a: string, b: string}} names of the classes
   * @param {string} restName what the rest is called
   */
  function show(app, { pixels, rest }, names, restName) {
    paint(app, pixels);
    let [pro, con] = [0, 0];
    for (const each of pixels) each > 0 ? (pro += each) : (con += each);
    const digits = Math.min(digitsFor([pro, con, rest]), 3);
    const { parts, sum } = addUp([pro, con, rest], digits);
    [text.pro, text.con, restName, text.sum].forEach((line, k) => {
      say(lines[k].head, fill(line, names));
      say(lines[k].value, fixed([...parts, sum][k], digits, true));
    });
    say(forWords, fill(text.speaksFor, { name: names.a }));
    say(againstWords, fill(text.speaksFor, { name: names.b }));
    say(conclusion, conclude(pro + con + rest, names.a, names.b));
    sayAloud(canvas, fill(text.picture, names));
  }
  return { element, show };
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

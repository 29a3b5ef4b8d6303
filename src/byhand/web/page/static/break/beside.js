// One image, read by the whole network and by the damaged one.

import { percent } from "../charts/numbers.js";
import { paintBytes } from "../charts/paint.js";
import { createBar } from "../elements/bar.js";
import { fill, h, oncePerFrame, say, sayAloud } from "../elements/dom.js";
import { forward, toInput } from "../network/nn.js";
import { getData, getImages, sentenceOf } from "../server/api.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("../network/nn.js").Pass} Pass */

/**
 * @param {App} app
 * @param {Lab} lab
 * @param {(whole: Pass, broken: Pass) => void} told what both networks make of the image
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createBeside(app, lab, told) {
  const said = words.beside;
  const { classes, imageShape: [height, width] } = lab.whole;
  const canvas = h("canvas", { class: "pixelated", role: "img" });
  const sentence = h("p", { class: "answer" });
  const rows = classes.map((name) => createRow(name));
  const mine = h("button", { onclick: () => use(null) }, said.mine);
  /** @type {{pixels: Uint8Array, name: string, index: number} | null} */ let sample = null; // null: what Draw reads
  let images = 0;

  const blank = () => !app.reading.image.some((pixel) => pixel > 0);
  const fits = () => app.reading.image.length === lab.whole.sizes[0];

  /** @param {typeof sample} other */
  function use(other) {
    sample = other;
    show(undefined);
  }

  async function another() {
    try {
      images ||= (await getData()).test;
      const [found] = await getImages("test", [Math.floor(Math.random() * images)]);
      use(found);
    } catch (error) {
      say(sentence, sentenceOf(error));
    }
  }

  const show = oncePerFrame(() => {
    mine.hidden = sample === null || blank() || !fits();
    if (sample === null && (blank() || !fits())) return void another();
    const image = sample?.pixels ?? app.reading.image;
    const input = toInput(image);
    const [whole, broken] = [forward(lab.whole, input), forward(lab.broken, input)];
    paintBytes(canvas, image, width, height);
    const label = sample ? sample.name : app.reading.label === null ? null : classes[app.reading.label];
    sayAloud(canvas, label === null ? said.drawing : fill(said.sample, { label }));
    const [one, other] = [best(whole), best(broken)];
    say(sentence, fill(one.name === other.name ? said.agree : said.differ,
      { one: one.name, sure: one.sure, other: other.name, otherSure: other.sure }));
    rows.forEach((row, k) => row.show(whole.probabilities[k], broken.probabilities[k]));
    told(whole, broken);
  });

  /** @param {Pass} pass */
  function best({ probabilities }) {
    const k = probabilities.indexOf(Math.max(...probabilities));
    return { name: classes[k], sure: percent(probabilities[k]) };
  }

  show(undefined);
  const redraw = () => show(undefined);
  const stops = [lab.on(redraw), app.on("reading", redraw), app.on("theme", redraw)];
  const element = h("section", { class: "card beside", "aria-labelledby": "beside-title" },
    h("h2", { id: "beside-title" }, said.title),
    h("div", { class: "reads" }, canvas, h("div", { class: "field" }, sentence,
      h("div", { class: "row" }, h("button", { onclick: () => void another() }, said.another), mine))),
    h("table", { class: "figures pair" },
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, h("span", { class: "hidden-text" }, said.class)),
        h("th", { scope: "col" }, h("span", { class: "swatch whole" }), said.whole),
        h("th", { scope: "col" }, h("span", { class: "swatch broken" }), said.broken))),
      h("tbody", {}, rows.map((row) => row.element))));
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * The probabilities of one class.
 * @param {string} name
 */
function createRow(name) {
  const halves = ["whole", "broken"].map((kind) => {
    const [bar, text] = [createBar({ kind }), h("span", { class: "number" })];
    return { bar, text, element: h("span", { class: "measure" }, text, bar.element) };
  });
  return {
    element: h("tr", {}, h("th", { class: "name", scope: "row", title: name }, name),
      halves.map(({ element }) => h("td", {}, element))),
    /**
     * @param {...number} shares
     */
    show(...shares) {
      halves.forEach(({ bar, text }, k) => {
        bar.set(shares[k]);
        say(text, percent(shares[k]));
      });
    },
  };
}

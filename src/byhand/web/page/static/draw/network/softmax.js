// Softmax, step by step: how the scores of the classes become percentages, and what a temperature does to them.

import { fixed, number, percent } from "../../charts/numbers.js";
import { fill, h, oncePerFrame, say } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { softmax } from "../../network/nn.js";
import { words } from "../words.js";

/** @typedef {import("../../page/app.js").App} App */

const [COLDEST, HOTTEST] = [0.1, 5];
const text = words.softmax;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createSoftmax(app) {
  const { store } = app;
  const meaning = h("p", { class: "small", id: "temperature-meaning" });
  const slider = h("input", {
    type: "range", id: "temperature", min: String(COLDEST), max: String(HOTTEST), step: "0.05", list: "temperatures",
    "aria-describedby": meaning.id, oninput: () => store.set({ temperature: Number(slider.value) }),
  });
  const value = h("output", { class: "number", for: slider.id });
  const one = h("button", { type: "button", onclick: () => store.set({ temperature: 1 }) }, text.one);
  const body = h("tbody");
  const total = h("td", { class: "number" });
  const element = h("details", { class: "card softmax", id: "softmax", ontoggle: () => show() },
    h("summary", {}, h("h2", {}, text.title)),
    h("div", { class: "steps" }, h("p", {}, terms(text.lead)), h("p", { class: "formula" }, text.formula),
    h("div", { class: "field" }, h("label", { for: slider.id }, text.temperature, " ", value), slider,
      h("datalist", { id: "temperatures" }, h("option", { value: "1", label: text.one }))),
    h("div", { class: "row" }, one, meaning),
    h("div", { class: "scroll" }, h("table", {},
      h("thead", {}, h("tr", {}, text.heads.map((head) => h("th", { scope: "col" }, head)), h("td"))),
      body,
      h("tfoot", {}, h("tr", {},
        h("th", { scope: "row", colSpan: 3 }, text.sum), total, h("td", {}, percent(1)), h("td"))))),
    h("p", { class: "small muted" }, text.note)));
  /** @type {{cells: HTMLElement[], bar: HTMLElement, ink: HTMLElement}[]} */ let rows = [];

  function build() {
    rows = app.model.classes.map((name) => {
      const cells = Array.from({ length: 4 }, () => h("td"));
      const ink = h("span");
      const bar = h("span", { class: "bar" }, ink);
      body.append(h("tr", {}, h("th", { class: "name", scope: "row", title: name }, name), cells, h("td", { class: "barred" }, bar)));
      return { cells, bar, ink };
    });
    body.replaceChildren(...[...body.children].slice(-rows.length));
  }

  function show() {
    if (!element.open) return;
    const { logits } = app.reading.pass;
    const { temperature } = store.state;
    const p = softmax(logits, temperature);
    const scaled = Array.from(logits, (z) => z / temperature);
    const largest = Math.max(...scaled);
    const powers = scaled.map((each) => Math.exp(each - largest));
    const best = logits.indexOf(Math.max(...logits));
    rows.forEach(({ cells, bar, ink }, k) => {
      const shown = [fixed(logits[k], 2), fixed(scaled[k], 2), fixed(powers[k], 3), percent(p[k])];
      shown.forEach((each, i) => say(cells[i], each));
      ink.style.transform = `scaleX(${p[k].toFixed(4)})`;
      bar.classList.toggle("best", k === best);
    });
    say(total, fixed(powers.reduce((sum, each) => sum + each, 0), 3));
    slider.value = String(temperature);
    say(value, `T = ${number(temperature)}`);
    say(meaning, temperature === 1 ? text.asTrained : temperature < 1 ? text.colder : text.hotter);
    one.setAttribute("aria-disabled", String(temperature === 1)); // It keeps the focus, unlike a disabled one.
  }

  const showSoon = oncePerFrame(() => show());
  build();
  const off = [
    app.on("model", build),
    app.on("reading", show),
    store.subscribe((_, changed) => changed.has("temperature") && showSoon(null)),
  ];
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

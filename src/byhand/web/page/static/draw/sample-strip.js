// A row of real test images to choose from, and the way to those that the network finds hardest.

import { count, percent } from "../charts/numbers.js";
import { fill, h, oncePerFrame, say } from "../elements/dom.js";
import { shuffled } from "../network/random.js";
import { getData, sentenceOf } from "../server/api.js";
import { exported } from "../server/carrying.js";
import { judgeAll } from "./sample-orders.js";
import { createRow } from "./sample-row.js";
import { areDigits } from "../network/subject.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {"random" | "mistakes" | "uncertain"} Order */

const ROW = 12; // images shown at a time
const texts = words.strip;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createStrip(app) {
  /** @type {number[]} */ let all = []; // the numbers of all images
  /** @type {Map<Order, number[]>} */ let orders = new Map(); // found when first asked for
  let order = /** @type {Order | ""} */ ("");
  let place = -1; // in the order
  let disposed = false;
  const title = h("h2", { id: "strip-title" }, texts.title);
  const lead = h("p", { class: "muted small" });
  const row = createRow(app, (sample) => {
    order = "";
    choose(sample);
  });
  const verdict = h("p", { class: "strip-verdict small", role: "status" });
  const button = (/** @type {string} */ name, /** @type {Order} */ by) =>
    h("button", { type: "button", onclick: () => void next(by) }, name);
  const random = button(texts.random, "random");
  const buttons = h("div", { class: "row" },
    random, button(texts.mistake, "mistakes"), button(texts.uncertain, "uncertain"));
  const element = h("section", { class: "card strip", "aria-labelledby": "strip-title" },
    title, lead, row.element, buttons, verdict);

  /** @param {Sample} sample */
  function choose(sample) {
    app.useSample(sample, "test");
  }

  /**
   * @param {Order} by
   * @returns {Promise<number[]>} numbers of images
   */
  async function inOrder(by) {
    if (!all.length) await start(); // The server may not have answered before.
    if (by === "random") return orders.get(by) ?? shuffled(all);
    if (!orders.has(by)) {
      say(verdict, texts.loading);
      const { model } = app;
      const { mistakes, uncertain } = await judgeAll(model, app.store.state.model);
      if (app.model === model) orders.set("mistakes", mistakes).set("uncertain", uncertain);
      return by === "mistakes" ? mistakes : uncertain;
    }
    return orders.get(by) ?? [];
  }

  let asked = 0; // Only what was asked for last is shown.
  /**
   * Choose the next image of an order, and show those around it.
   * @param {Order} by
   */
  async function next(by) {
    const mine = ++asked;
    try {
      const numbers = await inOrder(by);
      if (mine !== asked || disposed) return;
      if (!numbers.length) return say(verdict, texts.none);
      const at = order === by ? (place + 1) % numbers.length : 0;
      const first = at - (at % ROW);
      await row.show(numbers.slice(first, first + ROW));
      if (mine !== asked || disposed) return;
      orders.set(by, numbers);
      [order, place] = [by, at];
      const sample = row.sample(numbers[at]);
      if (sample) choose(sample);
    } catch (error) {
      if (mine === asked) complain(error);
    }
  }

  /** @param {unknown} error */
  function complain(error) {
    say(verdict, sentenceOf(error));
  }

  /** Say whether the network is right about the image chosen. */
  const judge = oncePerFrame(() => {
    row.mark(app.sample && app.store.state.image?.part === "test" ? app.sample.index : -1);
    if (app.reading.label === null || !app.sample) return say(verdict, "");
    const counted = order && order !== "random" && orders.get(order)?.[place] === app.sample.index
      ? ` ${fill(texts.place, { place: place + 1, n: count(orders.get(order)?.length ?? 0) })}` : "";
    say(verdict, verdictOf(app) + counted);
  });

  /** Show the first images. */
  async function start() {
    try {
      const { name, classes, test } = await getData();
      say(title, areDigits(classes, name) ? texts.title : texts.titleOther);
      all = exported ? exported.indices : Array.from({ length: test }, (_, index) => index);
      say(lead, fill(exported ? texts.carried : texts.lead, { n: count(all.length) }));
      buttons.hidden = test === 0;
      await row.show(all.slice(0, ROW));
      if (!disposed) judge(null);
    } catch (error) {
      if (!disposed) complain(error);
    }
  }

  const stops = [
    app.on("reading", () => judge(null)),
    app.on("ink", () => { asked++; }), // Who draws on does not want the image any more that is still being fetched.
    app.on("theme", row.paint),
    app.on("model", () => {
      asked++;
      const kept = orders.get("random");
      orders = new Map(kept ? [["random", kept]] : []); // Another network makes other mistakes.
    }),
    app.keys.listen({ r: () => random.click() }),
    () => { disposed = true; },
  ];
  void start();
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * Say whether the network is right about an image of the data.
 * @param {App} app
 * @returns {string}
 */
function verdictOf({ reading: { label, answer }, model, sample }) {
  const [best, probability] = answer.guesses[0];
  const name = model.classes[label ?? 0] ?? String(label);
  const right = best === name;
  const sentence = answer.name === null
    ? (right ? texts.unsureRight : texts.unsureWrong) : (right ? texts.right : texts.wrong);
  return fill(sentence, { index: sample?.index ?? 0, label: name, best, percent: percent(probability) });
}

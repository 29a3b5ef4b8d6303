// A row of real test images to choose from, and the way to those that the network finds hardest.

import { Refused, exported, getData, getImages } from "../api.js";
import { fill, h, oncePerFrame, say } from "../dom.js";
import { listenKeys } from "../keys.js";
import { judgeAll, shuffled } from "./orders.js";
import { paintBytes } from "../pixels.js";
import { SIDE } from "../prepare.js";
import { count, percent } from "../scale.js";
import { words } from "../words/en.js";

/** @typedef {import("../app.js").App} App */
/** @typedef {import("../api.js").Sample} Sample */
/** @typedef {"random" | "mistakes" | "uncertain"} Order */

const ROW = 12; // images shown at a time
const texts = words.draw.strip;

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
  const lead = h("p", { class: "muted small" });
  const row = rowOf(app, (sample) => {
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
    h("h2", { id: "strip-title" }, texts.title), lead, row.element, buttons, verdict);

  /** @param {Sample} sample */
  function choose(sample) {
    app.useSample(sample, "test");
  }

  /**
   * @param {Order} by
   * @returns {Promise<number[]>} numbers of images
   */
  async function inOrder(by) {
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
    say(verdict, error instanceof Refused && error.message ? error.message : words.noServer);
  }

  /** Say whether the network is right about the image chosen. */
  const judge = oncePerFrame(() => {
    row.mark(app.sample && app.store.state.image?.part === "test" ? app.sample.index : -1);
    const { label, answer } = app.reading;
    if (label === null || !app.sample) return say(verdict, "");
    const [best, probability] = answer.guesses[0];
    const name = app.model.classes[label] ?? String(label);
    const right = best === name;
    const sentence = answer.name === null
      ? (right ? texts.unsureRight : texts.unsureWrong) : (right ? texts.right : texts.wrong);
    const values = { index: app.sample.index, label: name, best, percent: percent(probability) };
    const counted = order && order !== "random" && orders.get(order)?.[place] === app.sample.index
      ? ` ${fill(texts.place, { place: place + 1, n: count(orders.get(order)?.length ?? 0) })}` : "";
    say(verdict, fill(sentence, values) + counted);
  });

  /** Show the first images. */
  async function start() {
    try {
      const { test } = await getData();
      all = exported ? exported.indices : Array.from({ length: test }, (_, index) => index);
      say(lead, fill(exported ? texts.carried : texts.lead, { n: count(test) }));
      buttons.hidden = test === 0;
      await row.show(all.slice(0, ROW));
      if (!disposed) judge(null);
    } catch (error) {
      complain(error);
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
    listenKeys({ r: () => random.click() }),
    () => { disposed = true; },
  ];
  void start();
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * Make the row of images: buttons of which one has the focus, and arrow keys to go from one to the next.
 * @param {App} app
 * @param {(sample: Sample) => void} chosen
 */
function rowOf(app, chosen) {
  /** @type {Sample[]} */ let samples = [];
  /** @type {HTMLButtonElement[]} */ let buttons = [];
  const element = h("div", { class: "strip-row", role: "toolbar", "aria-label": texts.images, onkeydown: move });

  /** @param {KeyboardEvent} event */
  function move(event) {
    const at = buttons.findIndex((button) => button === document.activeElement);
    /** @type {Record<string, number>} */
    const places = { ArrowRight: at + 1, ArrowDown: at + 1, ArrowLeft: at - 1, ArrowUp: at - 1, Home: 0, End: -1 };
    const to = places[event.key];
    if (at < 0 || to === undefined) return;
    event.preventDefault();
    const button = buttons.at(to % buttons.length);
    stop(button);
    button?.focus();
  }

  /** Let the tab key stop at one button only. @param {HTMLButtonElement | undefined} at */
  function stop(at) {
    for (const button of buttons) button.tabIndex = button === at ? 0 : -1;
  }

  /** Paint all images in the colours of the theme. */
  function paint() {
    samples.forEach(({ pixels }, k) => {
      const canvas = buttons[k].querySelector("canvas");
      if (canvas) paintBytes(canvas, pixels, SIDE, SIDE);
    });
  }

  /**
   * Show these images, if they are not shown already.
   * @param {number[]} numbers
   */
  async function show(numbers) {
    if (numbers.length === samples.length && numbers.every((index, k) => samples[k].index === index)) return;
    const found = await getImages("test", numbers);
    const focused = buttons.findIndex((button) => button === document.activeElement);
    samples = found;
    buttons = samples.map((sample) => h("button", {
      type: "button", "data-index": sample.index, "aria-pressed": "false", onclick: () => chosen(sample),
      "aria-label": fill(texts.image, { index: sample.index, label: app.model.classes[sample.label] ?? sample.label }),
    }, h("canvas", { class: "pixelated", "aria-hidden": "true" })));
    paint();
    element.replaceChildren(...buttons);
    stop(buttons[0]);
    if (focused >= 0) buttons[Math.min(focused, buttons.length - 1)]?.focus();
  }

  /**
   * Mark the image that is read.
   * @param {number} index −1 for none
   */
  function mark(index) {
    samples.forEach((sample, k) => buttons[k].setAttribute("aria-pressed", String(sample.index === index)));
    const at = samples.findIndex((sample) => sample.index === index);
    if (at >= 0) stop(buttons[at]);
  }

  const sample = (/** @type {number} */ index) => samples.find((one) => one.index === index) ?? null;
  return { element, show, mark, paint, sample };
}

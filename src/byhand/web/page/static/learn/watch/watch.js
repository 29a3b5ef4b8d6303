// All that is to be seen of a network while it learns, and how often it is drawn anew.

import { h } from "../../elements/dom.js";
import { pace } from "../pace.js";
import { createUse } from "../use-network.js";
import { createConfusion } from "./confusion.js";
import { createCurves } from "./curves.js";
import { createDrawing } from "./drawing.js";
import { createLook } from "./fetch-network.js";
import { createMemory } from "./memory.js";
import { createSeen } from "./seen.js";
import { createTime } from "./time.js";
import { createWeights } from "./weights.js";

/** @typedef {"snapshot" | "figures" | "state" | "connection"} News */

const LINES = 100; // milliseconds between two drawings: more often, they would take from the training what they show

/**
 * @param {import("../../page/app.js").App} app
 * @param {import("../training/training.js").Training} training
 * @returns {{curves: HTMLElement, weights: HTMLElement, seen: HTMLElement, others: HTMLElement, use: HTMLElement,
 *            hear: (news: News) => void, dispose: () => void}}
 */
export function createWatch(app, training) {
  const memory = app.once(createMemory); // Who goes to another view and comes back finds the past again.
  const time = createTime(show);
  const curves = createCurves(time.element, memory);
  const confusion = createConfusion(app.model.classes);
  const weights = createWeights();
  const drawing = createDrawing(app);
  const seen = createSeen(app);
  const use = createUse(app);
  /** @type {import("../../network/nn.js").Model | null} */ let latest = null;
  const look = createLook(() => training.visible, (model) => {
    latest = model;
    memory.keep(model, training.snapshot);
    time.show(memory.moments);
    use.take(model);
    if (time.chosen) drawing.take(time.chosen.model, model);
    else show(null);
  });
  const lines = pace(() => {
    curves.show(training.snapshot, time.chosen?.images ?? null);
    if (!time.chosen) confusion.show(training.snapshot);
    seen.show(training.snapshot);
    weights.showSilent(training.snapshot);
    use.follow(training.snapshot);
  }, LINES);

  /** Show the network of a moment, or the one of now. @param {import("./memory.js").Moment | null} moment */
  function show(moment) {
    const model = moment?.model ?? latest;
    if (!model) return;
    weights.show(model);
    drawing.take(model, moment ? latest : null);
    if (moment) confusion.showTable(moment.confusion, model.classes);
    lines.ask(true);
  }

  /** Remember, and forget with a training that begins anew. */
  function follow() {
    memory.follow(training.snapshot);
    time.show(memory.moments);
    const begins = training.snapshot.state === "starting";
    weights.element.classList.toggle("stale", begins);
    if (begins && latest) drawing.take((latest = null), null); // What is still shown has nothing to do with it.
  }
  const off = app.on("theme", () => {
    weights.repaint(); // at once: paper does not wait until the network has come again
    look.ask();
    lines.ask(true);
  });
  follow();
  lines.ask(true);
  return {
    curves: curves.element,
    weights: weights.element,
    seen: seen.element,
    others: h("div", { class: "others" }, drawing.element, confusion.element),
    use: use.element,
    hear(news) {
      follow();
      lines.ask(news !== "figures");
      // That the server is back says nothing yet of a network: it may have been begun anew.
      if (news !== "connection") look.ask();
    },
    dispose() {
      off();
      look.close();
      lines.stop();
      [curves, drawing, seen, use].forEach((part) => part.dispose());
    },
  };
}

// All that is to be seen of a network while it learns, and how often it is drawn anew.

import { h } from "../../elements/dom.js";
import { pace } from "../pace.js";
import { createUse } from "../use-network.js";
import { createConfusion } from "./confusion.js";
import { createCurves } from "./curves.js";
import { createDrawing } from "./drawing.js";
import { createLook } from "./fetch-network.js";
import { createWeights } from "./weights.js";

/** @typedef {"snapshot" | "figures" | "state" | "connection"} News */

const LINES = 100; // milliseconds between two drawings: more often, they would take from the training what they show

/**
 * @param {import("../../page/app.js").App} app
 * @param {import("../training/training.js").Training} training
 * @returns {{curves: HTMLElement, weights: HTMLElement, others: HTMLElement, use: HTMLElement,
 *            hear: (news: News) => void, dispose: () => void}}
 */
export function createWatch(app, training) {
  const curves = createCurves();
  const confusion = createConfusion(app.model.classes);
  const weights = createWeights();
  const drawing = createDrawing(app);
  const use = createUse(app);
  const look = createLook(() => training.visible, (model) => {
    weights.show(model);
    drawing.take(model);
    use.take(model);
  });
  const lines = pace(() => {
    curves.show(training.snapshot);
    confusion.show(training.snapshot);
    weights.showSilent(training.snapshot);
    use.follow(training.snapshot);
  }, LINES);
  const off = app.on("theme", () => {
    look.ask();
    lines.ask(true);
  });
  lines.ask(true);
  return {
    curves: curves.element,
    weights: weights.element,
    others: h("div", { class: "others" }, drawing.element, confusion.element),
    use: use.element,
    hear(news) {
      lines.ask(news !== "figures");
      // That the server is back says nothing yet of a network: it may have been begun anew.
      if (news !== "connection") look.ask();
    },
    dispose() {
      off();
      look.close();
      lines.stop();
      [curves, drawing, use].forEach((part) => part.dispose());
    },
  };
}

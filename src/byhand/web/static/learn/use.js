// Lets the other parts of the page read with the network in training, and takes them back to the one they came with.

import { h, say } from "../dom.js";
import { words } from "../words/en.js";

/** @typedef {import("../nn.js").Model} Model */

const text = words.learn.use;

/**
 * @param {import("../app.js").App} app
 * @returns {{element: HTMLElement, take: (model: Model) => void, dispose: () => void}}
 */
export function createUse(app) {
  const button = h("button", { type: "button", "data-use": "training", onclick: toggle });
  const about = h("span", { class: "muted small" });
  const element = h("div", { class: "row use", hidden: true }, button, about);
  /** @type {Model | null} */ let model = null;

  /** Use the one in training everywhere, or no more. */
  function toggle() {
    app.store.set({ model: app.store.state.model === "training" ? "served" : "training" });
  }

  /** Say which one is used. */
  function show() {
    const used = app.store.state.model === "training";
    element.hidden = model === null && !used;
    say(button, used ? text.back : text.use);
    button.dataset.use = used ? "served" : "training";
    say(about, used ? text.used : text.about);
  }

  const off = app.store.subscribe(show);
  show();
  return {
    element,
    take(now) {
      model = now;
      if (app.store.state.model === "training") app.useModel(now); // They go on seeing it as it learns.
      show();
    },
    dispose: off,
  };
}

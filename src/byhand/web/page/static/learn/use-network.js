// Lets the other parts of the page read with the network in training, and takes them back to the one they came with.

import { h, say } from "../elements/dom.js";
import { hasNetwork } from "../server/phases.js";
import { words } from "./words.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../server/messages.js").Snapshot} Snapshot */

const text = words.use;

/**
 * @param {import("../page/app.js").App} app
 * @returns {{element: HTMLElement, take: (model: Model) => void, follow: (snapshot: Snapshot) => void,
 *            dispose: () => void}}
 */
export function createUse(app) {
  const button = h("button", { type: "button", "data-use": "training", onclick: toggle });
  const about = h("span", { class: "muted small" });
  const element = h("div", { class: "row use" }, button, about);
  let learned = false;

  /** Use the one in training everywhere, or no more. */
  function toggle() {
    app.store.set({ model: app.store.state.model === "training" ? "served" : "training" });
  }

  /** Say which one is used. */
  function show() {
    const used = app.store.state.model === "training";
    element.classList.toggle("vacant", !learned && !used); // It keeps its place: nothing moves when there is something.
    say(button, used ? text.back : text.use);
    button.dataset.use = used ? "served" : "training";
    say(about, used ? text.used : text.about);
  }

  const off = app.store.subscribe(show);
  show();
  return {
    element,
    /** @param {Model} now they go on seeing it as it learns */
    take(now) {
      if (app.store.state.model === "training") app.useModel(now);
    },
    /** @param {Snapshot} snapshot */
    follow({ state, figures, event }) {
      // A server begun anew knows of no training; before the first event nobody knows.
      if (state === "none" && event >= 0 && app.store.state.model === "training") app.store.set({ model: "served" });
      learned = hasNetwork(state) && (figures?.images ?? 0) > 0;
      show();
    },
    dispose: off,
  };
}

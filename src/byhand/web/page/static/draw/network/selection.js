// Which unit is looked at: the one under the pointer or the keyboard's focus, or else the one that was kept and stands
// in the link. The network sets it, the network and the inspector show it.

import { terms } from "../../network/nn.js";
import { createEmitter } from "../../page/emitter.js";
import { gridShape } from "../../units/arrange.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../network/nn.js").Term} Term */
/** @typedef {{layer: number, unit: number}} Neuron the layer is counted from 0, the first one above the image */
/** @typedef {ReturnType<typeof createSelection>} Selection */

/**
 * All parts of the page share one: `app.once(createSelection, app)`.
 * @param {App} app
 */
export function createSelection(app) {
  const { on, tell } = createEmitter();
  /** @type {Neuron | null} */ let passing = null;
  /** @type {Neuron | null} */ let last = null;
  let lying = false;
  /** @type {{reading: unknown, neuron: Neuron, terms: Term[]} | null} */ let summed = null;

  app.store.subscribe((_, changed) => {
    if (changed.has("neuron")) tell();
  });
  app.on("model", () => {
    passing = last = summed = null;
  });

  /** Return the neuron if the network has it: a link may name any. @param {Neuron | null} neuron */
  function existing(neuron) {
    const { sizes } = app.model;
    return neuron && neuron.layer + 1 < sizes.length && neuron.unit < sizes[neuron.layer + 1] ? neuron : null;
  }

  return {
    /** @returns {Neuron | null} the one that was kept */
    kept: () => existing(app.store.state.neuron),

    /** @returns {Neuron | null} the one that is looked at */
    shown: () => existing(passing) ?? existing(app.store.state.neuron),

    /** @returns {Neuron | null} the one that is looked at, or else the one that was: its numbers can still be read */
    lately: () => existing(passing) ?? existing(app.store.state.neuron) ?? existing(last),

    /** Look at a neuron for now; at none, the kept one is shown again. @param {Neuron | null} neuron */
    look(neuron) {
      if (same(neuron, passing)) return;
      last = passing;
      passing = neuron;
      tell();
    },

    /** Look at nothing, and keep nothing. */
    release() {
      passing = last = null;
      if (app.store.state.neuron) app.store.set({ neuron: null });
      else tell();
    },

    /** Keep a neuron, or let go of it if it is the kept one. @param {Neuron | null} neuron */
    keep(neuron) {
      last = neuron;
      app.store.set({ neuron: same(neuron, app.store.state.neuron) ? null : neuron });
    },

    /** Return the terms of a neuron's weighted sum, the largest first. @param {Neuron} neuron @returns {Term[]} */
    terms(neuron) {
      const { reading, model } = app;
      if (!summed || summed.reading !== reading || !same(summed.neuron, neuron)) {
        summed = { reading, neuron, terms: terms(model, reading.pass, neuron.layer, neuron.unit) };
      }
      return summed.terms;
    },

    /** Return the grid of what goes into a layer. @param {number} layer @returns {import("../../units/arrange.js").Shape} */
    inputShape(layer) {
      const { imageShape: [rows, columns], sizes } = app.model;
      return layer === 0 ? { columns, rows } : gridShape(sizes[layer], lying);
    },

    /** Say whether the grids lie on their side, as they do on a narrow screen. @param {boolean} lie */
    lie(lie) {
      if (lie === lying) return;
      lying = lie;
      tell();
    },

    /** Be told when another neuron is looked at or kept. */
    on,
  };
}

/**
 * @param {Neuron | null} one
 * @param {Neuron | null} other
 */
export function same(one, other) {
  return one === other || (one !== null && other !== null && one.layer === other.layer && one.unit === other.unit);
}

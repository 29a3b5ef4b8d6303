// Which unit is looked at: the one under the pointer or the keyboard's focus, or else the one that was kept and stands
// in the link; before anybody has chosen one, the most active unit of the first layer, whose weights are a picture. The
// network sets it, the network and the inspector show it.

import { terms } from "../../network/nn.js";
import { createEmitter } from "../../page/emitter.js";

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
  let strongest = 0; // the unit that is shown as long as none was chosen
  /** @type {import("../../units/arrange.js").Shape[]} */ let shapes = [];
  /** @type {{reading: unknown, neuron: Neuron, terms: Term[]} | null} */ let summed = null;

  app.store.subscribe((_, changed) => {
    if (changed.has("neuron")) tell();
  });
  app.on("model", () => {
    passing = last = summed = null;
    strongest = 0;
  });

  /** Return the neuron if the network has it: a link may name any. @param {Neuron | null} neuron */
  function existing(neuron) {
    const { sizes } = app.model;
    return neuron && neuron.layer + 1 < sizes.length && neuron.unit < sizes[neuron.layer + 1] ? neuron : null;
  }

  const selection = {
    /** @returns {Neuron | null} the one that was kept */
    kept: () => existing(app.store.state.neuron),

    /** @returns {Neuron | null} the one that was chosen: looked at, or kept, or looked at last */
    chosen: () => existing(passing) ?? existing(app.store.state.neuron) ?? existing(last),

    /** @returns {Neuron} the one to show */
    shown() {
      const chosen = selection.chosen();
      if (chosen) return chosen;
      const outputs = app.reading.pass.inputs[1] ?? app.reading.pass.probabilities;
      if (!(outputs[strongest] > 0)) strongest = Math.max(0, outputs.indexOf(Math.max(...outputs))); // until it is silent
      return { layer: 0, unit: strongest };
    },

    /** Whether somebody looks at it just now. */
    get passing() { return existing(passing) !== null; },

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
      return layer === 0 ? { columns, rows } : shapes[layer] ?? { columns: sizes[layer], rows: 1 };
    },

    /** Say how the image and the layers are laid out. @param {import("../../units/arrange.js").Shape[]} given */
    lay(given) {
      shapes = given;
      tell();
    },

    /** Be told when another neuron is looked at or kept. */
    on,
  };
  return selection;
}

/**
 * @param {Neuron | null} one
 * @param {Neuron | null} other
 */
export function same(one, other) {
  return one === other || (one !== null && other !== null && one.layer === other.layer && one.unit === other.unit);
}

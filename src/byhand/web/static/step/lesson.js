// What is being taught: the image, its label, the network, and every number of one step. It outlives the view, so that
// who returns to the tab within the session finds it as it was.

import { getData, getImages, getModel } from "../api.js";
import { backward, crossEntropy, forward, logSoftmax, parseModel, step, terms, toInput, withTheta } from "../nn.js";
import { greatest } from "../palette.js";
import { words } from "../words/en.js";
import { initialParameters } from "./fresh.js";

/** @typedef {import("../nn.js").Model} Model */
/** @typedef {import("../nn.js").Pass} Pass */
/** @typedef {import("../nn.js").Backward} Backward */
/** @typedef {"train" | "drawing"} Source */
/** @typedef {"fresh" | "own" | "training"} Network */
/** @typedef {{theta: Float32Array, pass: Pass, loss: number}} After */
/** @typedef {ReturnType<typeof createLesson>} Lesson */

/** @type {{source: Source, index: number, sample: import("../api.js").Sample | null, drawingLabel: number | null,
 *   network: Network, seed: number, base: Model | null, baseName: string, theta: Float32Array | null, steps: number,
 *   history: number[], shownImage: string, stage: number, units: number[], chosenByHand: Set<number>, layer: number,
 *   pixel: number, rate: number, images: number}} */
const memory = {
  source: "train", index: 0, sample: null, drawingLabel: null,
  network: "fresh", seed: 1, base: null, baseName: "", theta: null, steps: 0,
  history: [], shownImage: "", stage: 0, units: [], chosenByHand: new Set(), layer: 0, pixel: 0, rate: 0.01, images: 0,
};
/** @type {Promise<Model> | null} */ let served = null;

/** @param {import("../app.js").App} app */
export function createLesson(app) {
  /** @type {Set<() => void>} */ const listeners = new Set();
  /** @type {{model: Model, image: Uint8Array, label: number, pass: Pass, back: Backward} | null} */ let now = null;
  /** @type {After | null | undefined} */ let after; // undefined: not computed yet
  let problem = "";
  let asked = 0;

  function tell() {
    for (const listener of [...listeners]) listener();
  }

  /** Fetch what is chosen and not there yet, then compute everything anew. */
  async function load() {
    const mine = ++asked;
    try {
      const name = memory.network === "fresh" ? `fresh ${memory.seed}` : memory.network;
      const base = memory.baseName === name && memory.base ? memory.base : await fetchNetwork();
      if (memory.source === "train" && memory.sample?.index !== memory.index) {
        memory.images ||= (await getData()).train;
        memory.index = Math.max(0, Math.min(memory.images - 1, memory.index));
        const [sample] = await getImages("train", [memory.index]);
        if (mine !== asked) return;
        memory.sample = sample;
      }
      if (mine !== asked) return;
      if (base !== memory.base) startWith(base, name);
      problem = "";
      compute();
    } catch (error) {
      if (mine !== asked) return;
      problem = (error instanceof Error && error.message) || words.noServer;
    }
    tell();
  }

  /** @returns {Promise<Model>} the network that is chosen, before any step */
  async function fetchNetwork() {
    if (memory.network === "training") return parseModel(await getModel("training"));
    served ??= getModel("served").then(parseModel);
    served.catch(() => { served = null; });
    const own = await served;
    return memory.network === "own" ? own : withTheta(own, initialParameters(own.sizes, own.activation, memory.seed));
  }

  /**
   * Begin from a network; no step has been made.
   * @param {Model} base
   * @param {string} name
   */
  function startWith(base, name) {
    const sameSizes = memory.base?.sizes.join() === base.sizes.join();
    Object.assign(memory, { base, baseName: name, theta: base.theta, steps: 0, history: [] });
    memory.chosenByHand.clear();
    if (!sameSizes) memory.layer = 0;
  }

  /** Run the network there and back on what is chosen. */
  function compute() {
    const { base, theta, sample } = memory;
    if (!base || !theta || (memory.source === "train" && !sample)) return;
    const drawn = app.reading;
    const image = memory.source === "train" && sample ? sample.pixels : drawn.image;
    const best = drawn.pass.probabilities.reduce((most, p, k, all) => (p > all[most] ? k : most), 0);
    const label = memory.source === "train" && sample ? sample.label
      : Math.min(base.classes.length - 1, memory.drawingLabel ?? drawn.label ?? best);
    const model = withTheta(base, theta);
    const pass = forward(model, toInput(image));
    now = { model, image, label, pass, back: backward(model, pass, label) };
    after = undefined;
    const shownImage = `${memory.source} ${label} ${image.join("")}`;
    if (shownImage !== memory.shownImage || memory.history.length === 0) {
      memory.shownImage = shownImage;
      memory.history = [pass.probabilities[label]];
      memory.chosenByHand.clear();
    }
    pickUnits(now);
  }

  /**
   * Choose the units to look at, where nobody chose any: those with the largest delta, and the right class.
   * @param {{model: Model, label: number, pass: Pass, back: Backward}} now
   */
  function pickUnits({ model, label, pass, back }) {
    const last = back.deltas.length - 1;
    memory.units = back.deltas.map((delta, layer) => {
      if (memory.chosenByHand.has(layer)) return memory.units[layer];
      return layer === last ? label : Math.max(0, delta.findIndex((each) => Math.abs(each) === greatest(delta)));
    });
    if (!memory.chosenByHand.has(-1)) memory.pixel = terms(model, pass, 0, memory.units[0])[0].from;
    memory.layer = Math.min(memory.layer, last);
  }

  const lesson = {
    memory,
    /** All numbers of the step, or null while something is missing. */
    get now() { return now; },
    get problem() { return problem; },
    load,

    /** @param {() => void} listener */
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    /**
     * Choose something else to learn from, another network, another stage …
     * @param {Partial<typeof memory>} patch
     */
    set(patch) {
      Object.assign(memory, patch);
      void load();
    },

    /** Look at a stage. @param {number} stage */
    goTo(stage) {
      memory.stage = stage;
      tell();
    },

    /**
     * Look at a unit; layer −1 is the image.
     * @param {number} layer
     * @param {number} unit
     */
    choose(layer, unit) {
      memory.chosenByHand.add(layer);
      if (layer < 0) memory.pixel = unit;
      else {
        memory.layer = layer;
        memory.units[layer] = unit;
      }
      tell();
    },

    /** @param {number} rate */
    setRate(rate) {
      memory.rate = rate;
      after = undefined;
      tell();
    },

    /** @returns {After | null} the network after one step; null if its numbers would grow beyond all bounds */
    after() {
      if (!now) return null;
      if (after === undefined) {
        const theta = step(now.model.theta, now.back.gradient, memory.rate);
        after = null;
        if (theta.every(Number.isFinite)) {
          const pass = forward(withTheta(now.model, theta), now.pass.inputs[0]);
          const loss = crossEntropy(logSoftmax(pass.logits), now.label);
          if (Number.isFinite(loss)) after = { theta, pass, loss };
        }
      }
      return after;
    },

    /** Make the step, and keep the new weights. */
    apply() {
      const made = lesson.after();
      if (!now || !made) return;
      memory.theta = made.theta;
      memory.steps++;
      memory.history.push(made.pass.probabilities[now.label]);
      compute();
      tell();
    },

    /** Go back to the weights before the first step. */
    restart() {
      if (!memory.base) return;
      Object.assign(memory, { theta: memory.base.theta, steps: 0, history: [] });
      compute();
      tell();
    },
  };
  return lesson;
}

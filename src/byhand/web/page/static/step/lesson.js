// What is being taught: the image, its label, the network, and every number of one step. It outlives the view, so that
// who returns to the tab within the session finds it as it was; what can be said in a few words, the link holds too.

import { encodeStrokes } from "../link/strokes.js";
import { initialParameters } from "../network/initial.js";
import { parseModel, withTheta } from "../network/model.js";
import { createEmitter } from "../page/emitter.js";
import { getData, getImages, getModel, hasTraining, sentenceOf } from "../server/api.js";
import { facts } from "../server/facts.js";
import { START, fromText, toText } from "./link.js";
import { reckon, reckonAfter, strongestPixel, strongestUnits } from "./one-step.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("./link.js").Source} Source */
/** @typedef {import("./link.js").Network} Network */
/** @typedef {import("./one-step.js").Now} Now */
/** @typedef {import("./one-step.js").After} After */
/** @typedef {ReturnType<typeof createLesson>} Lesson */

/**
 * What outlives the view.
 * @typedef {import("./link.js").Choice & {sample: import("../server/api.js").Sample | null, labelled: string,
 *   base: Model | null, baseName: string, theta: Float32Array | null, steps: number, history: number[],
 *   shownImage: string, units: number[], chosenByHand: Set<number>, layer: number, pixel: number, images: number}} Memory
 */

/** @returns {Memory} */
function createMemory() {
  return {
    ...START, sample: null, labelled: "", base: null, baseName: "", theta: null, steps: 0, history: [],
    shownImage: "", units: [], chosenByHand: new Set(), layer: 0, pixel: 0, images: 0,
  };
}

/**
 * @param {Memory} memory
 * @param {Model} served
 * @returns {Promise<Model>} the network that is chosen, before any step
 */
async function fetchNetwork({ network, seed }, served) {
  if (network === "training") return parseModel(await getModel("training"));
  if (network === "own") return served;
  return withTheta(served, initialParameters(served.sizes, facts.gains[served.activation], seed));
}

/**
 * @param {Memory} memory
 * @returns {Promise<import("../server/api.js").Sample>} the training image that is chosen, or the nearest that there is
 */
async function fetchSample(memory) {
  memory.images ||= (await getData()).train;
  memory.index = Math.max(0, Math.min(memory.images - 1, memory.index));
  if (memory.sample?.index === memory.index) return memory.sample;
  const [sample] = await getImages("train", [memory.index]);
  return sample;
}

/**
 * Begin from a network; no step has been made.
 * @param {Memory} memory
 * @param {Model} base
 * @param {string} name
 */
function startWith(memory, base, name) {
  if (memory.base?.sizes.join() !== base.sizes.join()) memory.layer = 0;
  Object.assign(memory, { base, baseName: name, theta: base.theta, steps: 0, history: [] });
  memory.chosenByHand.clear();
}

/**
 * Say what is learned from: the training image, or what is in Draw. What somebody said of a drawing holds for that
 * drawing only.
 * @param {Memory} memory
 * @param {App} app
 * @param {string[]} classes
 * @returns {{image: Uint8Array, label: number} | null} null while it is not there yet, or if the network does not know its class
 */
function example(memory, { reading, store: { state } }, classes) {
  if (memory.source === "train") {
    const label = classes.indexOf(memory.sample?.name ?? "");
    return memory.sample && label >= 0 ? { image: memory.sample.pixels, label } : null;
  }
  // The link names the image before it is there; only pictures, which no link holds, are known by their pixels.
  const { image: named, strokes } = state;
  const drawing = named ? `${named.part}.${named.index}`
    : reading.source === "picture" ? reading.image.join("") : encodeStrokes(strokes);
  memory.labelled ||= drawing;
  if (memory.labelled !== drawing) Object.assign(memory, { label: null, labelled: drawing });
  const { probabilities } = reading.pass;
  const label = memory.label ?? reading.label ?? probabilities.indexOf(Math.max(...probabilities));
  return { image: reading.image, label: Math.min(classes.length - 1, label) };
}

/**
 * Look at what is worth it, where nobody chose anything.
 * @param {Memory} memory
 * @param {Now} now
 */
function lookAt(memory, now) {
  memory.units = strongestUnits(now).map((unit, layer) =>
    (memory.chosenByHand.has(layer) ? memory.units[layer] : unit));
  if (!memory.chosenByHand.has(-1)) memory.pixel = strongestPixel(now, memory.units[0]);
  memory.layer = Math.min(memory.layer, now.back.deltas.length - 1);
}

/** @param {App} app */
export function createLesson(app) {
  const memory = app.once(createMemory);
  const changes = createEmitter();
  /** @type {Now | null} */ let now = null;
  /** @type {After | null | undefined} */ let after; // undefined: not computed yet
  let problem = "";
  let asked = 0;
  Object.assign(memory, chosenInLink());

  /** @returns {Partial<Memory>} what the link chooses, if that is something else than what is shown */
  function chosenInLink() {
    const { step } = app.store.state;
    return step === toText(memory) ? {} : { ...fromText(step), labelled: "" };
  }

  /** Let everybody know, the link as well. */
  function tell() {
    app.store.set({ step: toText(memory) });
    changes.tell();
  }

  /** Fetch what is chosen and not there yet, then compute everything anew. */
  async function load() {
    const mine = ++asked;
    let said = "";
    try {
      const lost = memory.network === "training" && memory.baseName !== "training" && !(await hasTraining());
      if (mine !== asked) return;
      if (lost) [memory.network, said] = ["fresh", words.setting.noTraining];
      const name = memory.network === "fresh" ? `fresh ${memory.seed}` : memory.network;
      const base = memory.baseName === name && memory.base ? memory.base : await fetchNetwork(memory, app.served);
      const sample = memory.source === "train" ? await fetchSample(memory) : memory.sample;
      if (mine !== asked) return;
      memory.sample = sample;
      if (base !== memory.base) startWith(memory, base, name);
      compute();
    } catch (error) {
      if (mine !== asked) return;
      said = sentenceOf(error);
    }
    problem = said;
    tell();
  }

  /** Run the network there and back on what is chosen. */
  function compute() {
    const { base, theta } = memory;
    const chosen = base && example(memory, app, base.classes);
    if (!base || !theta || !chosen) return;
    now = reckon(withTheta(base, theta), chosen.image, chosen.label);
    after = undefined;
    const shownImage = `${memory.source} ${chosen.label} ${chosen.image.join("")}`;
    if (shownImage !== memory.shownImage || memory.history.length === 0) {
      memory.shownImage = shownImage;
      memory.history = [now.pass.probabilities[chosen.label]];
      memory.chosenByHand.clear();
    }
    lookAt(memory, now);
  }

  const lesson = {
    memory,
    /** All numbers of the step, or null while something is missing. */
    get now() { return now; },
    get problem() { return problem; },
    load,
    on: changes.on,

    /** Show what the link chooses, if that is something else. */
    followLink() {
      const chosen = chosenInLink();
      if (Object.keys(chosen).length) lesson.set(chosen);
    },

    /**
     * Choose something else to learn from, another network, another stage …
     * @param {Partial<Memory>} patch
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
      if (after === undefined) after = reckonAfter(now, memory.rate);
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

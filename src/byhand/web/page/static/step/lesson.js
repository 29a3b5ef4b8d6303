// What is being taught: the image, its label, the network, and every number of one step. It outlives the view, so that
// who returns to the tab within the session finds it as it was; what can be said in a few words, the link holds too.

import { withTheta } from "../network/model.js";
import { createEmitter } from "../page/emitter.js";
import { sentenceOf } from "../server/api.js";
import { START, fromText, toText } from "./link.js";
import { reckon, reckonAfter, strongestPixel, strongestUnits } from "./one-step.js";
import {
  example, fetchExamples, fetchNetwork, fetchSample, isDrawn, isGone, nameOfDrawing, nameOfNetwork,
} from "./sources.js";
import * as steps from "./steps.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("./link.js").Source} Source */
/** @typedef {import("./link.js").Network} Network */
/** @typedef {import("./one-step.js").Now} Now */
/** @typedef {import("./one-step.js").After} After */
/** @typedef {import("./steps.js").Run} Run */
/** @typedef {ReturnType<typeof createLesson>} Lesson */

/**
 * What outlives the view.
 * @typedef {import("./link.js").Choice & {sample: import("../server/api.js").Sample | null, labelled: string,
 *   base: Model | null, baseName: string, theta: Float32Array | null, before: Float32Array | null, runs: Run[],
 *   wanted: Run[] | null, drawn: string, history: number[], shownImage: string, units: number[],
 *   chosenByHand: Set<number>, layer: number, pixel: number, images: number, byHand: boolean,
 *   guessed: {theta: Float32Array, image: string, choice: number | null} | null}} Memory
 * `before`: the parameters before the last step; `runs`: the steps made, `wanted`: those still to be made again;
 * `drawn`: the drawing that steps were made with, if with any; `byHand`: whether somebody went to the stage, and no clock;
 * `guessed`: which unit was said to get the most blame; null if somebody passed
 */

/** @returns {Memory} */
function createMemory() {
  return {
    ...START, sample: null, labelled: "", base: null, baseName: "", theta: null, before: null, runs: [], wanted: null,
    drawn: "", history: [], shownImage: "", units: [], chosenByHand: new Set(), layer: 0, pixel: 0, images: 0,
    byHand: false, guessed: null,
  };
}

const LOST = "lost"; // No drawing is called so: steps with several drawings are in no link.

/**
 * Begin from a network; no step has been made.
 * @param {Memory} memory
 * @param {Model} base
 * @param {string} name
 */
function startWith(memory, base, name) {
  if (memory.base?.sizes.join() !== base.sizes.join()) memory.layer = 0;
  Object.assign(memory, { base, baseName: name });
  startAgain(memory);
  memory.chosenByHand.clear();
}

/** @param {Memory} memory */
function startAgain(memory) {
  Object.assign(memory, { theta: memory.base?.theta, before: null, runs: [], drawn: "", history: [] });
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

/**
 * Return how the image that is shown is called among the steps.
 * @param {Memory} memory
 * @param {number} label
 */
const nameOfImage = ({ source, index }, label) => (source === "train" ? `t${index}` : `d${label}`);

/**
 * Name an image with what it is meant to be.
 * @param {Memory} memory
 * @param {import("./steps.js").Example} shown
 */
const nameOfShown = ({ source }, { image, label }) => `${source} ${label} ${image.join("")}`;

/** @param {App} app */
export function createLesson(app) {
  const memory = app.once(createMemory);
  const changes = createEmitter();
  /** @type {Now | null} */ let now = null;
  /** @type {After | null | undefined} */ let after; // undefined: not computed yet
  let problem = "";
  let asked = 0;
  take(chosenInLink());

  /** @returns {Partial<Memory>} what the link chooses, if that is something else than what is shown */
  function chosenInLink() {
    const { step } = app.store.state;
    return step === toText(memory) ? {} : { ...fromText(step), labelled: "" };
  }

  /** @param {Partial<Memory>} chosen */
  function take(chosen) {
    if (chosen.steps !== undefined && chosen.steps !== memory.steps) memory.wanted = steps.fromText(chosen.steps) ?? [];
    Object.assign(memory, chosen);
  }

  /** @returns {string} the steps made, for the link */
  function stepsMade() {
    if (memory.wanted) return memory.steps;
    if (!now || (memory.drawn && memory.drawn !== nameOfDrawing(app))) return "";
    return steps.toText(memory.runs, { image: nameOfImage(memory, now.label), rate: memory.rate });
  }

  /**
   * Let everybody know, the link as well.
   * @param {boolean} [visit] whether the way back leads back from here
   */
  function tell(visit = false) {
    memory.steps = stepsMade();
    app.store[visit ? "visit" : "set"]({ step: toText(memory) });
    changes.tell();
  }

  /** Fetch what is chosen and not there yet, then compute everything anew. */
  async function load() {
    const mine = ++asked;
    const wanted = () => mine === asked;
    let said = "";
    try {
      const gone = await isGone(memory);
      if (!wanted()) return;
      if (gone) [said, memory.network] = [words.setting.gone[memory.network === "before" ? "before" : "training"], "fresh"];
      const name = nameOfNetwork(memory);
      const base = memory.baseName === name && memory.base ? memory.base : await fetchNetwork(memory, app.served);
      const sample = memory.source === "train" ? await fetchSample(memory) : memory.sample;
      if (!wanted()) return;
      memory.sample = sample;
      if (base !== memory.base) startWith(memory, base, name);
      if (memory.wanted) {
        changes.tell(); // It may take a moment.
        await again(base, memory.wanted, wanted);
      }
      if (!wanted()) return;
      compute();
    } catch (error) {
      if (!wanted()) return;
      said = sentenceOf(error);
    }
    problem = said;
    tell();
  }

  /**
   * Make the steps again that the link names.
   * @param {Model} base
   * @param {Run[]} runs
   * @param {() => boolean} wanted
   */
  async function again(base, runs, wanted) {
    const shown = example(memory, app, base.classes);
    if (!shown || (memory.source === "drawing" && !isDrawn(app))) return; // The next reading brings it.
    const here = nameOfImage(memory, shown.label);
    const whole = runs.map(({ n, image, rate }) => ({ n, image: image || here, rate: rate || memory.rate }));
    const examples = await fetchExamples(whole, base.classes);
    const made = await steps.makeAgain(base, whole, (image) => (image.startsWith("t") ? examples.get(image) ?? null
      : { image: app.reading.image, label: Number(image.slice(1)) }), wanted);
    if (!wanted()) return;
    memory.wanted = null;
    startAgain(memory);
    if (!made) return;
    Object.assign(memory, { theta: made.theta, before: made.before, runs: whole });
    if (whole.some(({ image }) => image.startsWith("d"))) memory.drawn = nameOfDrawing(app);
    if (whole[whole.length - 1]?.image !== here) return;
    Object.assign(memory, { history: made.history, shownImage: nameOfShown(memory, shown) });
  }

  /** Run the network there and back on what is chosen. */
  function compute() {
    const { base, theta } = memory;
    const chosen = base && example(memory, app, base.classes);
    if (!base || !theta || !chosen) return;
    now = reckon(withTheta(base, theta), chosen.image, chosen.label);
    after = undefined;
    const shownImage = nameOfShown(memory, chosen);
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
    /** How many steps have been made. */
    get steps() { return steps.countOf(memory.runs); },
    /** How many steps are just made again, because the link names them. */
    get stepsToMake() { return steps.countOf(memory.wanted ?? []); },
    load,
    on: changes.on,
    /** Let everybody show what there is anew. */
    refresh: () => changes.tell(),

    /** Show what the link chooses, if that is something else. The way back to a stage takes back no step. */
    followLink() {
      const chosen = chosenInLink();
      if (!Object.keys(chosen).length) return;
      const same = nameOfNetwork({ ...memory, ...chosen }) === nameOfNetwork(memory);
      if (same && app.store.returned) delete chosen.steps;
      take(chosen);
      void load();
    },

    /**
     * Choose something else to learn from, another network, another stage …
     * @param {Partial<Memory>} patch
     */
    set(patch) {
      Object.assign(memory, patch);
      void load();
    },

    /**
     * Look at a stage.
     * @param {number} stage
     * @param {boolean} [visit] whether somebody goes there, so that the way back leads back from it
     */
    goTo(stage, visit = false) {
      [memory.stage, memory.byHand] = [stage, visit];
      tell(visit);
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

    /** Make the step, and keep the new weights; the same weights stay in sight, so that one sees what became of them. */
    apply() {
      const made = lesson.after();
      if (!now || !made) return;
      const image = nameOfImage(memory, now.label);
      if (memory.source === "drawing") {
        const drawn = nameOfDrawing(app);
        memory.drawn = memory.drawn && memory.drawn !== drawn ? LOST : drawn;
      }
      memory.runs = steps.withStep(memory.runs, image, memory.rate);
      memory.before = memory.theta;
      memory.theta = made.theta;
      memory.history.push(made.pass.probabilities[now.label]);
      for (let layer = -1; layer < memory.units.length; layer++) memory.chosenByHand.add(layer);
      compute();
      tell();
    },

    /** Go back to the weights before the first step. */
    restart() {
      startAgain(memory);
      compute();
      tell();
    },
  };
  return lesson;
}

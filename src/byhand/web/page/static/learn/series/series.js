// One training after the other, each from more images than the one before. It goes on while Learn is in sight; who comes
// back to it finds it where it was.

import { isAlive } from "../../server/phases.js";
import { settingsOf, sizesOf } from "./plan.js";

/** @typedef {import("../form/presets.js").Form} Form */
/** @typedef {import("./plan.js").Point} Point */
/** @typedef {import("../training/training.js").Training} Training */
/** @typedef {ReturnType<typeof createMemory>} Memory */

export function createMemory() {
  return {
    /** @type {Form | null} */ form: null, // null: no series was begun yet
    /** @type {number[]} */ sizes: [],
    /** @type {Point[]} */ points: [],
    /** @type {string | null} */ started: null, // of the training that goes on; null: the series is over
    stopped: false, // by the person: no other training begins
  };
}

/**
 * @param {Training} training
 * @param {Memory} memory which outlives the view
 * @param {number} mostEpochs that a training may have
 * @param {(what: () => Promise<void>) => Promise<boolean>} attempt does something, and says what went wrong with it
 * @param {() => void} tell that there is something new
 */
export function createSeries(training, memory, mostEpochs, attempt, tell) {
  let asking = false;

  /** Begin the training that comes next. */
  async function next() {
    const { form, sizes, points } = memory;
    if (!form) return;
    const settings = settingsOf(form, sizes[points.length], sizes[sizes.length - 1], mostEpochs);
    asking = true;
    const begun = await attempt(() => training.start(settings, false, form));
    asking = false;
    memory.started = begun ? training.snapshot.started : null;
    tell();
    hear(); // It may be over by now.
  }

  /** Take the result of a training that has ended, and begin the next. */
  function hear() {
    const { started, state, result, event } = training.snapshot;
    if (asking || memory.started === null || event < 0) return;
    const ours = started === memory.started;
    if (ours && (isAlive(state) || (state === "finished" && !result))) return;
    memory.started = null; // Unless there is a next one: it was stopped, has failed, or made way for another.
    if (ours && state === "finished" && result) {
      const { accuracy, interval } = result;
      memory.points.push({ n: memory.sizes[memory.points.length], accuracy, interval });
      if (memory.points.length < memory.sizes.length && !memory.stopped) return void next();
    }
    tell();
  }

  return {
    hear,
    /** Whether it goes on. */
    get goesOn() { return asking || memory.started !== null; },

    /**
     * Begin.
     * @param {Form} form
     * @param {number} most images that there are
     */
    start(form, most) {
      Object.assign(memory, { form, sizes: sizesOf(form.limit ?? most), points: [], started: null, stopped: false });
      return next();
    },

    /** Let no other training begin. */
    stop() { memory.stopped = true; },
  };
}

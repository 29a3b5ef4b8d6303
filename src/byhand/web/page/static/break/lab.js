// The damage done to a network: a list of steps, each with what it did to the accuracy, so that all can be undone.
// The network that the page reads with stays whole.

import { createEmitter } from "../page/emitter.js";
import { damager, isNone, noDamage } from "./damage.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("./damage.js").Damage} Damage */
/** @typedef {import("../server/messages.js").Accuracy} Accuracy */
/** @typedef {{kind: string, words: string, damage: Damage, score: Accuracy | null}} Step */
/** @typedef {(theta: Float32Array) => Promise<Accuracy>} Measure */
/** @typedef {ReturnType<typeof createLab>} Lab */

const SETTLED = 120; // milliseconds without a change before the test images are read

/**
 * Begin with a whole network.
 * @param {Model} whole
 * @param {string} words what the beginning is called
 * @param {Measure} measure
 * @param {(error: unknown) => void} fail
 */
export function createLab(whole, words, measure, fail) {
  const none = noDamage(whole.sizes);
  const damaged = damager(whole);
  /** @type {Step[]} */ const steps = [{ kind: "whole", words, damage: none, score: null }];
  const { on, tell } = createEmitter();
  /** @type {Model | null} */ let broken = whole; // null until somebody asks: many changes may come in one frame
  let timer = 0;
  let asked = 0;
  const last = () => steps[steps.length - 1];

  /** Once nothing has changed for a while, have the last step measured, and then those that were followed at once. */
  function settle() {
    clearTimeout(timer);
    const mine = ++asked;
    timer = setTimeout(async () => {
      try {
        for (let step = unmeasured(); step && mine === asked; step = unmeasured()) {
          step.score = await measure(damaged(step.damage).theta); // Right for this step, even if there are newer ones.
          if (mine === asked) tell();
        }
      } catch (error) {
        if (mine === asked) fail(error);
      }
    }, SETTLED);
  }

  /** @returns {Step | undefined} the last step without a score; but the whole network before all others */
  function unmeasured() {
    return steps[0].score ? steps.findLast(({ score }) => !score) : steps[0];
  }

  function changed() {
    broken = null;
    settle();
    tell();
  }

  settle();
  return {
    whole,
    steps,
    get broken() { return (broken ??= damaged(last().damage)); },
    get damage() { return last().damage; },
    get canUndo() { return steps.length > 1; },
    get isWhole() { return isNone(last().damage); },

    /**
     * Do something to the network.
     * @param {string} kind
     * @param {string} said what was done
     * @param {Partial<Damage>} patch
     * @param {boolean} [goesOn] whether this only goes on with the last step, as while a slider is drawn
     */
    change(kind, said, patch, goesOn = false) {
      const step = { kind, words: said, damage: { ...last().damage, ...patch }, score: null };
      if (goesOn && last().kind === kind) steps.pop();
      steps.push(step);
      changed();
    },

    /** Take the last step back. */
    undo() {
      if (steps.length < 2) return;
      steps.pop();
      changed();
    },

    /**
     * Make the network whole again, which is a step like any other.
     * @param {string} said
     */
    mend(said) {
      if (isNone(last().damage)) return;
      steps.push({ kind: "whole", words: said, damage: none, score: steps[0].score });
      changed();
    },

    on,

    dispose() {
      clearTimeout(timer);
      asked++;
    },
  };
}

// The damage done to a network: a list of steps, each with what it did to the accuracy, so that all can be undone.
// The network that the page reads with stays whole.

import { addNoise, prune, switchOff } from "../break.js";
import { withTheta } from "../nn.js";

/** @typedef {import("../nn.js").Model} Model */
/**
 * @typedef {object} Damage
 * @property {ReadonlySet<number>[]} off units that are switched off, of every hidden layer
 * @property {number} pruned share of the weights that are cut, the smallest first
 * @property {number} noise strength of the noise on the weights
 * @property {number} seed of the noise
 */
/** @typedef {{accuracy: number, n: number, loss: number}} Score */
/** @typedef {{kind: string, words: string, damage: Damage, score: Score | null}} Step */
/** @typedef {(theta: Float32Array) => Promise<Score>} Measure */
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
  /** @type {Damage} */ const none = { off: whole.sizes.slice(2).map(() => new Set()), pruned: 0, noise: 0, seed: 1 };
  /** @type {Step[]} */ const steps = [{ kind: "whole", words, damage: none, score: null }];
  /** @type {Set<() => void>} */ const listeners = new Set();
  let broken = whole;
  let timer = 0;
  let asked = 0;
  const last = () => steps[steps.length - 1];
  const tell = () => listeners.forEach((listener) => listener());

  /** Have the last step measured once nothing has changed for a while; what an older question brings is dropped. */
  function settle() {
    clearTimeout(timer);
    const mine = ++asked;
    const step = last();
    if (step.score) return;
    timer = setTimeout(async () => {
      try {
        const score = await measure(broken.theta);
        step.score = score; // Right for this step, even if there are newer ones.
        if (mine === asked) tell();
      } catch (error) {
        if (mine === asked) fail(error);
      }
    }, SETTLED);
  }

  function changed() {
    broken = damaged(whole, last().damage);
    settle();
    tell();
  }

  settle();
  return {
    whole,
    steps,
    get broken() { return broken; },
    get damage() { return last().damage; },
    get canUndo() { return steps.length > 1; },
    get isWhole() { return isWhole(last().damage); },

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
      if (isWhole(last().damage)) return;
      steps.push({ kind: "whole", words: said, damage: none, score: steps[0].score });
      changed();
    },

    /** @param {() => void} listener @returns {() => void} */
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },

    dispose() {
      clearTimeout(timer);
      asked++;
      listeners.clear();
    },
  };
}

/** @param {Damage} damage */
const isWhole = ({ off, pruned, noise }) => pruned === 0 && noise === 0 && off.every((units) => units.size === 0);

/**
 * Return a network with this damage. Noise comes first: so the share that is cut is really gone.
 * @param {Model} whole
 * @param {Damage} damage
 * @returns {Model}
 */
export function damaged(whole, { off, pruned, noise, seed }) {
  let model = whole;
  if (noise > 0) model = withTheta(model, addNoise(model, noise, seed));
  if (pruned > 0) model = withTheta(model, prune(model, pruned));
  off.forEach((units, layer) => {
    if (units.size > 0) model = withTheta(model, switchOff(model, layer, ...units));
  });
  return model;
}

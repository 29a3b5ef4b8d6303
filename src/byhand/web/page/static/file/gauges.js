// What a training in the file measures of itself: the loss of the latest images, its speed, and how it reads others.

import { crossEntropy, forward, logSoftmax, toInput } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("./judging.js").Images} Images */
/** @typedef {import("../server/messages.js").Figures} Figures */
/** @typedef {import("../server/messages.js").Judged} Judged */
/** @typedef {ReturnType<typeof createGauge>} Gauge */

const RECENT = 1000; // images whose mean loss is shown
const rounded = (/** @type {number} */ value) => Number(value.toPrecision(6));

/** Measure the loss of the latest images, and how many are learned in a second. */
export function createGauge() {
  /** @type {{images: number, losses: number}[]} */ const latest = [];
  let [images, losses, count, since, speed] = [0, 0, 0, performance.now(), 0];
  return {
    /** @param {number} n @param {number} sum */
    take(n, sum) {
      latest.push({ images: n, losses: sum });
      [images, losses, count] = [images + n, losses + sum, count + n];
      while (images - latest[0].images >= RECENT) {
        const old = /** @type {{images: number, losses: number}} */ (latest.shift());
        [images, losses] = [images - old.images, losses - old.losses];
      }
    },
    /** Begin to measure the speed. */
    start: () => { [count, since] = [0, performance.now()]; },
    get loss() { return images && Number.isFinite(losses) ? rounded(Math.max(losses, 0) / images) : null; },
    /** @returns {number} images a second since it was last asked, smoothed */
    speed() {
      const now = performance.now();
      const measured = (1000 * count) / Math.max(now - since, 1);
      if (count) speed = speed ? 0.7 * speed + 0.3 * measured : measured;
      [count, since] = [0, now];
      return Math.round(speed);
    },
  };
}

/**
 * Judge a network on the same images again and again.
 * @param {Images} images
 * @param {boolean} areSetAside whether they are not learned
 * @returns {(model: Model) => {judged: Judged | null, dead: number[]}}
 */
export function createJudge({ inputs, labels }, areSetAside) {
  return (model) => {
    const { sizes, classes } = model;
    const confusion = classes.map(() => Array(classes.length).fill(0));
    const lit = sizes.slice(1, -1).map((units) => new Uint8Array(units));
    /** @type {import("../network/nn.js").Pass | undefined} */ let pass;
    let [loss, right] = [0, 0];
    labels.forEach((label, k) => {
      pass = forward(model, toInput(inputs.subarray(k * sizes[0], (k + 1) * sizes[0])), pass);
      const answer = pass.logits.indexOf(Math.max(...pass.logits));
      if (answer < 0) return; // No number comes of a network that exploded.
      confusion[label][answer]++;
      right += Number(answer === label);
      loss += crossEntropy(logSoftmax(pass.logits), label);
      for (const [layer, units] of lit.entries()) {
        const outputs = pass.inputs[layer + 1];
        for (let j = 0; j < units.length; j++) units[j] |= Number(outputs[j] !== 0);
      }
    });
    const n = labels.length;
    const judged = { n, loss: Number.isFinite(loss) ? rounded(loss / n) : null, accuracy: right / n, confusion };
    return {
      judged: areSetAside ? judged : null,
      dead: lit.map((units) => units.reduce((total, each) => total + (each ? 0 : 1), 0)),
    };
  };
}

/**
 * Put together what is shown of a training; where one epoch ends and the next begins, the end.
 * @param {import("../network/learning.js").Learner} learner
 * @param {{epochs: number}} choices
 * @param {Gauge} gauge
 * @param {ReturnType<ReturnType<typeof createJudge>> | null} result
 * @param {import("../server/messages.js").Seen | null} seen the single image that was just learned
 * @returns {Omit<Figures, "dead"> & {dead: number[] | null}} null: as before
 */
export function figuresOf(learner, { epochs }, gauge, result, seen) {
  const over = learner.done === 0 && learner.epoch > 1;
  return {
    epoch: learner.epoch - Number(over),
    epochs,
    done: over ? learner.total : learner.done,
    total: learner.total,
    images: learner.images,
    loss: gauge.loss,
    rate: rounded(learner.isOver ? 0 : learner.rate),
    speed: gauge.speed(),
    validation: result && result.judged,
    dead: result && result.dead,
    seen,
  };
}

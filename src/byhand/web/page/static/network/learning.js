/**
 * Training, the same steps as in network.py, optimizers.py and training.py: the parameters move after every batch, which
 * is one image if nothing else is chosen, and the rate falls as the epochs go by.
 */

import { flowBack } from "./backward.js";
import { crossEntropy, forward, layers, logSoftmax } from "./nn.js";

/** @typedef {import("./nn.js").Model} Model */
/** @typedef {import("./nn.js").Pass} Pass */
/** @typedef {Pick<Model, "sizes" | "activation" | "theta">} Network */
/**
 * @typedef {object} Choices
 * @property {string} optimizer
 * @property {number} learning_rate
 * @property {string} schedule
 * @property {number} epochs
 * @property {number} batch_size
 */
/** @typedef {(theta: Float32Array, gradient: Float32Array, rate: number, share: number) => void} Step */
/** @typedef {ReturnType<typeof createLearner>} Learner */

const STRETCH = 1000; // The rate is renewed about every so many images.
const TINY = 1e-20; // What keeps numbers above those with which arithmetic is slow, as in optimizers.py.

/** Name → what is left of the rate after a share t of the training. @type {Record<string, (t: number) => number>} */
const SCHEDULES = {
  constant: () => 1,
  linear: (t) => 1 - t,
  step: (t) => 0.1 ** (Number(t >= 1 / 2) + Number(t >= 3 / 4)),
  cosine: (t) => (1 + Math.cos(Math.PI * t)) / 2,
};

/** Name → what makes its steps for so many parameters. @type {Record<string, (n: number) => Step>} */
export const OPTIMIZERS = {
  sgd: () => (theta, gradient, rate, share) => {
    for (let k = 0; k < theta.length; k++) theta[k] -= rate * share * gradient[k];
  },
  momentum: (n) => momentum(n, false),
  nesterov: (n) => momentum(n, true),
  adam: (n) => adam(n, 0),
  adamw: (n) => adam(n, 0.01),
};

/**
 * v ← βv + g, θ ← θ − ηv; Nesterov's form θ ← θ − η(βv + g).
 * @param {number} n
 * @param {boolean} nesterov
 * @returns {Step}
 */
function momentum(n, nesterov) {
  const [velocity, usual] = [new Float32Array(n), 0.9];
  return (theta, gradient, rate, share) => {
    const decay = usual ** share;
    const factor = share === 1 ? 1 : (1 - decay) / (1 - usual);
    for (let k = 0; k < n; k++) {
      const g = factor * gradient[k];
      velocity[k] = decay * velocity[k] + g + TINY;
      theta[k] -= rate * share * (nesterov ? decay * velocity[k] + g : velocity[k]);
    }
  };
}

/**
 * Steps by the ratio of the gradient's mean to its root mean square; with a decay of the weights apart from it.
 * @param {number} n
 * @param {number} weightDecay
 * @returns {Step}
 */
function adam(n, weightDecay) {
  const [mean, square] = [new Float32Array(n), new Float32Array(n)];
  let steps = 0;
  return (theta, gradient, rate, share) => {
    steps += share;
    const [first, second] = [0.9 ** share, 0.999 ** share];
    const eta = (rate * share) / (1 - 0.9 ** steps);
    const shown = 1 - 0.999 ** steps;
    for (let k = 0; k < n; k++) {
      const g = gradient[k];
      mean[k] = first * mean[k] + (1 - first) * g + TINY;
      square[k] = second * square[k] + (1 - second) * g * g + 1e-30;
      theta[k] -= rate * share * weightDecay * theta[k];
      theta[k] -= (eta * mean[k]) / (Math.sqrt(square[k] / shown) + 1e-8);
    }
  };
}

/**
 * Begin to learn.
 * @param {Network} network whose parameters will move
 * @param {Choices} choices
 * @param {{inputs: Uint8Array, labels: Uint8Array}} images grey levels, image after image
 * @param {(epoch: number) => ArrayLike<number>} orderOf the images of an epoch, counted from 1, in their order
 */
export function createLearner(network, choices, { inputs, labels }, orderOf) {
  const { sizes, theta } = network;
  const { batch_size: batch, epochs, learning_rate: highest } = choices;
  const pixels = sizes[0];
  const total = labels.length;
  const stretch = Math.max(Math.floor(STRETCH / batch), 1) * batch;
  const gradient = new Float32Array(theta.length);
  const plain = choices.optimizer === "sgd" && batch === 1;
  const move = OPTIMIZERS[choices.optimizer](plain ? 0 : theta.length);
  const x = new Float32Array(pixels);
  /** @type {Pass | undefined} */ let pass;
  let [epoch, done, order] = [1, 0, orderOf(1)];

  /** The rate of the stretch that the training is in. */
  function rateNow() {
    const past = epoch - 1 + (done - (done % stretch)) / total;
    return highest * SCHEDULES[choices.schedule](past / epochs);
  }

  /**
   * Add what one image says to some parameters: each weight gets its input times its delta, times a factor.
   * @param {Float32Array} into
   * @param {number} index
   * @param {number} factor
   * @returns {number} the image's loss
   */
  function add(into, index, factor) {
    for (let k = 0; k < pixels; k++) x[k] = inputs[index * pixels + k] / 255;
    pass = forward(/** @type {Model} */ (network), x, pass);
    const last = pass.probabilities.slice();
    last[labels[index]] -= 1;
    const deltas = flowBack(/** @type {Model} */ (network), pass, last);
    layers(into, sizes).forEach((layer, k) => addProducts(layer, /** @type {Pass} */ (pass).inputs[k], deltas[k], factor));
    return crossEntropy(logSoftmax(pass.logits), labels[index]);
  }

  /** Learn a batch, or a part of one, which takes its share of a step. @param {number} n @returns {number} its losses */
  function learnBatch(n) {
    const [rate, share] = [rateNow(), n / batch];
    let losses = 0;
    if (plain) {
      losses = add(theta, order[done], -rate); // Where nothing is remembered, a pixel that is dark moves no weight.
    } else {
      gradient.fill(0);
      for (let k = 0; k < n; k++) losses += add(gradient, order[done + k], 1 / n);
      move(theta, gradient, rate, share);
    }
    done += n;
    return losses;
  }

  return {
    network,
    total,
    get epoch() { return epoch; },
    get done() { return done; },
    get images() { return (epoch - 1) * total + done; },
    get isOver() { return epoch > epochs; },
    get rate() { return rateNow(); },
    /** The image that is learned next, while the training is not over. */
    get next() { return order[done]; },

    /**
     * Learn at most so many images, and no more than are left of the epoch, or of a batch that was cut.
     * @param {number} most
     * @returns {{images: number, losses: number}} how many were learned, and the sum of their losses before each step
     */
    learn(most) {
      let [images, losses] = [0, 0];
      const begun = done % batch;
      const end = Math.min(total, done + (begun ? Math.min(most, batch - begun) : most));
      while (done < end) {
        const n = Math.min(batch - (done % batch), end - done);
        losses += learnBatch(n);
        images += n;
      }
      return { images, losses };
    },

    /** Stand before the next epoch. */
    endEpoch() {
      [epoch, done] = [epoch + 1, 0];
      if (epoch <= epochs) order = orderOf(epoch);
    },
  };
}

/**
 * Add the products of inputs and deltas to a layer's weights, and the deltas to its bias.
 * @param {import("./nn.js").Layer} layer
 * @param {Float32Array} a
 * @param {Float32Array} delta
 * @param {number} factor
 */
function addProducts({ weights, bias, nIn, nOut }, a, delta, factor) {
  for (let j = 0; j < nOut; j++) bias[j] += factor * delta[j];
  for (let i = 0; i < nIn; i++) {
    if (a[i] === 0) continue;
    const times = factor * a[i];
    for (let j = 0, row = i * nOut; j < nOut; j++) weights[row + j] += times * delta[j];
  }
}

/** The way back through the network: how the loss, or a score, changes with every number. As in network.py. */

import { ACTIVATIONS, crossEntropy, layers, logSoftmax } from "./nn.js";

/** @typedef {import("./nn.js").Layer} Layer */
/** @typedef {import("./nn.js").Model} Model */
/** @typedef {import("./nn.js").Pass} Pass */
/**
 * @typedef {object} Backward
 * @property {number} loss
 * @property {Float32Array} y
 * @property {Float32Array[]} deltas the gradient of the loss in z, layer by layer; the last one is p − y
 * @property {Float32Array} gradient the gradient of the loss in theta
 */

/**
 * Return the loss of one image and its gradient, layer by layer from the last to the first.
 * @param {Model} model
 * @param {Pass} pass what `forward` returned for the image
 * @param {number} label position of the right class
 * @returns {Backward}
 */
export function backward(model, pass, label) {
  const p = pass.probabilities;
  const y = new Float32Array(p.length);
  y[label] = 1;
  const deltas = flowBack(model, pass, p.map((each, k) => each - y[k]));
  const gradient = new Float32Array(model.theta.length);
  layers(gradient, model.sizes).forEach(({ weights, bias, nIn, nOut }, k) => {
    const [a, delta] = [pass.inputs[k], deltas[k]];
    bias.set(delta);
    for (let i = 0; i < nIn; i++) {
      if (a[i] !== 0) {
        for (let j = 0, row = i * nOut; j < nOut; j++) {
          weights[row + j] = a[i] * delta[j];
        }
      }
    }
  });
  return { loss: crossEntropy(logSoftmax(pass.logits), label), y, deltas, gradient };
}

/**
 * Return the gradient of something in the weighted sums of every layer, given that in the logits.
 * @param {Model} model
 * @param {Pass} pass
 * @param {Float32Array} last
 * @returns {Float32Array[]}
 */
export function flowBack(model, pass, last) {
  const { slope } = ACTIVATIONS[model.activation];
  const cut = layers(model.theta, model.sizes);
  const deltas = [last];
  for (let k = cut.length - 1; k > 0; k--) {
    deltas.unshift(throughWeights(cut[k], deltas[0], (i) => slope(pass.inputs[k][i])));
  }
  return deltas;
}

/**
 * Return weights · delta, each times a factor; where that is 0, nothing need be summed.
 * @param {Layer} layer
 * @param {Float32Array} delta
 * @param {(i: number) => number} factor
 * @returns {Float32Array}
 */
function throughWeights({ weights, nIn, nOut }, delta, factor) {
  const back = new Float32Array(nIn);
  for (let i = 0; i < nIn; i++) {
    const times = factor(i);
    if (times !== 0) {
      let sum = 0;
      for (let j = 0, row = i * nOut; j < nOut; j++) {
        sum += weights[row + j] * delta[j];
      }
      back[i] = sum * times;
    }
  }
  return back;
}

/**
 * Return the parameters after one step of gradient descent: theta − rate · gradient.
 * @param {Float32Array} theta
 * @param {Float32Array} gradient
 * @param {number} rate
 * @returns {Float32Array}
 */
export function step(theta, gradient, rate) {
  return theta.map((parameter, k) => parameter - rate * gradient[k]);
}

/**
 * Share out the difference of two logits among the pixels: each pixel times how much the difference grows with it.
 *
 * With ReLU the network is a plain weighted sum as long as no unit switches, and the rest is the part of the biases.
 * @param {Model} model
 * @param {Pass} pass
 * @param {number} a the class that pixels above 0 speak for
 * @param {number} b the class that pixels below 0 speak for
 * @returns {{pixels: Float32Array, rest: number}} the sum of the pixels and the rest is z_a − z_b
 */
export function difference(model, pass, a, b) {
  const last = new Float32Array(pass.logits.length);
  last[a] += 1;
  last[b] -= 1;
  const x = pass.inputs[0];
  const pixels = throughWeights(layers(model.theta, model.sizes)[0], flowBack(model, pass, last)[0], (i) => x[i]);
  const rest = pass.logits[a] - pass.logits[b] - pixels.reduce((sum, each) => sum + each, 0);
  return { pixels, rest };
}

/**
 * Return how much the difference of two logits grows with each pixel.
 * @param {Model} model
 * @param {Pass} pass
 * @param {number} a
 * @param {number} b
 * @returns {Float32Array}
 */
export function slopes(model, pass, a, b) {
  const last = new Float32Array(pass.logits.length);
  last[a] += 1;
  last[b] -= 1;
  return throughWeights(layers(model.theta, model.sizes)[0], flowBack(model, pass, last)[0], () => 1);
}

/**
 * Return how much the weighted sum of one unit grows with each pixel.
 * @param {Model} model
 * @param {Pass} pass
 * @param {number} layer counted from 0, the layer above the image
 * @param {number} unit
 * @param {number} [waking] the slope that silent units on the way are given where it would help to wake them
 * @returns {Float32Array}
 */
export function unitSlopes(model, pass, layer, unit, waking = 0) {
  const { slope } = ACTIVATIONS[model.activation];
  const cut = layers(model.theta, model.sizes);
  let delta = new Float32Array(cut[layer].nOut);
  delta[unit] = 1;
  for (let k = layer; k > 0; k--) {
    delta = throughWeights(cut[k], delta, () => 1).map((sum, i) =>
      sum * (slope(pass.inputs[k][i]) || (sum > 0 ? waking : 0)));
  }
  return throughWeights(cut[0], delta, () => 1);
}

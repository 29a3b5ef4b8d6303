/**
 * The network itself, the same mathematics with the same names as network.py: everything that the page shows of a
 * neuron, a probability or a gradient is computed here, from the parameters in the model file.
 *
 * The letters: `x` the image, pixels 0…1; `y` the wanted probabilities; `z` the weighted sums of a layer, those of the
 * last layer called logits; `a` what a layer puts out; `p` the probabilities; `delta` the gradient of the loss in `z`.
 * Numbers are stored as float32, as in Python; sums are added up in doubles, so that they depend on no order.
 */

import { parseSafetensors } from "./safetensors.js";

/**
 * @typedef {object} Model
 * @property {number[]} sizes units of each layer, input and output included
 * @property {string} activation name of the hidden layers' function, one of ACTIVATIONS
 * @property {Float32Array} theta all weights and biases; `layers` cuts it up
 * @property {string[]} classes the name of each output
 * @property {number[]} imageShape height and width of the images it takes
 * @property {number} threshold the probability below which an answer should not be believed
 * @property {string} preprocessing name of how images became inputs
 * @property {Record<string, any>} details where it comes from: recipe, data, scores
 */
/** @typedef {{weights: Float32Array, bias: Float32Array, nIn: number, nOut: number}} Layer */
/**
 * @typedef {object} Pass
 * @property {Float32Array[]} inputs what goes into each layer: x, a1, a2, …
 * @property {Float32Array[]} sums z of every layer, the last one the logits
 * @property {Float32Array} logits
 * @property {Float32Array} probabilities
 */
/**
 * @typedef {object} Backward
 * @property {number} loss
 * @property {Float32Array} y
 * @property {Float32Array[]} deltas the gradient of the loss in z, layer by layer; the last one is p − y
 * @property {Float32Array} gradient the gradient of the loss in theta
 */
/** @typedef {{from: number, input: number, weight: number, product: number}} Term */

const FORMAT = 1;
const UNCALIBRATED = 0.5; // The threshold where none was found on data.
const PREPROCESSING = ["mnist/1", "pixels/255"];

/**
 * Name → the function, and its slope as a function of its own output.
 * @type {Record<string, {apply: (z: number) => number, slope: (a: number) => number}>}
 */
export const ACTIVATIONS = {
  relu: { apply: (z) => (z > 0 ? z : 0), slope: (a) => (a > 0 ? 1 : 0) },
  tanh: { apply: Math.tanh, slope: (a) => 1 - a * a },
  sigmoid: { apply: (z) => 0.5 + 0.5 * Math.tanh(0.5 * z), slope: (a) => a * (1 - a) },
  leaky_relu: { apply: (z) => (z > 0 ? z : 0.01 * z), slope: (a) => (a > 0 ? 1 : 0.01) },
};

/**
 * Read a model file.
 * @param {ArrayBuffer} buffer
 * @returns {Model}
 * @throws {Error} if it is damaged, or not a model of this byhand
 */
export function parseModel(buffer) {
  const { metadata, tensors } = parseSafetensors(buffer);
  const theta = tensors.get("theta")?.data;
  if (metadata.byhand === undefined || theta === undefined || tensors.size !== 1) {
    throw new Error("This is a safetensors file, but not one that byhand wrote.");
  }
  const facts = parseFacts(metadata.byhand);
  if (facts.format !== FORMAT) {
    throw new Error("The model was written by another version of byhand.");
  }
  const { sizes, activation, classes, image_shape: imageShape, preprocessing } = facts;
  checkFacts(sizes, activation, classes, imageShape, preprocessing);
  const details = typeof facts.details === "object" && facts.details !== null ? facts.details : {};
  const threshold = details.calibration?.threshold;
  const model = {
    sizes, activation, theta, classes, imageShape, preprocessing, details,
    threshold: typeof threshold === "number" ? threshold : UNCALIBRATED,
  };
  return withTheta(model, theta);
}

/**
 * Parse what Python wrote as JSON, where a figure of a failed training may be NaN, which JSON does not know.
 * @param {string} text
 * @returns {Record<string, any>}
 */
function parseFacts(text) {
  const sound = text.replace(/"(?:[^"\\]|\\.)*"|-?Infinity|NaN/g, (part) => (part.startsWith('"') ? part : "null"));
  try {
    return Object(JSON.parse(sound));
  } catch {
    throw new Error("The model file is damaged: its metadata cannot be read.");
  }
}

/**
 * Check what a model file says of its network.
 * @param {unknown} sizes
 * @param {unknown} activation
 * @param {unknown} classes
 * @param {unknown} imageShape
 * @param {unknown} preprocessing
 */
function checkFacts(sizes, activation, classes, imageShape, preprocessing) {
  const areSizes = (/** @type {unknown} */ list) =>
    Array.isArray(list) && list.length >= 2 && list.every((size) => Number.isSafeInteger(size) && size > 0);
  const fit =
    areSizes(sizes) && areSizes(imageShape) && Array.isArray(classes) && classes.length >= 2 &&
    classes.every((name) => typeof name === "string") && new Set(classes).size === classes.length &&
    /** @type {number[]} */ (sizes).at(-1) === classes.length && /** @type {number[]} */ (imageShape).length === 2 &&
    /** @type {number[]} */ (sizes)[0] === /** @type {number[]} */ (imageShape)[0] * /** @type {any} */ (imageShape)[1];
  if (!fit) {
    throw new Error("The model file is damaged: its sizes, image shape and class names do not fit together.");
  }
  if (!Object.hasOwn(ACTIVATIONS, String(activation)) || !PREPROCESSING.includes(String(preprocessing))) {
    throw new Error(
      `Activation "${String(activation)}" or preprocessing "${String(preprocessing)}" is unknown here; ` +
        "a newer byhand may know it.",
    );
  }
}

/**
 * Return the same network with other parameters.
 * @param {Model} model
 * @param {Float32Array} theta is kept, not copied
 * @returns {Model}
 * @throws {Error} if they are too many, too few, or not all finite
 */
export function withTheta(model, theta) {
  const wanted = nParameters(model.sizes);
  if (theta.length !== wanted) {
    throw new Error(`A network of ${model.sizes.join("-")} has ${wanted} parameters, not ${theta.length}.`);
  }
  if (!theta.every(Number.isFinite)) {
    throw new Error("Some parameters of the network are not finite numbers.");
  }
  return { ...model, theta };
}

/**
 * Return how many weights and biases a network has.
 * @param {number[]} sizes
 * @returns {number}
 */
export function nParameters(sizes) {
  return sizes.slice(1).reduce((sum, nOut, k) => sum + sizes[k] * nOut + nOut, 0);
}

/**
 * Cut theta into the weights and bias of every layer, as views: row i of the weights belongs to input i.
 * @param {Float32Array} theta
 * @param {number[]} sizes
 * @returns {Layer[]}
 */
export function layers(theta, sizes) {
  const views = [];
  let start = 0;
  for (let k = 0; k + 1 < sizes.length; k++) {
    const [nIn, nOut] = [sizes[k], sizes[k + 1]];
    const middle = start + nIn * nOut;
    const end = middle + nOut;
    views.push({ weights: theta.subarray(start, middle), bias: theta.subarray(middle, end), nIn, nOut });
    start = end;
  }
  return views;
}

/**
 * Divide an image's pixels by 255.
 * @param {Uint8Array} image
 * @returns {Float32Array}
 */
export function toInput(image) {
  const x = new Float32Array(image.length);
  for (let k = 0; k < x.length; k++) {
    x[k] = image[k] / 255;
  }
  return x;
}

/**
 * Run the network on one image.
 * @param {Model} model
 * @param {Float32Array} x the pixels, 0…1
 * @param {Pass} [pass] of an earlier run of a network of the same sizes: its arrays are written over, which saves time
 * @returns {Pass}
 */
export function forward(model, x, pass = emptyPass(model.sizes)) {
  const { apply } = ACTIVATIONS[model.activation];
  const { inputs, sums } = pass;
  if (x.length !== model.sizes[0]) {
    throw new Error(`The network takes ${model.sizes[0]} pixels, not ${x.length}.`);
  }
  inputs[0] = x;
  layers(model.theta, model.sizes).forEach((layer, k) => {
    weightedSums(layer, inputs[k], sums[k]);
    if (k + 1 < sums.length) {
      const [z, a] = [sums[k], inputs[k + 1]];
      for (let j = 0; j < z.length; j++) {
        a[j] = apply(z[j]);
      }
    }
  });
  softmaxInto(pass.logits, 1, pass.probabilities);
  return pass;
}

/**
 * Return a pass of zeros.
 * @param {number[]} sizes
 * @returns {Pass}
 */
export function emptyPass(sizes) {
  const sums = sizes.slice(1).map((size) => new Float32Array(size));
  const inputs = sizes.slice(0, -1).map((size) => new Float32Array(size));
  const logits = sums[sums.length - 1];
  return { inputs, sums, logits, probabilities: new Float32Array(logits.length) };
}

/**
 * Write a · weights + bias into z. Zeros are free: of an image, four pixels in five are zero.
 * @param {Layer} layer
 * @param {Float32Array} a
 * @param {Float32Array} z
 */
function weightedSums({ weights, bias, nIn, nOut }, a, z) {
  const totals = Float64Array.from(bias);
  for (let i = 0; i < nIn; i++) {
    const input = a[i];
    if (input !== 0) {
      const row = i * nOut;
      for (let j = 0; j < nOut; j++) {
        totals[j] += input * weights[row + j];
      }
    }
  }
  z.set(totals);
}

/**
 * Turn logits z into probabilities: p = exp(z / T) / Σ exp(z / T).
 * @param {Float32Array} logits
 * @param {number} [temperature] T; above 1 the answer gets less sure, below 1 surer
 * @returns {Float32Array}
 */
export function softmax(logits, temperature = 1) {
  return softmaxInto(logits, temperature, new Float32Array(logits.length));
}

/**
 * Write the probabilities into p.
 * @param {Float32Array} logits
 * @param {number} temperature
 * @param {Float32Array} p
 * @returns {Float32Array} p
 */
function softmaxInto(logits, temperature, p) {
  const largest = maximum(logits);
  let sum = 0;
  for (let k = 0; k < logits.length; k++) {
    sum += Math.exp((logits[k] - largest) / temperature); // The largest is exp(0) = 1: nothing overflows.
  }
  for (let k = 0; k < logits.length; k++) {
    p[k] = Math.exp((logits[k] - largest) / temperature) / sum;
  }
  return p;
}

/**
 * Turn logits z into logarithms of probabilities: log p = z − log Σ exp(z).
 * @param {Float32Array} logits
 * @returns {Float32Array}
 */
export function logSoftmax(logits) {
  const largest = maximum(logits);
  const sum = logits.reduce((total, z) => total + Math.exp(z - largest), 0);
  return logits.map((z) => z - largest - Math.log(sum));
}

/**
 * Return the loss: −log p of the right class, the surprise at the right answer.
 * @param {Float32Array} logP
 * @param {number} label
 * @returns {number}
 */
export function crossEntropy(logP, label) {
  return -logP[label] || 0; // never −0
}

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
function flowBack(model, pass, last) {
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
 * Return every term of a unit's weighted sum, the largest first; together with its bias they make up sums[layer][unit].
 * @param {Model} model
 * @param {Pass} pass
 * @param {number} layer counted from 0, the layer above the image
 * @param {number} unit
 * @returns {Term[]}
 */
export function terms(model, pass, layer, unit) {
  const { weights, nOut } = layers(model.theta, model.sizes)[layer];
  const all = Array.from(pass.inputs[layer], (input, from) => {
    const weight = weights[from * nOut + unit];
    return { from, input, weight, product: input * weight };
  });
  return all.sort((one, other) => Math.abs(other.product) - Math.abs(one.product));
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
 * Return the largest of some numbers.
 * @param {Float32Array} numbers
 * @returns {number}
 */
function maximum(numbers) {
  return numbers.reduce((most, each) => (each > most ? each : most), -Infinity);
}

/**
 * The network itself, the same mathematics with the same names as network.py: everything that the page shows of a
 * neuron, a probability or a gradient is computed here, from the parameters in the model file.
 *
 * The letters: `x` the image, pixels 0…1; `y` the wanted probabilities; `z` the weighted sums of a layer, those of the
 * last layer called logits; `a` what a layer puts out; `p` the probabilities; `delta` the gradient of the loss in `z`.
 * Numbers are stored as float32, as in Python; sums are added up in doubles, so that they depend on no order.
 */

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
/** @typedef {{from: number, input: number, weight: number, product: number}} Term */

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
function emptyPass(sizes) {
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
 * Return the weights of a unit, one for each number that goes into its layer.
 * @param {Float32Array} theta
 * @param {number[]} sizes
 * @param {number} layer counted from 0, the layer above the image
 * @param {number} unit
 * @returns {Float32Array}
 */
export function incoming(theta, sizes, layer, unit) {
  const { weights, nIn, nOut } = layers(theta, sizes)[layer];
  const own = new Float32Array(nIn);
  for (let i = 0; i < nIn; i++) {
    own[i] = weights[i * nOut + unit];
  }
  return own;
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
 * Return the largest of some numbers.
 * @param {Float32Array} numbers
 * @returns {number}
 */
function maximum(numbers) {
  return numbers.reduce((most, each) => (each > most ? each : most), -Infinity);
}

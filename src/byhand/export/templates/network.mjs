/**
 * A fully connected network of $sizes units with its weights, written by byhand.
 * It needs nothing else, in a browser as in Node:
 *
 *     import { predict } from "./THIS_FILE.mjs";
 *     const { name, probability, certain } = predict(image);
 */

/** What it is: sizes, preprocessing, classes, where it comes from. */
export const about = $about;

/** The name of each class. */
export const classes = about.classes;

/** An answer that is less probable should not be believed. */
export const threshold = about.threshold;

/**
 * Name the class of an image.
 * @param {ArrayLike<number>} image $pixels grey levels 0…255, $height rows of $width, white ink on black
 * @returns {{name: string, probability: number, certain: boolean, probabilities: Float32Array}}
 */
export function predict(image) {
  const probabilities = predictProba(image);
  const best = probabilities.reduce((most, p, k) => (p > probabilities[most] ? k : most), 0);
  const probability = probabilities[best];
  return { name: classes[best], probability, certain: probability >= threshold, probabilities };
}

/**
 * Return the probability of every class.
 * @param {ArrayLike<number>} image as of predict
 * @returns {Float32Array}
 */
export function predictProba(image) {
  if (image.length !== $pixels) {
    throw new RangeError("An image has $pixels grey levels, not " + image.length + ".");
  }
  /** @type {Float32Array} */
  let a = Float32Array.from(image, unit);
  layers.forEach(({ weights, bias }, k) => {
    const z = weightedSums(weights, bias, a);
    a = k + 1 < layers.length ? z.map(activation) : z;
  });
  const largest = a.reduce((most, z) => Math.max(most, z), -Infinity);
  const powers = Float64Array.from(a, (z) => Math.exp(z - largest));
  const sum = powers.reduce((total, power) => total + power, 0);
  return Float32Array.from(powers, (power) => power / sum);
}

/**
 * Bring a grey level to 0…1.
 * @param {number} level
 * @returns {number}
 */
function unit(level) {
  if (!(Number.isInteger(level) && level >= 0 && level <= 255)) {
    throw new RangeError("Grey levels lie in 0…255 and are whole numbers; one is " + level + ".");
  }
  return level / 255;
}

/**
 * What a hidden unit does with its weighted sum.
 * @param {number} z
 * @returns {number}
 */
function activation(z) {
  return $formula;
}

/**
 * Return a · weights + bias. Most pixels are 0 and take no time.
 * @param {Float32Array} weights row i belongs to input i
 * @param {Float32Array} bias
 * @param {Float32Array} a
 * @returns {Float32Array}
 */
function weightedSums(weights, bias, a) {
  const totals = Float64Array.from(bias);
  for (let i = 0; i < a.length; i++) {
    if (a[i] !== 0) {
      for (let j = 0; j < totals.length; j++) {
        totals[j] += a[i] * weights[i * totals.length + j];
      }
    }
  }
  return Float32Array.from(totals);
}

/**
 * Cut the parameters into the layers' weights and biases.
 * @param {Float32Array} theta
 * @param {number[]} sizes
 * @returns {{weights: Float32Array, bias: Float32Array}[]}
 */
function cut(theta, sizes) {
  let start = 0;
  const take = (/** @type {number} */ count) => theta.subarray(start, (start += count));
  return sizes.slice(1).map((size, k) => ({ weights: take(sizes[k] * size), bias: take(size) }));
}

const bytes = Uint8Array.from(atob("$theta"), (character) => character.charCodeAt(0));
const layers = cut(new Float32Array(bytes.buffer), about.sizes);

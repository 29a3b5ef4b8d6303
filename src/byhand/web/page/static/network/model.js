/** From the bytes of a model file to a network, and nothing that is not one. */

import { ACTIVATIONS } from "./nn.js";
import { parseSafetensors } from "./safetensors.js";

/** @typedef {import("./nn.js").Model} Model */

const FORMAT = 1;
const UNCALIBRATED = 0.5; // The threshold where none was found on data.
const PREPROCESSING = ["mnist/2", "mnist/1", "pixels/255"];

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

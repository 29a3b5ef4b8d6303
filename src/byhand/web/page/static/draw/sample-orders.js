// In which order test images are looked at: by chance, the mistakes first, or the least certain ones.

import { forward, toInput } from "../network/nn.js";
import { askJson, getImages } from "../server/api.js";
import { exported } from "../server/carrying.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {{mistakes: number[], uncertain: number[]}} Orders numbers of images, worst or least certain first */

const MOST_UNCERTAIN = 100; // Beyond these the network is quite certain.

/**
 * Find the mistakes and the least certain images of all.
 * @param {Model} model
 * @param {string} of "served" or "training"
 * @returns {Promise<Orders>}
 */
export async function judgeAll(model, of) {
  const { indices, mistakes, confidence } = exported ? await judgeCarried(model, exported.indices) : await askAll(of);
  const order = indices.map((_, place) => place).sort((one, other) => confidence[one] - confidence[other]);
  return { mistakes, uncertain: order.slice(0, MOST_UNCERTAIN).map((place) => indices[place]) };
}

/**
 * Let the server judge.
 * @param {string} of
 * @returns {Promise<{indices: number[], mistakes: number[], confidence: number[]}>}
 */
async function askAll(of) {
  /** @type {import("../server/messages.js").Judgement} */
  const { mistakes, confidence } = await askJson(`api/judgement?of=${of}`);
  return { indices: confidence.map((_, index) => index), mistakes, confidence };
}

/**
 * Judge the images that an exported page carries.
 * @param {Model} model
 * @param {number[]} indices
 */
async function judgeCarried(model, indices) {
  const samples = await getImages("test", indices);
  const judged = samples.map(({ index, name, pixels }) => {
    const { probabilities } = forward(model, toInput(pixels));
    const confidence = Math.max(...probabilities);
    return { index, confidence, wrong: model.classes[probabilities.indexOf(confidence)] !== name };
  });
  const wrong = judged.filter((one) => one.wrong).sort((one, other) => other.confidence - one.confidence);
  return { indices, mistakes: wrong.map(({ index }) => index), confidence: judged.map(({ confidence }) => confidence) };
}

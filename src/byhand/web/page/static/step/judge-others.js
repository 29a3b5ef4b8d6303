// How a network reads some images, a few at a time; nothing here knows of the page.

import { crossEntropy, forward, logSoftmax, toInput } from "../network/nn.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {{right: number, loss: number, n: number}} Score the share read rightly, the mean loss, and of how many */

const SLICE = 12; // milliseconds for which the page may be busy

/**
 * Judge the others, a few at a time.
 * @param {Model} model
 * @param {Sample[]} others
 * @param {() => boolean} wanted whether anybody still waits for it
 * @returns {Promise<Score | null>} null if nobody does
 */
export async function judgeOthers(model, others, wanted) {
  let [right, loss, n] = [0, 0, 0];
  let pass;
  let began = performance.now();
  for (const { name, pixels } of others) {
    const label = model.classes.indexOf(name);
    if (label < 0) continue; // The network may not know all classes of the data.
    pass = forward(model, toInput(pixels), pass);
    const own = crossEntropy(logSoftmax(pass.logits), label);
    loss += Number.isFinite(own) ? own : 1e9; // as good as infinite
    right += Number(pass.probabilities[label] === Math.max(...pass.probabilities));
    n++;
    if (performance.now() - began < SLICE) continue;
    await new Promise((resolve) => { setTimeout(resolve); });
    if (!wanted()) return null;
    began = performance.now();
  }
  return n ? { right: right / n, loss: loss / n, n } : null;
}

// What the server tells of its trainings in the page itself, so that no number of it stands here again.

/**
 * @typedef {object} Facts
 * @property {Record<string, [number, number]>} rates of each optimizer: the learning rate that suits for one image a
 *   step, and the highest; between them it grows with the batch size
 * @property {Record<string, number>} gains of each activation: the variance of its first weights, times their inputs
 * @property {Record<"layers" | "units" | "epochs" | "batch_size" | "seed", number>} most what the server bears
 * @property {Record<string, number>} [start] what a training begins with in the page in one file, which has few images
 * @property {boolean} shared whether the server asks for a token, without which its address opens nothing elsewhere
 */

const element = globalThis.document?.getElementById("facts");
export const facts = /** @type {Facts} */ (JSON.parse(element?.textContent ?? "null"));

// The workers of the page in one file: made of the text that the file carries, as a browser loads none from beside it.

import { carried } from "./carried.js";
import { words } from "./words.js";

/**
 * Begin a worker.
 * @param {(message: any) => void} hear
 * @returns {Promise<Worker>}
 */
export async function begin(hear) {
  const { worker: text } = await carried();
  const address = URL.createObjectURL(new Blob([text], { type: "text/javascript" }));
  const worker = new Worker(address);
  worker.addEventListener("message", ({ data }) => hear(data));
  worker.addEventListener("error", (event) => hear({ broken: event.message || words.broken }));
  return worker;
}

/** @type {Promise<unknown>} */ let before = Promise.resolve();

/**
 * Have a network judged, one after the other.
 * @param {"judgement" | "robustness" | "accuracy"} judge
 * @param {import("../network/nn.js").Model} model
 * @returns {Promise<unknown>}
 */
export function judged(judge, model) {
  const next = before.then(async () => {
    const { judged: images } = await carried();
    /** @type {Worker | undefined} */ let worker;
    try {
      return await new Promise((resolve, reject) => {
        void begin(({ answer, broken }) =>
          (broken ? reject(new Error(broken)) : resolve(answer))).then((begun) => {
          worker = begun;
          worker.postMessage({ judge, model, images });
        }, reject);
      });
    } finally {
      worker?.terminate();
    }
  });
  before = next.catch(() => {});
  return next;
}

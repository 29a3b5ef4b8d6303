// What the page in one file carries, unpacked once: its network, its images, and what works in its background.

import { fromBase64 } from "../link/base64.js";
import { parseModel } from "../network/model.js";
import { exported } from "../server/carrying.js";

/** @typedef {import("../server/carrying.js").Exported} Exported */
/** @typedef {import("./judging.js").Images} Images */

/** @type {ReturnType<typeof unpackAll> | null} */ let all = null;

/** @returns {ReturnType<typeof unpackAll>} */
export function carried() {
  all ||= unpackAll(/** @type {Exported} */ (exported));
  return all;
}

/** @param {Exported} given */
async function unpackAll(given) {
  const file = fromBase64(given.model).buffer;
  const model = parseModel(file);
  const [test, train] = await Promise.all([unpacked(given.images), unpacked(given.train)]);
  const size = 1 + model.sizes[0];
  const shown = imagesOf(test, size);
  return { ...given, file, model, size, test, train, shown, judged: head(shown, given.judged), learned: imagesOf(train, size) };
}

/**
 * @param {string} text gzip in base64
 * @returns {Promise<Uint8Array>}
 */
async function unpacked(text) {
  const stream = new Blob([fromBase64(text)]).stream().pipeThrough(new DecompressionStream("gzip"));
  return new Uint8Array(await new Response(stream).arrayBuffer());
}

/**
 * Part labels from pixels.
 * @param {Uint8Array} records
 * @param {number} size of each
 * @returns {Images}
 */
function imagesOf(records, size) {
  const n = records.length / size;
  const [labels, inputs] = [new Uint8Array(n), new Uint8Array(n * (size - 1))];
  for (let k = 0; k < n; k++) {
    labels[k] = records[k * size];
    inputs.set(records.subarray(k * size + 1, (k + 1) * size), k * (size - 1));
  }
  return { inputs, labels };
}

/**
 * @param {Images} images
 * @param {number} n
 * @param {number} [start]
 * @returns {Images} so many of them
 */
export function head({ inputs, labels }, n, start = 0) {
  const pixels = inputs.length / labels.length;
  return { inputs: inputs.slice(start * pixels, (start + n) * pixels), labels: labels.slice(start, start + n) };
}

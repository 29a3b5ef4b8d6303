// Some test images, and what the network makes of each: fetched and read once for all that shows them.

import { outputsOf } from "../../network/likeness.js";
import { getData, getImages } from "../../server/api.js";
import { exported } from "../../server/carrying.js";

/** @typedef {import("../../server/api.js").Sample} Sample */
/** @typedef {{samples: Sample[], outputs: import("../../network/likeness.js").Outputs}} Gallery */

const MOST = 500; // images

/**
 * All parts of the page share one: `app.once(createGallery, app)`.
 * @param {import("../../page/app.js").App} app
 * @returns {() => Promise<Gallery | null>} null if meanwhile another network reads
 */
export function createGallery(app) {
  /** @type {Promise<Sample[]> | null} */ let samples = null;
  /** @type {{of: unknown, outputs: ReturnType<typeof outputsOf>} | null} */ let read = null;

  async function fetchAll() {
    const indices = exported ? exported.indices : Array.from({ length: (await getData()).test }, (_, k) => k);
    return getImages("test", indices.slice(0, MOST));
  }

  return async () => {
    samples ||= fetchAll();
    const all = await samples.catch((error) => {
      samples = null; // Another time the server may answer.
      throw error;
    });
    const { model } = app;
    if (read?.of !== model) {
      read = { of: model, outputs: outputsOf(model, all.map(({ pixels }) => pixels), () => app.model === model) };
    }
    const outputs = await read.outputs;
    if (!outputs && read.of === model) read = null; // Nobody waited for it then.
    return outputs && app.model === model ? { samples: all, outputs } : null;
  };
}

// What a page that was exported to one file carries in its own HTML; a page that is served carries nothing.

/**
 * Its network, its images and how many of the first are judged by, each image's place among all of the data, and the
 * program that works in the background.
 * @typedef {{model: string, images: string, train: string, indices: number[], judged: number, classes: string[],
 *            name: string, worker: string}} Exported
 */

const element = globalThis.document?.getElementById("exported");
/** @type {Exported | null} */
export const exported = element ? JSON.parse(element.textContent ?? "null") : null;

// What the page asks of its server; and where it was exported to one file, of what that carries in the server's place.

import { words } from "../page/words.js";
import { exported } from "./carrying.js";
import { hasNetwork } from "./phases.js";

/**
 * An image with the name of its class; its place among the classes is not the same in every model.
 * @typedef {{index: number, name: string, pixels: Uint8Array}} Sample
 */

const UNKNOWN = 401; // what the server answers whoever has no token, or an old one

/** @type {Promise<string[]> | null} */ let names = null; // of the classes of the server's data

/** An error whose message is a sentence for people. */
export class Told extends Error {}

/** An answer of the server that is none, with its words for people, and the fields that they are about. */
export class Refused extends Told {
  /**
   * @param {string} message
   * @param {number} status
   * @param {string[]} [fields]
   */
  constructor(message, status, fields = []) {
    super(message);
    this.status = status;
    this.fields = fields;
  }
}

/**
 * Return what to say to people of an error.
 * @param {unknown} error
 * @returns {string}
 */
export function sentenceOf(error) {
  if (error instanceof Told) return error.message || words.noServer;
  console.error(error); // It is one of the page itself; its words are for who looks for the cause.
  return words.broken;
}

/**
 * Ask the server; an error carries its words.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function ask(path, options) {
  let response;
  try {
    response = exported ? await (await import("../file/answers.js")).answer(path, options) : await fetch(path, options);
  } catch {
    throw new Refused("", 0); // The server does not answer: the page has words for that.
  }
  if (!response.ok) {
    /** @type {Partial<import("./messages.js").Problem>} */
    const { detail, fields } = await response.json().catch(() => ({}));
    if (response.status === UNKNOWN) throw new Refused(words.otherLink, UNKNOWN); // It was known when this page came.
    throw new Refused(typeof detail === "string" ? detail : response.statusText, response.status, fields);
  }
  return response;
}

/**
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<any>}
 */
export async function askJson(path, options) {
  return (await ask(path, options)).json();
}

/** @returns {Promise<boolean>} whether the server answers, but not to whoever has the link that this page was opened by */
export async function isShutOut() {
  try {
    await ask("api/training");
  } catch (error) {
    return error instanceof Refused && error.status === UNKNOWN;
  }
  return false;
}

/**
 * Open a stream of events that the server tells.
 * @param {string} path
 * @returns {EventSource}
 */
export function openEvents(path) {
  if (!exported) return new EventSource(path);
  let stop = () => {};
  const target = Object.assign(new EventTarget(), { readyState: 1, close: () => stop() });
  void import("../file/answers.js").then(({ stream }) => { stop = stream(target); });
  return /** @type {EventSource} */ (/** @type {unknown} */ (target));
}

/**
 * Fetch a model file.
 * @param {string} of "served", "training" or "before", which is the one in training before its last single image
 * @returns {Promise<ArrayBuffer>}
 */
export async function getModel(of) {
  return (await ask(`api/model?of=${of}`)).arrayBuffer();
}

/** @returns {Promise<boolean>} whether there is a network in training, or one that was trained since the server began */
export async function hasTraining() {
  /** @type {import("./messages.js").Snapshot} */ const { state } = await askJson("api/training");
  return hasNetwork(state);
}

/**
 * Ask whether there is the network as it was before a single image was learned.
 * @param {number} moment the number that tells it from others
 * @returns {Promise<boolean>}
 */
export async function hasBefore(moment) {
  /** @type {import("./messages.js").Snapshot} */ const { figures } = await askJson("api/training");
  return figures?.seen?.network === moment;
}

/** @returns {Promise<Pick<import("./messages.js").Data, "name" | "classes" | "train" | "test">>} which images there are */
export async function getData() {
  return askJson("api/data");
}

/**
 * Fetch images of the data set with their labels.
 * @param {"train" | "test"} part
 * @param {number[]} indices at most 500
 * @returns {Promise<Sample[]>}
 */
export async function getImages(part, indices) {
  if (indices.length === 0) return [];
  names ||= askJson("api/data").then(({ classes }) => classes);
  const classes = await names.catch((error) => {
    names = null; // Another time the server may answer.
    throw error;
  });
  const query = indices.map((index) => `index=${index}`).join("&");
  const bytes = new Uint8Array(await (await ask(`api/images?part=${part}&${query}`)).arrayBuffer());
  const size = bytes.length / indices.length;
  return indices.map((index, place) => sample(index, bytes.subarray(place * size, (place + 1) * size), classes));
}

/**
 * @param {number} index
 * @param {Uint8Array} record one byte for the label, then the pixels
 * @param {string[]} classes
 * @returns {Sample}
 */
function sample(index, record, classes) {
  return { index, name: classes[record[0]], pixels: record.slice(1) };
}

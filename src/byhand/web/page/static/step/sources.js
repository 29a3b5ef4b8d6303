// Where a lesson's network and image come from.

import { encodeStrokes } from "../link/strokes.js";
import { initialParameters } from "../network/initial.js";
import { parseModel, withTheta } from "../network/model.js";
import { getData, getImages, getModel, hasBefore, hasTraining } from "../server/api.js";
import { facts } from "../server/facts.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("./lesson.js").Memory} Memory */
/** @typedef {import("./steps.js").Example} Example */
/** @typedef {import("./steps.js").Run} Run */

/**
 * Name the network that is chosen, such that another one has another name.
 * @param {Memory} memory
 * @returns {string}
 */
export function nameOfNetwork({ network, seed, moment }) {
  return { fresh: `fresh ${seed}`, own: "own", training: "training", before: `before ${moment}` }[network];
}

/**
 * Tell whether the network that is chosen is not there any more: those of Learn go by.
 * @param {Memory} memory
 * @returns {Promise<boolean>}
 */
export async function isGone(memory) {
  const { network, moment, baseName } = memory;
  if (baseName === nameOfNetwork(memory)) return false; // It was fetched before.
  return network === "training" ? !(await hasTraining()) : network === "before" && !(await hasBefore(moment));
}

/**
 * @param {Memory} memory
 * @param {Model} served
 * @returns {Promise<Model>} the network that is chosen, before any step
 */
export async function fetchNetwork({ network, seed }, served) {
  if (network === "training" || network === "before") return parseModel(await getModel(network));
  if (network === "own") return served;
  return withTheta(served, initialParameters(served.sizes, facts.gains[served.activation], seed));
}

/**
 * @param {Memory} memory
 * @returns {Promise<import("../server/api.js").Sample>} the training image that is chosen, or the nearest that there is
 */
export async function fetchSample(memory) {
  memory.images ||= (await getData()).train;
  memory.index = Math.max(0, Math.min(memory.images - 1, memory.index));
  if (memory.sample?.index === memory.index) return memory.sample;
  const [sample] = await getImages("train", [memory.index]);
  return sample;
}

/**
 * Fetch the training images that steps were made with.
 * @param {Run[]} runs
 * @param {string[]} classes
 * @returns {Promise<Map<string, Example>>} by the names that they have in the runs; a link may name some that are not
 */
export async function fetchExamples(runs, classes) {
  const named = [...new Set(runs.map(({ image }) => image).filter((image) => image.startsWith("t")))];
  const { train } = await getData();
  const wanted = named.filter((image) => Number(image.slice(1)) < train);
  const samples = await getImages("train", wanted.map((image) => Number(image.slice(1))));
  return new Map(samples.map(({ name, pixels }, k) => [wanted[k], { image: pixels, label: classes.indexOf(name) }]));
}

/**
 * Name what is in Draw, such that another drawing has another name.
 * @param {App} app
 * @returns {string}
 */
export function nameOfDrawing({ reading, store: { state } }) {
  // The link names the image before it is there; only pictures, which no link holds, are known by their pixels.
  const { image: named, strokes } = state;
  if (reading.source === "picture") return reading.image.join("");
  return [named ? `${named.part}.${named.index}` : "", encodeStrokes(strokes)].filter(Boolean).join(" ");
}

/**
 * Say what is learned from: the training image, or what is in Draw. What somebody said of a drawing holds for that
 * drawing only.
 * @param {Memory} memory
 * @param {App} app
 * @param {string[]} classes
 * @returns {Example | null} null while it is not there yet, or if the network does not know its class
 */
export function example(memory, app, classes) {
  if (memory.source === "train") {
    const label = classes.indexOf(memory.sample?.name ?? "");
    return memory.sample && label >= 0 ? { image: memory.sample.pixels, label } : null;
  }
  const { reading } = app;
  const drawing = nameOfDrawing(app);
  memory.labelled ||= drawing;
  if (memory.labelled !== drawing) Object.assign(memory, { label: null, labelled: drawing });
  const { probabilities } = reading.pass;
  const label = memory.label ?? reading.label ?? probabilities.indexOf(Math.max(...probabilities));
  return { image: reading.image, label: Math.min(classes.length - 1, label) };
}

/**
 * Tell whether what is in Draw is there: an image that the link names has to be fetched first.
 * @param {App} app
 * @returns {boolean}
 */
export function isDrawn({ sample, samplePart, store: { state: { image } } }) {
  return image === null || (sample?.index === image.index && samplePart === image.part);
}

// Pictures from elsewhere: chosen, dropped or pasted. Drawings are prepared here, photos by the server.

import { inMemory } from "../../charts/paint.js";
import { fill } from "../../elements/dom.js";
import { inkOfPicture, prepareInk } from "../../ink/prepare.js";
import { fromBase64 } from "../../link/base64.js";
import { Told, askJson } from "../../server/api.js";
import { exported } from "../../server/carrying.js";
import { words } from "../words.js";

/** @typedef {import("../../page/core.js").Picture} Picture */
/**
 * A picture, what to say of it, and what of it goes to the server and is shown if there is more than one sign in it.
 * @typedef {{picture: Picture, words: string, page: {file: Blob, canvas: HTMLCanvasElement} | null}} Opened
 */

const LARGEST = 2400; // Pixels of the longest side; a larger picture is made smaller before its pixels are read.
const MOST_BYTES = 10_000_000; // A larger file goes to the server made smaller.
const texts = words.pictures;

/**
 * Open a picture and make it ready for the network.
 * @param {Blob} file
 * @param {boolean} centred
 * @param {boolean} signs whether a page of what the network knows can be read
 * @returns {Promise<Opened>}
 * @throws {Told} if it is none, or the server is needed and does not answer
 */
export async function openPicture(file, centred, signs) {
  const { canvas, factor } = await decode(file);
  const { width, height } = canvas;
  const { ink, drawing } = inkOfPicture(inMemory(canvas).getImageData(0, 0, width, height).data, width, height);
  const values = { width: Math.round(width / factor), height: Math.round(height / factor) };
  if (drawing) {
    const prepared = prepareInk(ink, width, height, { centred });
    return { picture: { ink, width, height, prepared }, ...said(texts.drawing, values, prepared, signs && { file, canvas }) };
  }
  if (exported) throw new Told(texts.photoOffline);
  const sent = file.size > MOST_BYTES ? await smaller(canvas) : file;
  const { prepared, box } = await askServer(sent);
  const part = sent === file ? factor : 1;
  const scaled = box && /** @type {import("../../ink/ink.js").Box} */ (box.map((side) => side * part));
  const picture = { ink, width, height, prepared, photo: { box: scaled } };
  return { picture, ...said(texts.photo, values, prepared, signs && { file: sent, canvas }) };
}

/**
 * Say what was opened; a page with more than one sign is to be read as such.
 * @param {string} sentence
 * @param {Record<string, number>} values
 * @param {import("../../ink/prepare.js").Prepared} prepared
 * @param {Opened["page"] | false} page what can be read as one
 * @returns {Pick<Opened, "words" | "page">}
 */
function said(sentence, values, { problem }, page) {
  if (problem !== "several") return { words: fill(sentence, values), page: null };
  const several = !page ? texts.severalThings : exported ? texts.severalOffline : texts.several;
  return { words: `${fill(sentence, values)} ${several}`, page: page && !exported ? page : null };
}

/**
 * Draw a picture on a canvas, upright and not too large.
 * @param {Blob} file
 * @returns {Promise<{canvas: HTMLCanvasElement, factor: number}>} with the canvas's pixels for one of the picture
 */
async function decode(file) {
  let bitmap;
  try {
    bitmap = await createImageBitmap(file, { colorSpaceConversion: "none", imageOrientation: "from-image" });
  } catch {
    throw new Told(texts.notPicture);
  }
  const factor = Math.min(1, LARGEST / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * factor));
  canvas.height = Math.max(1, Math.round(bitmap.height * factor));
  const context = canvas.getContext("2d", { willReadFrequently: true });
  if (!context) throw new Told(texts.notPicture);
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  bitmap.close();
  return { canvas, factor };
}

/**
 * @param {HTMLCanvasElement} canvas
 * @returns {Promise<Blob>}
 */
function smaller(canvas) {
  return new Promise((resolve, reject) => {
    canvas.toBlob((blob) => (blob ? resolve(blob) : reject(new Told(texts.notPicture))), "image/jpeg", 0.92);
  });
}

/**
 * Let the server prepare a photo.
 * @param {Blob} file
 * @returns {Promise<{prepared: import("../../ink/prepare.js").Prepared, box: number[] | null}>}
 */
async function askServer(file) {
  const headers = { "content-type": file.type.startsWith("image/") ? file.type : "application/octet-stream" };
  /** @type {import("../../server/messages.js").Prediction} */
  const { image, problem_kind: problem, box } = await askJson("api/predict", { method: "POST", body: file, headers });
  return { prepared: { image: fromBase64(image), problem, fitted: null, mass: null }, box };
}

/**
 * Take files that are dropped anywhere on the page, and pictures that are pasted.
 * @param {(file: File) => void} take
 * @param {(over: boolean) => void} hover told when a file is held over the page, and when no more
 * @returns {() => void} to take no more
 */
export function listenFiles(take, hover) {
  const controller = new AbortController();
  const { signal } = controller;
  const carries = (/** @type {DragEvent} */ event) => event.dataTransfer?.types.includes("Files") ?? false;
  addEventListener("dragover", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    hover(true);
  }, { signal });
  addEventListener("dragleave", (event) => {
    if (event.relatedTarget === null) hover(false);
  }, { signal });
  addEventListener("drop", (event) => {
    if (!carries(event)) return;
    event.preventDefault();
    hover(false);
    const file = event.dataTransfer?.files[0];
    if (file) take(file);
  }, { signal });
  addEventListener("paste", (event) => {
    const file = [...(event.clipboardData?.files ?? [])].find(({ type }) => type.startsWith("image/"));
    if (!file) return;
    event.preventDefault();
    take(file);
  }, { signal });
  return () => controller.abort();
}

// A sheet with several numbers: what the server read on it, and what somebody said of it. It outlives the view.

import { createEmitter } from "../../page/emitter.js";
import { askJson, sentenceOf } from "../../server/api.js";
import { nextDoubtful } from "./entries.js";

/** @typedef {import("./entries.js").Entry} Entry */
/** @typedef {ReturnType<typeof createSheet>} Sheet */
/**
 * A sheet that is shown, or waited for.
 * @typedef {object} Shown
 * @property {string} name of its file; empty for the pad
 * @property {HTMLCanvasElement} canvas
 * @property {[number, number] | null} size width and height in which the boxes are told; null until it is read
 * @property {Entry[]} entries
 * @property {string} problem
 */

/** Make what keeps the sheet; there is one in the application. */
export function createSheet() {
  const changes = createEmitter();
  /** @type {Shown | null} */ let shown = null;
  let chosen = -1;
  let asked = 0;

  /**
   * Let the server read a page, and show it.
   * @param {Blob} file
   * @param {HTMLCanvasElement} canvas the same, to be shown
   * @param {string} name
   */
  async function read(file, canvas, name) {
    const mine = ++asked;
    if (!name && shown && !shown.name) shown = { ...shown, canvas }; // What is written on goes on being shown.
    else shown = { name, canvas, size: null, entries: [], problem: "" };
    changes.tell();
    const headers = { "content-type": file.type.startsWith("image/") ? file.type : "application/octet-stream" };
    try {
      /** @type {import("../../server/messages.js").PageRead} */
      const { size, numbers } = await askJson("api/read", { method: "POST", body: file, headers });
      if (mine !== asked) return;
      const entries = numbers.flatMap((some, line) =>
        some.map((number) => ({ read: number, line, text: number.text, checked: false })));
      shown = { name, canvas, size, entries, problem: "" };
      chosen = -1;
    } catch (error) {
      if (mine !== asked) return;
      shown = { name, canvas, size: null, entries: [], problem: sentenceOf(error) };
    }
    changes.tell();
  }

  return {
    on: changes.on,
    get shown() { return shown; },
    /** Which number is looked at; −1 for none. */
    get chosen() { return chosen; },
    read,

    /** Put the sheet away. */
    close() {
      asked++;
      if (!shown) return;
      shown = null;
      chosen = -1;
      changes.tell();
    },

    /** Look at a number. @param {number} index */
    choose(index) {
      if (chosen === index) return;
      chosen = index;
      changes.tell();
    },

    /**
     * Say what a number is; it is no longer in doubt.
     * @param {number} index
     * @param {string} text
     */
    correct(index, text) {
      if (!shown) return;
      Object.assign(shown.entries[index], { text: text.trim(), checked: true });
      changes.tell();
    },

    /** @returns {number} the next number in doubt after the chosen one; −1 for none */
    next: () => nextDoubtful(shown?.entries ?? [], chosen),
  };
}

// The heart of the page, and of the pad in a notebook: what is drawn, the model, and what the model makes of it. Views
// listen and show.

import { PAD } from "../ink/ink.js";
import { prepareInk } from "../ink/prepare.js";
import { judge } from "../network/answer.js";
import { forward, toInput } from "../network/nn.js";
import { createDrawing } from "./drawing.js";
import { createEmitter } from "./emitter.js";

/** @typedef {import("../ink/ink.js").Box} Box */
/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../network/nn.js").Pass} Pass */
/** @typedef {import("../ink/prepare.js").Prepared} Prepared */
/** @typedef {import("../network/answer.js").Answer} Answer */
/** @typedef {import("./drawing.js").Drawing} Drawing */
/**
 * What is read now, and what the model makes of it.
 * @typedef {object} Reading
 * @property {"pad" | "sample" | "picture"} source "pad" also of an image of the data that was drawn on
 * @property {boolean} touched whether strokes lie over a picture or an image of the data
 * @property {Uint8Array} image 784 pixels, as the network sees them
 * @property {Prepared | null} prepared how a drawing or picture became the image; null for an image of the data
 * @property {number | null} label of an image of the data, if the model knows its class
 * @property {Float32Array} input the pixels, 0…1
 * @property {Pass} pass every number of the network
 * @property {Answer} answer
 * @property {number} milliseconds that it took to prepare the image and to run the network
 */
/**
 * A picture from elsewhere; of a photo, which the server has prepared, the box of the ink that it found.
 * @typedef {{ink: Uint8Array, width: number, height: number, prepared: Prepared, photo?: {box: Box | null}}} Picture
 */
/** @typedef {"reading" | "ink" | "model" | "theme"} Happening */

/** @typedef {ReturnType<typeof createCore>} App */

/**
 * @param {import("../link/store.js").Store} store
 * @param {Model} served the network to begin with
 * @param {import("./keys.js").Keys} keys
 * @param {{over?: boolean}} [options] whether one can draw on pictures and images of the data
 */
export function createCore(store, served, keys, { over = true } = {}) {
  const { state } = store;
  /** @type {Record<Happening, import("./emitter.js").Emitter<[]>>} */
  const happenings = { reading: createEmitter(), ink: createEmitter(), model: createEmitter(), theme: createEmitter() };
  let model = served;
  /** @type {Reading} */ let reading;
  let frame = 0;
  const drawing = createDrawing(store, () => {
    read();
    happenings.ink.tell();
  }, over);

  /** Let the network read what there is now, and tell of it in the next frame. */
  function read() {
    reading = readNow(drawing, model, state.centred);
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      happenings.reading.tell();
    });
  }

  /**
   * Read with another model from now on.
   * @param {Model} other
   */
  function useModel(other) {
    if (other === model) return;
    model = other;
    read();
    happenings.model.tell();
  }

  /** @type {Map<Function, unknown>} */ const made = new Map();

  const app = {
    store,
    keys,
    useModel,
    /** The network that byhand came with, whichever one reads now. */
    served,
    get model() { return model; },
    get reading() { return reading; },
    get ink() { return drawing.ink; },
    get pen() { return drawing.pen; },
    get picture() { return drawing.picture; },
    get sample() { return drawing.sample; },
    get samplePart() { return drawing.samplePart; },
    get canUndo() { return drawing.canUndo; },

    /**
     * Return what a function makes, made once for this application: a view that is shown again finds it as it was.
     * @template {unknown[]} G
     * @template T
     * @param {(...given: G) => T} make
     * @param {G} given
     * @returns {T}
     */
    once(make, ...given) {
      if (!made.has(make)) made.set(make, make(...given));
      return /** @type {T} */ (made.get(make));
    },

    /**
     * Be told when something happened. Readings are told once per animation frame at most.
     * @param {Happening} happening
     * @param {() => void} listener
     * @returns {() => void} to be told no more
     */
    on: (happening, listener) => happenings[happening].on(listener),

    penDown: drawing.penDown,
    penMove: drawing.penMove,
    penUp: drawing.penUp,
    penCancel: drawing.penCancel,
    undo: drawing.undo,
    clear: drawing.clear,
    setStrokes: drawing.setStrokes,
    preview: drawing.preview,
    usePicture: drawing.usePicture,
    useSample: drawing.useSample,
    backToPad: drawing.backToPad,

    /** Tell that colours have changed. */
    themeChanged() {
      happenings.theme.tell();
    },
  };

  store.subscribe((_, changed) => {
    if (changed.has("strokes")) drawing.strokesChanged();
    else if (changed.has("centred")) prepareAgain();
  });

  /** Prepare what is shown anew, centred or not. A photo stays as the server has prepared it. */
  function prepareAgain() {
    const { picture } = drawing;
    if (picture && !picture.photo) {
      const { ink, width, height } = picture;
      drawing.replacePicture({ ...picture, prepared: prepareInk(ink, width, height, { centred: state.centred }) });
    }
    read();
  }

  drawing.redraw();
  return app;
}

/**
 * Read what there is: an image of the data, a picture, or the pad.
 * @param {Drawing} drawing
 * @param {Model} model
 * @param {boolean} centred
 * @returns {Reading}
 */
function readNow({ picture, sample, ink, touched }, model, centred) {
  const began = performance.now();
  const alone = sample !== null && !touched;
  const still = sample !== null || picture?.photo !== undefined; // It has its place, and keeps it.
  const prepared = alone ? null : !touched && picture?.prepared
    || prepareInk(ink.pixels, PAD, PAD, { centred: centred && !(touched && still) });
  const image = alone ? sample.pixels : /** @type {Prepared} */ (prepared).image;
  const input = toInput(image);
  const pass = forward(model, input);
  const label = alone ? model.classes.indexOf(sample.name) : -1;
  return {
    source: alone ? "sample" : picture ? "picture" : "pad",
    touched,
    image,
    prepared,
    label: label < 0 ? null : label,
    input,
    pass,
    answer: judge(model, pass.probabilities, prepared?.problem ?? null),
    milliseconds: performance.now() - began,
  };
}

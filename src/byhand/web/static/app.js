// The heart of the page: what is drawn, the model, and what the model makes of it. Views listen and show.

import { getImages, getModel, hasTraining } from "./api.js";
import { judge } from "./answer.js";
import { PAD, addSegment, makeInk, rasterize } from "./ink.js";
import { forward, parseModel, toInput } from "./nn.js";
import { prepareInk } from "./prepare.js";
import { createStore } from "./store.js";

/** @typedef {import("./ink.js").Stroke} Stroke */
/** @typedef {import("./ink.js").Ink} Ink */
/** @typedef {import("./ink.js").Box} Box */
/** @typedef {import("./nn.js").Model} Model */
/** @typedef {import("./nn.js").Pass} Pass */
/** @typedef {import("./prepare.js").Prepared} Prepared */
/** @typedef {import("./answer.js").Answer} Answer */
/** @typedef {import("./api.js").Sample} Sample */
/**
 * What is read now, and what the model makes of it.
 * @typedef {object} Reading
 * @property {"pad" | "sample" | "picture"} source
 * @property {Uint8Array} image 784 pixels, as the network sees them
 * @property {Prepared | null} prepared how a drawing or picture became the image; null for an image of the data
 * @property {number | null} label of an image of the data
 * @property {Float32Array} input the pixels, 0…1
 * @property {Pass} pass every number of the network
 * @property {Answer} answer
 * @property {number} milliseconds from the pointer's event to the probabilities
 */
/**
 * A picture from elsewhere; of a photo, which the server has prepared, the box of the ink that it found.
 * @typedef {{ink: Uint8Array, width: number, height: number, prepared: Prepared, photo?: {box: Box | null}}} Picture
 */
/** @typedef {"reading" | "ink" | "model" | "theme"} Happening */

/** @typedef {Awaited<ReturnType<typeof createApp>>} App */

/** Make the application from the link, with the model that it names. */
export async function createApp() {
  const store = createStore();
  const { state } = store;
  /** @type {Record<Happening, Set<() => void>>} */
  const listeners = { reading: new Set(), ink: new Set(), model: new Set(), theme: new Set() };
  /** @type {Model} */ let model = parseModel(await getModel("served"));
  /** @type {Ink} */ let ink = makeInk();
  /** @type {Stroke | null} */ let pen = null;
  /** @type {Stroke[][]} */ const before = []; // what undo goes back to
  /** @type {Picture | null} */ let picture = null;
  /** @type {Sample | null} */ let sample = null;
  let samplePart = "";
  /** @type {Reading} */ let reading;
  let frame = 0;

  /**
   * Be told when something happened. Readings are told once per animation frame at most.
   * @param {Happening} happening
   * @param {() => void} listener
   * @returns {() => void} to be told no more
   */
  function on(happening, listener) {
    listeners[happening].add(listener);
    return () => listeners[happening].delete(listener);
  }

  /** @param {Happening} happening */
  function tell(happening) {
    for (const listener of [...listeners[happening]]) listener();
  }

  /** Let the network read what there is now, and tell of it in the next frame. */
  function read() {
    const began = performance.now();
    const prepared = picture?.prepared ?? prepareInk(ink.pixels, PAD, PAD, { centred: state.centred });
    const image = sample?.pixels ?? prepared.image;
    const input = toInput(image);
    const pass = forward(model, input);
    reading = {
      source: sample ? "sample" : picture ? "picture" : "pad",
      image,
      prepared: sample ? null : prepared,
      label: sample?.label ?? null,
      input,
      pass,
      answer: judge(model, pass.probabilities, sample ? null : prepared.problem),
      milliseconds: performance.now() - began,
    };
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      tell("reading");
    });
  }

  /** Draw all strokes anew. */
  function redraw() {
    ink = rasterize(state.strokes);
    read();
    tell("ink");
  }

  /**
   * Replace the strokes, and remember the old ones for undo.
   * @param {Stroke[]} strokes
   */
  function setStrokes(strokes) {
    before.push(state.strokes);
    picture = sample = null;
    store.set({ strokes, image: null });
  }

  /** Put away a picture or an image of the data: from now on the pad is read. */
  function backToPad() {
    if (!picture && !sample) return;
    picture = sample = null;
    store.set({ image: null });
    redraw();
  }

  const app = {
    store,
    on,
    get model() { return model; },
    get reading() { return reading; },
    get ink() { return ink; },
    get picture() { return picture; },
    get sample() { return sample; },
    get canUndo() { return before.length > 0 || state.strokes.length > 0 || picture !== null || sample !== null; },

    /**
     * Put the pen down. On a picture or an image of the data this begins a new drawing; undo brings back the old one.
     * @param {[number, number]} point
     * @param {boolean} erase
     */
    penDown(point, erase) {
      if ((picture || sample) && state.strokes.length) setStrokes([]);
      else backToPad();
      pen = { brush: state.brush, erase, points: [point] };
      addSegment(ink, point, point, pen.brush, erase);
      read();
      tell("ink");
    },

    /**
     * Move the pen over all these points.
     * @param {[number, number][]} points
     */
    penMove(points) {
      if (!pen) return;
      for (const point of points) {
        const last = pen.points[pen.points.length - 1];
        if (point[0] === last[0] && point[1] === last[1]) continue;
        pen.points.push(point);
        addSegment(ink, last, point, pen.brush, pen.erase);
      }
      read();
      tell("ink");
    },

    /** Lift the pen: the stroke is finished. */
    penUp() {
      if (!pen) return;
      const stroke = pen;
      pen = null;
      setStrokes([...state.strokes, stroke]);
    },

    /** Take back the last stroke, or the last clearing; or put a picture or an image of the data away. */
    undo() {
      if (picture || sample) return backToPad();
      // Strokes that came with the link have no past here: they are taken back one by one.
      const strokes = before.pop() ?? state.strokes.slice(0, -1);
      pen = null;
      store.set({ strokes, image: null });
    },

    /** Empty the pad. */
    clear() {
      backToPad();
      if (state.strokes.length) setStrokes([]);
    },

    setStrokes,

    /**
     * Show and read other strokes for a moment, as a replay does; the drawing stays as it is.
     * @param {Stroke[] | null} strokes null ends it
     */
    preview(strokes) {
      backToPad();
      ink = rasterize(strokes ?? state.strokes);
      read();
      tell("ink");
    },

    /**
     * Read a picture from elsewhere instead of the pad.
     * @param {Picture} from
     */
    usePicture(from) {
      picture = from;
      sample = null;
      store.set({ image: null });
      read();
      tell("ink");
    },

    /**
     * Read an image of the data set instead of the pad.
     * @param {Sample} chosen
     * @param {"train" | "test"} part
     */
    useSample(chosen, part) {
      sample = chosen;
      samplePart = part;
      picture = null;
      store.set({ image: { part, index: chosen.index } });
      read();
      tell("ink");
    },

    /**
     * Read with another model from now on.
     * @param {Model} other
     */
    useModel(other) {
      model = other;
      tell("model");
      read();
    },

    /** Tell that colours have changed. */
    themeChanged() {
      tell("theme");
    },
  };

  store.subscribe((now, changed) => {
    if (changed.has("strokes")) redraw();
    else if (changed.has("centred")) prepareAgain();
    if (changed.has("image")) void followImage();
    if (changed.has("model")) void followModel();
  });

  /** Prepare what is shown anew, centred or not. A photo stays as the server has prepared it. */
  function prepareAgain() {
    if (picture && !picture.photo) {
      const { ink: own, width, height } = picture;
      picture = { ...picture, prepared: prepareInk(own, width, height, { centred: state.centred }) };
    }
    read();
  }

  /** Show the data image that the link names. */
  async function followImage() {
    const wanted = state.image;
    if (!wanted && sample) backToPad();
    if (!wanted || (sample?.index === wanted.index && samplePart === wanted.part)) return;
    const [found] = await getImages(wanted.part, [wanted.index]).catch(() => []);
    if (found && state.image === wanted) app.useSample(found, wanted.part);
  }

  /** Read with the model that the link names. */
  async function followModel() {
    try {
      if (state.model === "training" && !(await hasTraining())) store.set({ model: "served" });
      else app.useModel(parseModel(await getModel(state.model)));
    } catch {
      if (state.model !== "served") store.set({ model: "served" });
    }
  }

  redraw();
  void followImage();
  if (state.model !== "served") void followModel();
  return app;
}

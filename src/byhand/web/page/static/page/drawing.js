// What the hand has made: the strokes and their ink, what undo goes back to, and the picture or image in their place.

import { PAD, addSegment, makeInk, rasterize } from "../ink/ink.js";

/** @typedef {import("./core.js").Picture} Picture */
/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {import("../ink/ink.js").Ink} Ink */
/** @typedef {import("../ink/ink.js").Stroke} Stroke */
/** @typedef {ReturnType<typeof createDrawing>} Drawing */

/**
 * @param {import("../link/store.js").Store} store
 * @param {() => void} changed told whenever there is something else to read
 */
export function createDrawing(store, changed) {
  const { state } = store;
  /** @type {Ink} */ let ink = makeInk();
  /** @type {Stroke | null} */ let pen = null; // the stroke that is being drawn
  /** @type {Stroke[][]} */ const before = []; // what undo goes back to
  /** @type {Picture | null} */ let picture = null;
  /** @type {Sample | null} */ let sample = null;
  /** @type {string | null} */ let samplePart = null;
  let former = state.strokes;
  let own = false; // whether it is this module that changes the strokes, and not a link

  /** Draw all strokes anew. @param {Stroke[]} [strokes] */
  function redraw(strokes = state.strokes) {
    ink = rasterize(strokes);
    changed();
  }

  /** @param {Stroke[]} strokes */
  function write(strokes) {
    picture = sample = null;
    own = true;
    store.set({ strokes, image: null });
    own = false;
  }

  /**
   * Replace the strokes, and remember the old ones for undo.
   * @param {Stroke[]} strokes
   */
  function setStrokes(strokes) {
    before.push(state.strokes);
    write(strokes);
  }

  /** Put away a picture or an image of the data: from now on the pad is read. */
  function backToPad() {
    if (!picture && !sample) return;
    picture = sample = null;
    store.set({ image: null });
    redraw();
  }

  /** Lift the pen: the stroke is finished. */
  function penUp() {
    if (!pen) return;
    const stroke = pen;
    pen = null;
    setStrokes([...state.strokes, stroke]);
  }

  /** A link, or the way back, has brought other strokes: undo goes back to the ones before. */
  function strokesChanged() {
    if (!own) {
      pen = picture = null;
      before.push(former);
    }
    former = state.strokes;
    redraw();
  }

  return {
    get ink() { return ink; },
    get picture() { return picture; },
    get sample() { return sample; },
    get samplePart() { return samplePart; },
    get canUndo() { return before.length > 0 || state.strokes.length > 0 || picture !== null || sample !== null; },

    /** @returns {Stroke | null} the stroke that is being drawn: who has put the pen down knows it again */
    get pen() { return pen; },

    redraw, setStrokes, strokesChanged, backToPad, penUp,

    /**
     * Put the pen down. On a picture or an image of the data this begins a new drawing; undo brings back the old one.
     * @param {[number, number]} point
     * @param {boolean} erase
     */
    penDown(point, erase) {
      penUp();
      if ((picture || sample) && state.strokes.length) setStrokes([]);
      else backToPad();
      pen = { brush: state.brush, erase, points: [point] };
      addSegment(ink, point, point, pen.brush, erase);
      changed();
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
      changed();
    },

    /** Take back the last stroke, or the last clearing; or put a picture or an image of the data away. */
    undo() {
      penUp();
      if (picture || sample) return backToPad();
      // Strokes that came with the link have no past here: they are taken back one by one.
      write(before.pop() ?? state.strokes.slice(0, -1));
    },

    /** Empty the pad. */
    clear() {
      penUp();
      backToPad();
      if (state.strokes.length) setStrokes([]);
    },

    /**
     * Show and read other strokes for a moment, as a replay does; the drawing stays as it is.
     * @param {Stroke[] | null} strokes null ends it
     */
    preview(strokes) {
      backToPad();
      redraw(strokes ?? state.strokes);
    },

    /**
     * Read a picture from elsewhere instead of the pad.
     * @param {Picture} from
     */
    usePicture(from) {
      penUp();
      picture = from;
      sample = null;
      store.set({ image: null });
      changed();
    },

    /**
     * Read an image of the data set instead of the pad.
     * @param {Sample} chosen
     * @param {"train" | "test" | null} part null if nobody knows where it comes from
     */
    useSample(chosen, part) {
      penUp();
      sample = chosen;
      samplePart = part;
      picture = null;
      store.set({ image: part && { part, index: chosen.index } });
      changed();
    },

    /** Look at the picture in another way. @param {Picture} again */
    replacePicture(again) {
      picture = again;
    },
  };
}

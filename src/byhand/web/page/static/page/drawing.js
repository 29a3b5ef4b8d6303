// What the hand has made: the strokes and their ink, what they lie on, paper or a picture or an image of the data, and
// what undo goes back to.

import { fitInto } from "../charts/paint.js";
import { PAD, THICKEST, THINNEST, addSegment, makeInk, rasterize, snap } from "../ink/ink.js";
import { SIDE } from "../ink/prepare.js";

/** @typedef {import("./core.js").Picture} Picture */
/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {import("../ink/ink.js").Ink} Ink */
/** @typedef {import("../ink/ink.js").Stroke} Stroke */
/** @typedef {ReturnType<typeof createDrawing>} Drawing */
/**
 * What strokes lie on; paper if it is neither.
 * @typedef {{picture: Picture | null, sample: Sample | null, samplePart: "train" | "test" | null}} Ground
 */
/** @typedef {Ground & {strokes: Stroke[]}} Moment */

const PAPER = Object.freeze({ picture: null, sample: null, samplePart: null });
const [QUARTER, HOLD] = [0.25, 0.2]; // A pen's width follows its pressure in quarters, and only if it clearly changes.

/**
 * @param {import("../link/store.js").Store} store
 * @param {() => void} changed told whenever there is something else to read
 * @param {boolean} over whether strokes lie over a picture or an image of the data, or begin anew
 */
export function createDrawing(store, changed, over) {
  const { state } = store;
  /** @type {Ink} */ let ink = makeInk();
  /** @type {Stroke[] | null} */ let pen = null; // the pieces of the stroke that is being drawn, one for each width
  /** @type {Moment[]} */ const before = []; // what undo goes back to
  /** @type {Ground} */ let ground = PAPER;
  let former = state.strokes;
  let own = false; // whether it is this module that changes the strokes, and not a link

  const isPaper = () => !ground.picture && !ground.sample;
  const isTouched = () => over && !isPaper() && (state.strokes.length > 0 || pen !== null);

  /** Draw all strokes anew. @param {Stroke[]} [strokes] */
  function redraw(strokes = state.strokes) {
    ink = rasterize(strokes, PAD, isPaper() || !over ? undefined : pixelsOf(ground));
    pen = null;
    changed();
  }

  /** Remember what there is, for undo. An image that was only looked at is not worth it. */
  function remember() {
    if (isPaper() || state.strokes.length) before.push({ ...ground, strokes: state.strokes });
  }

  /** @param {Moment} moment */
  function write({ strokes, ...on }) {
    ground = on;
    own = true;
    const image = on.sample && on.samplePart ? { part: on.samplePart, index: on.sample.index } : null;
    const loose = on.picture !== null || (on.sample !== null && image === null);
    store.set({ strokes, image: same(image, state.image) ? state.image : image, loose });
    own = false;
  }

  /**
   * Begin with something else to draw on.
   * @param {Ground} on
   * @param {boolean} [kept] whether the strokes that there are lie on it
   */
  function lay(on, kept = !over) {
    penUp();
    if (!kept) remember();
    write({ ...on, strokes: kept ? [...state.strokes] : [] });
  }

  /**
   * Replace the strokes, and what they lie on, and remember the old ones for undo.
   * @param {Stroke[]} strokes
   */
  function setStrokes(strokes) {
    before.push({ ...ground, strokes: state.strokes });
    write({ ...PAPER, strokes });
  }

  /** Put away a picture or an image of the data: from now on paper is under the strokes. */
  function backToPad() {
    if (isPaper()) return;
    ground = PAPER;
    store.set({ image: null, loose: false });
    redraw();
  }

  /** Lift the pen: the stroke is finished. */
  function penUp() {
    if (!pen) return;
    const pieces = pen;
    pen = null;
    before.push({ ...ground, strokes: state.strokes });
    write({ ...ground, strokes: [...state.strokes, ...pieces] });
  }

  /** A link, or the way back, has brought other strokes: undo goes back to the ones before. */
  function strokesChanged() {
    if (!own) {
      before.push({ ...ground, strokes: former });
      if (ground.picture) ground = PAPER;
    }
    former = state.strokes;
    redraw();
  }

  return {
    get ink() { return ink; },
    get picture() { return ground.picture; },
    get sample() { return ground.sample; },
    get samplePart() { return ground.samplePart; },
    get canUndo() { return before.length > 0 || state.strokes.length > 0 || !isPaper(); },

    /** Whether strokes lie over a picture or an image of the data. */
    get touched() { return isTouched(); },

    /** @returns {Stroke[] | null} the stroke that is being drawn: who has put the pen down knows it again */
    get pen() { return pen; },

    redraw, setStrokes, strokesChanged, backToPad, penUp,

    /**
     * Put the pen down.
     * @param {[number, number]} point
     * @param {boolean} erase
     * @param {number} [pressure] how much wider than usual the pen writes
     */
    penDown(point, erase, pressure = 1) {
      penUp();
      if (!over && !isPaper()) state.strokes.length ? setStrokes([]) : backToPad();
      const brush = widthOf(state.brush, pressure);
      pen = [{ brush, erase, points: [point] }];
      addSegment(ink, point, point, brush, erase);
      changed();
    },

    /**
     * Move the pen over all these points.
     * @param {[number, number][]} points
     * @param {number} [pressure]
     */
    penMove(points, pressure = 1) {
      if (!pen) return;
      let piece = pen[pen.length - 1];
      const brush = widthOf(state.brush, pressure);
      if (Math.abs(brush - piece.brush) > HOLD * state.brush && points.length) {
        piece = { ...piece, brush, points: [piece.points[piece.points.length - 1]] };
        pen.push(piece);
      }
      for (const point of points) {
        const last = piece.points[piece.points.length - 1];
        if (point[0] === last[0] && point[1] === last[1]) continue;
        piece.points.push(point);
        addSegment(ink, last, point, piece.brush, piece.erase);
      }
      changed();
    },

    /** Take the pen away: what it has drawn since it was put down was no stroke. */
    penCancel() {
      if (pen) redraw();
    },

    /** Take back the last stroke, or the last clearing; or put a picture or an image of the data away. */
    undo() {
      penUp();
      if (!over && !isPaper()) return backToPad();
      const moment = before.pop();
      if (moment) return write(moment);
      // What came with the link has no past here: it is taken back one by one.
      write(state.strokes.length ? { ...ground, strokes: state.strokes.slice(0, -1) } : { ...PAPER, strokes: [] });
    },

    /** Empty the pad. */
    clear() {
      penUp();
      if (state.strokes.length) setStrokes([]);
      else if (over && !isPaper()) lay(PAPER);
      else backToPad();
    },

    /**
     * Show and read other strokes for a moment, as a replay does; the drawing stays as it is.
     * @param {Stroke[] | null} strokes null ends it
     */
    preview(strokes) {
      redraw(strokes ?? state.strokes);
    },

    /**
     * Read a picture from elsewhere, and draw on it.
     * @param {Picture} picture
     */
    usePicture: (picture) => lay({ ...PAPER, picture }),

    /**
     * Read an image of the data set, and draw on it.
     * @param {Sample} sample
     * @param {"train" | "test" | null} samplePart null if nobody knows where it comes from
     * @param {boolean} [kept] whether the strokes that there are lie on it
     */
    useSample: (sample, samplePart, kept) => lay({ picture: null, sample, samplePart }, kept),

    /** Look at the picture in another way. @param {Picture} picture */
    replacePicture(picture) {
      ground = { ...ground, picture };
    },
  };
}

/** @type {WeakMap<Uint8Array, Uint8Array>} */ const known = new WeakMap(); // what is as large as the pad already

/**
 * Return a picture or an image of the data as large as the pad. A photo is drawn on as the server has found it.
 * @param {Ground} ground
 * @returns {Uint8Array} a copy
 */
function pixelsOf({ picture, sample }) {
  const { ink, width, height } = picture && !picture.photo ? picture
    : { ink: sample?.pixels ?? picture?.prepared.image ?? new Uint8Array(SIDE * SIDE), width: SIDE, height: SIDE };
  const pixels = known.get(ink) ?? fitInto(ink, width, height, PAD).pixels;
  known.set(ink, pixels);
  return pixels.slice();
}

/**
 * @param {number} brush
 * @param {number} pressure
 * @returns {number} a width that a stroke may have
 */
function widthOf(brush, pressure) {
  const wide = brush * Math.round(pressure / QUARTER) * QUARTER;
  return Math.min(THICKEST, Math.max(THINNEST, snap(wide)));
}

/**
 * @param {import("../link/link.js").State["image"]} one
 * @param {import("../link/link.js").State["image"]} other
 */
function same(one, other) {
  return one === other || (one !== null && other !== null && one.part === other.part && one.index === other.index);
}

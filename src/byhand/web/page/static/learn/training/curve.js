// The curve of a training as the page keeps it: points about as far from each other everywhere, as on the server, so
// that the first epoch of a long training is drawn as well as its last, in memory that does not grow.

/** @typedef {import("../../server/messages.js").Curve} Curve */
/** @typedef {import("../../server/messages.js").Figures} Figures */
/** @typedef {{images: number, loss: number | null, validation_loss: number | null, accuracy: number | null}} Point */

export const MOST = 1000; // points

/** @returns {Curve} */
export function emptyCurve() {
  return { images: [], loss: [], validation_loss: [], accuracy: [] };
}

/**
 * Go on with a curve: what `add` is told is in it at once.
 * @param {Curve} curve is changed
 * @returns {{add: (figures: Figures) => void}}
 */
export function keepCurve(curve) {
  const { images } = curve;
  const span = images.length ? images[images.length - 1] - images[0] : 0;
  let gap = images.length >= MOST / 2 ? span / images.length : 0; // images from one point kept to the next
  let next = 0; // from how many images on another is kept
  /** @type {Point | null} */ let choice = null; // the one to keep of those since the last kept
  let loose = false; // whether the last point stands there only because it is the latest

  /**
   * Keep a point, or one since the last that was kept: rather one that was judged, and rather a later one.
   * @param {Point} point
   */
  function take(point) {
    if (point.accuracy !== null || choice === null || choice.accuracy === null) choice = point;
    if (point.images < next) return;
    push(curve, choice);
    next = point.images + gap;
    choice = null;
  }

  /** Take all points again, at twice the distance. */
  function thin() {
    const points = images.map((_, place) => pointAt(curve, place));
    gap = (2 * (points[points.length - 1].images - points[0].images)) / MOST;
    next = 0;
    for (const values of Object.values(curve)) values.length = 0;
    points.forEach(take);
  }

  return {
    /**
     * Add what has just been measured, if there is something yet. If the training has gone back, later points are
     * dropped.
     */
    add({ images: now, loss, validation }) {
      if (loss === null) return;
      if (loose) pop(curve);
      if (images.length && images[images.length - 1] >= now) {
        while (images.length && images[images.length - 1] >= now) pop(curve);
        [next, choice] = [now, null];
      }
      const point = { images: now, loss, ...judgedAs(validation) };
      take(point);
      if (images.length >= MOST) thin();
      loose = images[images.length - 1] !== now;
      if (loose) push(curve, point);
    },
  };
}

/** @param {Curve} curve @param {Point} point */
function push(curve, point) {
  for (const name of /** @type {(keyof Point)[]} */ (Object.keys(point))) {
    /** @type {(number | null)[]} */ (curve[name]).push(point[name]);
  }
}

/** @param {Curve} curve */
function pop(curve) {
  for (const values of Object.values(curve)) values.pop();
}

/** @param {Curve} curve @param {number} place @returns {Point} */
function pointAt(curve, place) {
  return {
    images: curve.images[place], loss: curve.loss[place],
    validation_loss: curve.validation_loss[place], accuracy: curve.accuracy[place],
  };
}

/** @param {Figures["validation"]} judged */
function judgedAs(judged) {
  return { validation_loss: judged?.loss ?? null, accuracy: judged?.accuracy ?? null };
}

/**
 * @param {(number | null)[]} values
 * @returns {number | null} the last one that there is
 */
export function lastOf(values) {
  for (let i = values.length - 1; i >= 0; i--) {
    if (values[i] !== null) return values[i];
  }
  return null;
}

/**
 * @param {number[]} images
 * @param {(number | null)[]} values
 * @returns {{xs: number[], ys: number[]}} those points of a curve that were measured, and came out as numbers
 */
export function measured(images, values) {
  const [xs, ys] = [/** @type {number[]} */ ([]), /** @type {number[]} */ ([])];
  values.forEach((value, place) => {
    if (value === null || !Number.isFinite(value)) return;
    xs.push(images[place]);
    ys.push(value);
  });
  return { xs, ys };
}

/**
 * From where to where an axis of losses goes that shrinks tenfold from power to power.
 * @param {(number | null)[]} losses
 * @param {number} guessing the loss of whoever guesses, which is to be seen in any case
 * @returns {[number, number]} both above 0
 */
export function lossRange(losses, guessing) {
  let [least, most] = [Infinity, guessing]; // By hand: a call with thousands of arguments may fail.
  for (const loss of losses) {
    if (loss === null || !Number.isFinite(loss) || loss <= 0) continue;
    [least, most] = [Math.min(least, loss), Math.max(most, loss)];
  }
  if (least === Infinity) return [guessing / 100, guessing * 1.1];
  const top = most * 1.1;
  const floor = 10 ** (Math.floor(Math.log10(least) * 2) / 2); // by half powers of ten, lest the axis trembles
  return [Math.max(Math.min(floor, top / 10), top * 1e-7), top];
}

/**
 * How often the network was right in one epoch, on the average of all times it was judged.
 * @param {Curve} curve
 * @param {number} total images of every epoch
 * @param {number} epoch counted from 1
 * @returns {number | null} null if it was not judged
 */
export function accuracyIn({ images, accuracy }, total, epoch) {
  let [sum, n] = [0, 0];
  accuracy.forEach((value, place) => {
    if (value === null || Math.ceil(images[place] / total) !== epoch) return;
    [sum, n] = [sum + value, n + 1];
  });
  return n ? sum / n : null;
}

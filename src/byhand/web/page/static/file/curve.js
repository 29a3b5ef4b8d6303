// The curve of a training in the file, as history.py keeps it: points about as far from each other everywhere, and
// never too many.

/** @typedef {{images: number, loss: number, validation_loss: number | null, accuracy: number | null}} Point */

export const MOST = 1000; // points

/** @returns {{add: (point: Point) => void, columns: () => import("../server/messages.js").Curve}} */
export function createCurve() {
  /** @type {Point[]} */ let kept = [];
  /** @type {Point | null} */ let choice = null; // the one to keep of those since the last kept
  /** @type {Point | null} */ let latest = null;
  let [gap, next] = [0, 0]; // images between points; and from which on one is kept again

  /** Keep a point, or one since the last that was kept: rather one that was judged. @param {Point} point */
  function take(point) {
    if (point.accuracy !== null || !choice || choice.accuracy === null) choice = point;
    if (point.images < next) return;
    kept.push(choice);
    next = point.images + gap;
    choice = null;
  }

  return {
    add(point) {
      if (kept.at(-1)?.images === point.images) {
        kept.pop();
        next = point.images;
      }
      latest = point;
      take(point);
      if (kept.length < MOST) return;
      const all = kept;
      gap = (2 * (point.images - all[0].images)) / MOST;
      [kept, next] = [[], 0];
      all.forEach(take);
    },
    columns() {
      const points = !latest || kept.at(-1) === latest ? kept : [...kept, latest];
      return {
        images: points.map(({ images }) => images),
        loss: points.map(({ loss }) => loss),
        validation_loss: points.map((point) => point.validation_loss),
        accuracy: points.map(({ accuracy }) => accuracy),
      };
    },
  };
}

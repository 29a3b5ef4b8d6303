// The curve of a training as the page keeps it: every figure that arrives is one more point, and when there are too
// many, every second one goes, as on the server.

/**
 * @typedef {object} Curve lists of the same length, one place per point
 * @property {number[]} images learned so far
 * @property {(number | null)[]} loss on the images that were being learned
 * @property {(number | null)[]} validation_loss on images set aside; null where they were not judged
 * @property {(number | null)[]} accuracy on the same, 0…1
 */
/**
 * @typedef {object} Validation what the network made of the images set aside
 * @property {number} n
 * @property {number | null} loss
 * @property {number} accuracy
 * @property {number[][]} confusion rows: what they are; columns: what it answered
 */
/**
 * @typedef {object} Figures
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} done images of this epoch
 * @property {number} total images of every epoch
 * @property {number} images learned in all
 * @property {number | null} loss
 * @property {number} rate
 * @property {number} speed images a second
 * @property {Validation | null} validation null where they were not judged at this moment
 * @property {number[]} dead
 */

export const MOST = 1000; // points

/** @returns {Curve} */
export function emptyCurve() {
  return { images: [], loss: [], validation_loss: [], accuracy: [] };
}

/**
 * Add what has just been measured, if there is something yet. If the training has gone back, later points are dropped.
 * @param {Curve} curve is changed
 * @param {Figures} figures
 */
export function append(curve, figures) {
  if (figures.loss === null) return;
  while (curve.images.length && curve.images[curve.images.length - 1] >= figures.images) dropLast(curve);
  curve.images.push(figures.images);
  curve.loss.push(figures.loss);
  curve.validation_loss.push(figures.validation?.loss ?? null);
  curve.accuracy.push(figures.validation?.accuracy ?? null);
  if (curve.images.length > MOST) thin(curve);
}

/** @param {Curve} curve */
function dropLast(curve) {
  for (const values of Object.values(curve)) values.pop();
}

/**
 * Keep every second point, and the last; what was measured on validation images moves on to the next point kept.
 * @param {Curve} curve is changed
 */
export function thin(curve) {
  const n = curve.images.length;
  /** @param {(number | null)[]} values @param {boolean} carry */
  const halve = (values, carry) => {
    const kept = [];
    for (let i = (n - 1) % 2; i < n; i += 2) kept.push(values[i] ?? (carry && i > 0 ? values[i - 1] : null));
    return kept;
  };
  curve.images = /** @type {number[]} */ (halve(curve.images, false));
  curve.loss = halve(curve.loss, false);
  curve.validation_loss = halve(curve.validation_loss, true);
  curve.accuracy = halve(curve.accuracy, true);
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

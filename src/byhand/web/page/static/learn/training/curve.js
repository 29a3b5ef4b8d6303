// The curve of a training as the page keeps it: every figure that arrives is one more point, and when there are too
// many, every second one goes, as on the server.

/** @typedef {import("../../server/messages.js").Curve} Curve */
/** @typedef {import("../../server/messages.js").Figures} Figures */

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

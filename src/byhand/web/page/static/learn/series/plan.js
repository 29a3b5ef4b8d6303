// What is compared: trainings that differ only in how many images they learn from, and what that is worth.

/** @typedef {import("../form/presets.js").Form} Form */
/** @typedef {{n: number, accuracy: number, interval: [number, number]}} Point `n`: images learned from */

const STEPS = [10, 100, 1000]; // images, and then all there are
const SHOWN = 200_000; // images that a training looks at in all: each shall take seconds
const MOST_EPOCHS = 100; // Each epoch ends with some writing; few images are learned by heart long before.

/**
 * @param {number} most images that there are to learn from
 * @returns {number[]} how many each training learns from
 */
export function sizesOf(most) {
  return [...STEPS.filter((n) => n < most), most];
}

/**
 * Return the settings of a training: those of the form, but that it learns from so many images and sets none aside, as
 * test images judge it. All look at about as many images, the same ones again and again where there are few.
 * @param {Form} form
 * @param {number} n images that it learns from
 * @param {number} most images that the last one learns from
 * @param {number} mostEpochs that a training may have
 * @returns {Form}
 */
export function settingsOf(form, n, most, mostEpochs) {
  const shown = Math.min(form.epochs * most, SHOWN);
  const epochs = Math.max(1, Math.min(MOST_EPOCHS, mostEpochs, Math.round(shown / n)));
  return { ...form, epochs, limit: n, validation: 0 };
}

/**
 * @param {Point[]} points
 * @returns {number | null} the share of mistakes that ten times as many images leave; null if that says nothing
 */
export function leftByTenfold(points) {
  if (points.length < 2) return null;
  const [first, last] = [points[0], points[points.length - 1]];
  const [before, after] = [1 - first.accuracy, 1 - last.accuracy];
  return before > after && after > 0 ? (after / before) ** (1 / Math.log10(last.n / first.n)) : null;
}

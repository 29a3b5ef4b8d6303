// The curve of a training, as the page keeps and shows it.

import assert from "node:assert/strict";
import test from "node:test";

import {
  MOST, accuracyIn, emptyCurve, keepCurve, lastOf, lossRange, measured,
} from "../../../src/byhand/web/page/static/learn/training/curve.js";

/**
 * @param {number} images
 * @param {number | null} loss
 * @param {number} [accuracy] if they were judged
 */
function figures(images, loss, accuracy) {
  const validation = accuracy === undefined ? null : { n: 10, loss: 1 - accuracy, accuracy, confusion: [] };
  return { epoch: 1, epochs: 2, done: images, total: 1000, images, loss, rate: 0.1, speed: 1, validation, dead: [] };
}

/** @param {Parameters<typeof figures>[]} all @param {ReturnType<typeof emptyCurve>} [curve] to go on with */
function follow(all, curve = emptyCurve()) {
  const { add } = keepCurve(curve);
  for (const one of all) add(figures(...one));
  return curve;
}

test("figures become points, those without a loss do not", () => {
  assert.deepEqual(follow([[0, null], [1, 2.5], [8, 2, 0.75]]),
    { images: [1, 8], loss: [2.5, 2], validation_loss: [null, 0.25], accuracy: [null, 0.75] });
});

test("a training that went back drops the points after it", () => {
  const curve = follow([[10, 1], [20, 1], [30, 1], [20, 0.5]]);
  assert.deepEqual([curve.images, curve.loss], [[10, 20], [1, 0.5]]);
});

/** Twenty thousand points of a training whose speed changes, every fourth of them judged. */
const LONG = Array.from({ length: 20_000 }, (_, k) => /** @type {Parameters<typeof figures>} */ (
  [50 * k + 20 * (k % 3) + 1, 1 / (k + 1), k % 4 ? undefined : k / 20_000]));

/** @param {ReturnType<typeof emptyCurve>} curve */
function isEven({ images, accuracy }) {
  const gaps = images.slice(1, -1).map((at, k) => at - images[k]); // without the latest, which always stands there
  assert.ok(images.length <= MOST + 1 && images.length > MOST / 4, `${images.length} points`);
  assert.ok(Math.max(...gaps) < 5 * (images.at(-1) - images[0]) / MOST, `gaps up to ${Math.max(...gaps)}`);
  const half = images.findIndex((at) => at > images.at(-1) / 2);
  assert.ok(Math.abs(half / images.length - 0.5) < 0.2, `${half} of ${images.length} points in the first half`);
  assert.ok(accuracy.filter((value) => value !== null).length > 0.9 * images.length - 2, "Those judged are kept.");
}

test("however long a training is, its points are as far from each other at its beginning as at its end", () => {
  const curve = follow(LONG);
  isEven(curve);
  assert.equal(curve.images.at(-1), LONG.at(-1)[0]);
  assert.equal(curve.loss.at(-1), LONG.at(-1)[1]);
  for (const values of Object.values(curve)) assert.equal(values.length, curve.images.length);
});

test("a curve that was loaded half-way goes on as evenly", () => {
  for (const half of [3000, 9000, 15_000]) isEven(follow(LONG.slice(half), follow(LONG.slice(0, half))));
});

test("what was measured is found among what was not", () => {
  assert.equal(lastOf([1, 2, null]), 2);
  assert.equal(lastOf([null]), null);
  assert.equal(lastOf([]), null);
  assert.deepEqual(measured([1, 2, 3, 4], [5, null, NaN, Infinity]), { xs: [1], ys: [5] });
});

test("the axis of losses holds all of them and the loss of guessing, and bears any of them", () => {
  for (const losses of [[], [null], [2.3, 0.04, null], [50, 0], [1e-12, 1e6], [Infinity, NaN]]) {
    const [lo, hi] = lossRange(losses, 2.3);
    assert.ok(lo > 0 && hi > 2.3 && hi / lo >= 10 && hi / lo < 1e8, String(losses));
    for (const loss of losses) if (loss && loss > 1e-6 && loss < Infinity) assert.ok(loss >= lo && loss <= hi);
  }
  assert.deepEqual(lossRange([0.05], 2.3), lossRange([0.06], 2.3), "It does not tremble.");
});

test("an epoch's accuracy is the mean of when it was judged", () => {
  const curve = { images: [50, 100, 150, 200], loss: [], validation_loss: [], accuracy: [0.5, 0.7, null, 0.9] };
  assert.ok(Math.abs(Number(accuracyIn(curve, 100, 1)) - 0.6) < 1e-12);
  assert.equal(accuracyIn(curve, 100, 2), 0.9);
  assert.equal(accuracyIn(curve, 100, 3), null);
});

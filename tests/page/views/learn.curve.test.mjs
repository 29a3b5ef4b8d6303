// The curve of a training, as the page keeps and shows it.

import assert from "node:assert/strict";
import test from "node:test";

import {
  MOST, accuracyIn, append, emptyCurve, lastOf, lossRange, measured, thin,
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

test("figures become points, those without a loss do not", () => {
  const curve = emptyCurve();
  append(curve, figures(0, null));
  append(curve, figures(1, 2.5));
  append(curve, figures(8, 2, 0.75));
  assert.deepEqual(curve, { images: [1, 8], loss: [2.5, 2], validation_loss: [null, 0.25], accuracy: [null, 0.75] });
});

test("a training that went back drops the points after it", () => {
  const curve = emptyCurve();
  for (const images of [10, 20, 30]) append(curve, figures(images, 1));
  append(curve, figures(20, 0.5));
  assert.deepEqual([curve.images, curve.loss], [[10, 20], [1, 0.5]]);
});

test("a long curve is thinned, keeps its last point and loses nothing that was judged", () => {
  const curve = emptyCurve();
  for (let k = 1; k <= MOST; k++) append(curve, figures(k, 1, k === 500 ? 0.5 : undefined));
  assert.equal(curve.images.length, MOST);
  append(curve, figures(MOST + 1, 0.25));
  assert.equal(curve.images.length, Math.ceil((MOST + 1) / 2));
  assert.equal(curve.images.at(-1), MOST + 1);
  assert.equal(curve.loss.at(-1), 0.25);
  assert.deepEqual(measured(curve.images, curve.accuracy), { xs: [501], ys: [0.5] });
  for (const values of Object.values(curve)) assert.equal(values.length, curve.images.length);
});

test("thinning carries only to a point that was not judged itself", () => {
  const curve = { images: [1, 2, 3], loss: [3, 2, 1], validation_loss: [null, 8, 9], accuracy: [0.1, null, null] };
  thin(curve);
  assert.deepEqual(curve, { images: [1, 3], loss: [3, 1], validation_loss: [null, 9], accuracy: [0.1, null] });
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

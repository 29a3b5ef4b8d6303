// Axes and lines.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as scale from "../../../src/byhand/web/page/static/charts/scale.js";

test("ticks are round, in order, inside, and about as many as wanted", () => {
  assert.deepEqual(scale.ticks(0, 1), [0, 0.2, 0.4, 0.6, 0.8, 1]);
  assert.deepEqual(scale.ticks(-0.3, 0.3, 6), [-0.3, -0.2, -0.1, 0, 0.1, 0.2, 0.3]);
  assert.deepEqual(scale.ticks(0, 60000, 3), [0, 20000, 40000, 60000]);
  assert.deepEqual(scale.ticks(5, 5), [5]);
  assert.deepEqual(scale.ticks(NaN, 1), []);
  assert.deepEqual(scale.ticks(0, Infinity), [0]);
  for (const [lo, hi] of [[0.913, 0.9921], [-7, 1234], [1e-9, 3e-9], [1e6, 1e6 + 3]]) {
    for (const n of [2, 3, 5, 8]) {
      const ticks = scale.ticks(lo, hi, n);
      assert.ok(ticks.length >= n / 2 && ticks.length <= 2 * n + 1, `${lo} ${hi} ${n}: ${ticks}`);
      assert.ok(ticks.every((tick, k) => tick >= lo && tick <= hi && (k === 0 || tick > ticks[k - 1])));
    }
  }
});

test("ticks are written with the digits that tell them apart", () => {
  for (const [lo, hi, texts] of [
    [0, 1, ["0.0", "0.2", "0.4", "0.6", "0.8", "1.0"]],
    [0, 20000, ["0", "5,000", "10,000", "15,000", "20,000"]],
    [0.98, 0.99, ["0.980", "0.982", "0.984", "0.986", "0.988", "0.990"]],
  ]) {
    assert.deepEqual(scale.ticks(lo, hi).map((tick) => scale.tickText(tick, scale.tickStep(lo, hi))), texts);
  }
});

test("ticks of powers", () => {
  assert.deepEqual(scale.logTicks(0.01, 3), [0.01, 0.1, 1]);
  assert.deepEqual(scale.logTicks(0.1, 2), [0.1, 0.2, 0.5, 1, 2]);
  assert.deepEqual(scale.logTicks(0, 1), []);
});

test("ticks of powers keep to the room there is", () => {
  assert.deepEqual(scale.roomy([0.1, 0.2, 0.5, 1, 2], 4), [0.1, 0.2, 0.5, 1, 2]);
  assert.deepEqual(scale.roomy([0.1, 0.2, 0.5, 1, 2], 2), [0.1, 1]);
  assert.deepEqual(scale.roomy([0.2, 0.5, 1, 2, 5], 1), [0.2, 5]);
  assert.deepEqual(scale.roomy([0.0001, 0.001, 0.01, 0.1, 1], 3.5), [0.0001, 0.001, 0.01, 0.1, 1]);
  assert.deepEqual(scale.roomy([0.0001, 0.001, 0.01, 0.1, 1], 1.8), [0.0001, 0.01, 1]);
});

test("ranges are brought to others", () => {
  assert.deepEqual([0, 5, 10].map(scale.linear([0, 10], [100, 0])), [100, 50, 0]);
  assert.equal(scale.linear([3, 3], [0, 10])(3), 5);
  assert.equal(scale.logarithmic([0.01, 1], [0, 10])(0.1), 5);
});

test("a line is broken where numbers are missing, and a lone point is a dot", () => {
  assert.equal(scale.path([0, 1, 2], [3, 4, 5.126]), "M0 3L1 4L2 5.13");
  assert.equal(scale.path([0, 1, 2, 3, 4, 5], [1, 1, null, 2, NaN, -Infinity]), "M0 1L1 1M3 2L3 2");
  assert.equal(scale.path([0, 1], [0, 1], (x) => 10 * x, (y) => 5 - y), "M0 5L10 4");
  assert.equal(scale.path([], []), "");
});

// The image that a unit would like best: the slopes that lead there, its limits, and that nothing is better.

import assert from "node:assert/strict";
import { test } from "node:test";

import { slopes, unitSlopes } from "../../../src/byhand/web/page/static/network/backward.js";
import { idealImage } from "../../../src/byhand/web/page/static/network/ideal.js";
import { parseModel } from "../../../src/byhand/web/page/static/network/model.js";
import { forward, incoming } from "../../../src/byhand/web/page/static/network/nn.js";
import { SHIPPED, isNear, randomImage, randomModel, readBuffer } from "../helpers.mjs";

const length = (x) => Math.hypot(...x);

test("the slopes of a unit's sum are those that finite differences give, in every layer", () => {
  for (const activation of ["relu", "tanh"]) {
    const model = randomModel([20, 13, 6, 4], activation, 1, 0.3);
    const x = randomImage(20);
    const pass = forward(model, x);
    for (const [layer, unit] of [[0, 5], [1, 2], [2, 3]]) {
      const found = unitSlopes(model, pass, layer, unit);
      for (const pixel of [7, 19]) { // At 0 a unit wakes between the two.
        const sums = [1e-3, -1e-3].map((step) =>
          forward(model, x.map((each, k) => (k === pixel ? each + step : each))).sums[layer][unit]);
        isNear(found[pixel], (sums[0] - sums[1]) / 2e-3, 1e-3);
      }
    }
    const [a, b] = [unitSlopes(model, pass, 2, 1), unitSlopes(model, pass, 2, 3)];
    slopes(model, pass, 1, 3).forEach((slope, k) => isNear(slope, a[k] - b[k], 1e-4));
  }
});

test("of the first layer it is the positive weights, as strong as they may be", async () => {
  const model = randomModel([400, 7, 3], "relu");
  model.theta.forEach((weight, k) => (model.theta[k] = Math.sign(weight) * (0.5 + 0.5 * Math.min(Math.abs(weight), 1))));
  const wanted = incoming(model.theta, model.sizes, 0, 4).map((weight) => Math.max(weight, 0));
  const { x, from, to } = await idealImage(model, 0, 4);
  isNear(length(x), 0.32 * 20, 1e-3);
  x.forEach((pixel, k) => isNear(pixel, (wanted[k] * length(x)) / length(wanted), 0.02));
  assert.ok(to > from);
});

test("every unit of byhand's own network has one, within limits, better than any usual image, and always the same", async () => {
  const model = parseModel(readBuffer(SHIPPED));
  for (const [layer, unit] of [[0, 3], [1, 2], ...Array.from({ length: 10 }, (_, k) => [2, k])]) {
    const ideal = await idealImage(model, layer, unit);
    assert.ok(ideal.x.every((pixel) => pixel >= 0 && pixel <= 1));
    assert.ok(length(ideal.x) <= 0.32 * 28 + 1e-3);
    isNear(forward(model, ideal.x).sums[layer][unit], ideal.to, 1e-4);
    const grey = forward(model, new Float32Array(784).fill(0.1)).sums[layer][unit];
    isNear(grey, ideal.from, 1e-6);
    assert.ok(ideal.to > Math.max(grey, 0) + 5, `${layer}.${unit}`);
    if (layer === 2) {
      const { probabilities } = forward(model, ideal.x);
      assert.equal(probabilities.indexOf(Math.max(...probabilities)), unit); // though nobody would read it so
    }
    assert.deepEqual(await idealImage(model, layer, unit), ideal);
  }
});

test("who does not wait any more gets none", async () => {
  const model = randomModel([784, 300, 300, 4], "relu");
  assert.equal(await idealImage(model, 2, 0, () => false), null);
});

// Damage: just what was asked for, the same for the same seed, and never to the model itself.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as damage from "../../../src/byhand/web/page/static/break/breaking.js";
import { classOf } from "../../../src/byhand/web/page/static/break/guess.js";
import { byWorth, addWorth, imagesFor } from "../../../src/byhand/web/page/static/break/worth.js";
import { withTheta } from "../../../src/byhand/web/page/static/network/model.js";
import { crossEntropy, forward, layers, logSoftmax } from "../../../src/byhand/web/page/static/network/nn.js";
import { isNear, randomImage, randomModel, sum } from "../helpers.mjs";

const model = randomModel([40, 30, 20, 10], "sigmoid");
const weightsOf = (theta) => layers(theta, model.sizes).flatMap(({ weights }) => [...weights]);
const biasesOf = (theta) => layers(theta, model.sizes).flatMap(({ bias }) => [...bias]);

test("a unit that is switched off has no say, whatever the activation", () => {
  const x = randomImage(40);
  for (const layer of [0, 1]) {
    const off = withTheta(model, damage.switchOff(model, layer, 3, 7));
    const pass = forward(off, x);
    const { weights, bias, nOut } = layers(model.theta, model.sizes)[layer + 1];
    pass.sums[layer + 1].forEach((z, j) => {
      const others = [...pass.inputs[layer + 1]].map((a, i) => (i === 3 || i === 7 ? 0 : a * weights[i * nOut + j]));
      isNear(z, sum(others) + bias[j]);
    });
  }
});

test("only hidden units can be switched off", () => {
  for (const [layer, unit] of [[2, 0], [-1, 0], [0, 30], [0, -1], [0, NaN]]) {
    assert.throws(() => damage.switchOff(model, layer, unit), RangeError);
  }
});

test("just the wanted share of weights is cut, the smallest, and no bias", () => {
  const sizes = weightsOf(model.theta).map(Math.abs);
  for (const share of [0, 0.1, 0.5, 0.999, 1]) {
    const theta = damage.prune(model, share);
    const cut = weightsOf(theta).map((weight) => weight === 0);
    assert.equal(cut.filter(Boolean).length, Math.round(share * sizes.length));
    assert.deepEqual(biasesOf(theta), biasesOf(model.theta));
    const most = Math.max(0, ...sizes.filter((_, k) => cut[k]));
    assert.ok(sizes.every((size, k) => cut[k] || size >= most));
  }
});

test("of equal weights no more are cut than wanted", () => {
  const equal = withTheta(model, new Float32Array(model.theta.length).fill(-0.5));
  for (const share of [0.25, 0.7]) {
    const zeros = weightsOf(damage.prune(equal, share)).filter((weight) => weight === 0).length;
    assert.equal(zeros, Math.round(share * weightsOf(model.theta).length));
  }
});

test("noise is as strong as wanted, the same for a seed, and on weights alone", () => {
  const theta = damage.addNoise(model, 0.5, 7);
  assert.deepEqual(theta, damage.addNoise(model, 0.5, 7));
  assert.notDeepEqual(theta, damage.addNoise(model, 0.5, 8));
  assert.deepEqual(biasesOf(theta), biasesOf(model.theta));
  const noise = weightsOf(theta).map((weight, k) => weight - weightsOf(model.theta)[k]);
  isNear(Math.sqrt(sum(noise.map((each) => each ** 2)) / noise.length), 0.5 * 0.7, 0.02);
  assert.deepEqual(damage.addNoise(model, 0, 7), model.theta);
});

test("the model itself is never damaged", () => {
  const before = model.theta.slice();
  damage.switchOff(model, 0, 1);
  damage.prune(model, 0.5);
  damage.addNoise(model, 1, 1);
  assert.deepEqual(model.theta, before);
});

test("what a unit is worth is how far the loss rises without it, whatever the activation", () => {
  const images = [1, 2, 3].map((seed) => randomImage(40, seed));
  for (const activation of ["relu", "sigmoid"]) {
    const net = randomModel([40, 12, 9, 10], activation);
    const worth = [new Float64Array(12), new Float64Array(9)];
    images.forEach((x, label) => addWorth(net, x, label, worth));
    const lossOf = (one) => sum(images.map((x, label) => crossEntropy(logSoftmax(forward(one, x).logits), label)));
    for (const [layer, of] of worth.entries()) {
      of.forEach((rise, unit) =>
        isNear(rise, lossOf(withTheta(net, damage.switchOff(net, layer, unit))) - lossOf(net), 1e-4));
      const order = byWorth(of).map((unit) => of[unit]);
      assert.deepEqual(order, [...of].sort((one, other) => other - one));
    }
  }
  assert.equal(imagesFor([784, 256, 128, 10], 300), 300);
  assert.equal(imagesFor([784, 2048, 2048, 10], 300), 32);
  assert.equal(imagesFor([784, 10], 300), 300);
});

test("a guess is of three kinds, by how many of ten thousand images it costs", () => {
  assert.deepEqual([-3, 0, 4, 5, 50, 51].map((lost) => classOf(lost, 10_000)), [0, 0, 0, 1, 1, 2]);
  assert.deepEqual([0, 1, 2].map((lost) => classOf(lost, 200)), [0, 1, 2]);
});

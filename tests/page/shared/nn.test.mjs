// The network: what it computes is what the formulas say.

import assert from "node:assert/strict";
import { test } from "node:test";

import { backward, step, difference } from "../../../src/byhand/web/page/static/network/backward.js";
import { parseModel, withTheta, nParameters } from "../../../src/byhand/web/page/static/network/model.js";
import * as nn from "../../../src/byhand/web/page/static/network/nn.js";
import { SHIPPED, isNear, randomImage, randomModel, readBuffer, sum } from "../helpers.mjs";

const ACTIVATIONS = Object.keys(nn.ACTIVATIONS);
const SHAPES = [[6, 3], [6, 5, 3], [6, 5, 4, 3], [6, 5, 5, 4, 3]];
const EVERY = ACTIVATIONS.flatMap((activation) => SHAPES.map((sizes) => ({ activation, sizes })));

/** Compute the logits as plainly as can be. */
function plainLogits(model, x) {
  let a = Array.from(x);
  const cut = nn.layers(model.theta, model.sizes);
  cut.forEach(({ weights, bias, nOut }, k) => {
    const z = Array.from(bias, (b, j) => b + sum(a.map((input, i) => input * weights[i * nOut + j])));
    a = k + 1 < cut.length ? z.map(nn.ACTIVATIONS[model.activation].apply) : z;
  });
  return a;
}

/** Return the loss of an image. */
function lossOf(model, x, label) {
  return nn.crossEntropy(nn.logSoftmax(nn.forward(model, x).logits), label);
}

test("the shipped model is read with all that it says of itself", () => {
  const model = parseModel(readBuffer(SHIPPED));
  assert.deepEqual(model.sizes, [784, 384, 128, 10]);
  assert.deepEqual(model.classes, [..."0123456789"]);
  assert.deepEqual(model.imageShape, [28, 28]);
  assert.equal(model.theta.length, 352010);
  assert.equal(model.threshold, model.details.calibration.threshold);
});

test("layers are views of theta, row i of the weights for input i", () => {
  const theta = Float32Array.from({ length: nParameters([2, 3, 1]) }, (_, k) => k);
  const [first, second] = nn.layers(theta, [2, 3, 1]);
  assert.deepEqual([...first.weights, ...first.bias], [0, 1, 2, 3, 4, 5, 6, 7, 8]);
  assert.deepEqual([...second.weights, ...second.bias], [9, 10, 11, 12]);
  second.bias[0] = 99;
  assert.equal(theta[12], 99);
});

test("a pass computes what the formula says, for every activation and depth", () => {
  for (const { activation, sizes } of EVERY) {
    const model = randomModel(sizes, activation);
    const x = randomImage(6);
    const pass = nn.forward(model, x);
    plainLogits(model, x).forEach((z, k) => isNear(pass.logits[k], z, 1e-5, activation));
    assert.equal(pass.logits, pass.sums.at(-1));
    assert.equal(pass.inputs.length, sizes.length - 1);
    isNear(sum(pass.probabilities), 1, 1e-6);
  }
});

test("a pass may be used again, and leaves nothing of the image before", () => {
  const model = randomModel([6, 5, 4, 3], "relu");
  const pass = nn.forward(model, randomImage(6, 1));
  const again = nn.forward(model, randomImage(6, 2), pass);
  assert.equal(again, pass);
  assert.deepEqual(again, nn.forward(model, randomImage(6, 2)));
});

test("an image of another size is refused", () => {
  assert.throws(() => nn.forward(randomModel([6, 3], "relu"), new Float32Array(5)), /takes 6 pixels, not 5/);
});

test("softmax adds up to 1, even of huge logits, and keeps their order", () => {
  for (const logits of [[1, 2, 3], [1e30, -1e30, 0], [1000, 999, -1000], [0, 0, 0]]) {
    const p = nn.softmax(Float32Array.from(logits));
    isNear(sum(p), 1, 1e-6);
    assert.ok(p.every((each) => each >= 0 && each <= 1));
    assert.equal(p.indexOf(Math.max(...p)), logits.indexOf(Math.max(...logits)));
    nn.logSoftmax(Float32Array.from(logits)).forEach((log, k) => isNear(Math.exp(log), p[k], 1e-6));
  }
});

test("a high temperature makes all classes alike, a low one leaves only the best", () => {
  const logits = Float32Array.of(1, 3, 2);
  nn.softmax(logits, 1e6).forEach((p) => isNear(p, 1 / 3, 1e-5));
  isNear(nn.softmax(logits, 0.01)[1], 1, 1e-6);
  assert.deepEqual(nn.softmax(logits, 1), nn.softmax(logits));
});

test("without weights every class is as probable, and the loss is ln 10", () => {
  const model = randomModel([6, 5, 10], "relu", 1, 0);
  const pass = nn.forward(model, randomImage(6));
  isNear(backward(model, pass, 7).loss, Math.log(10), 1e-6);
});

test("the last delta is p − y, and deltas and biases have the same gradient", () => {
  for (const { activation, sizes } of EVERY) {
    const model = randomModel(sizes, activation, 3);
    const pass = nn.forward(model, randomImage(6, 3));
    const { y, deltas, gradient } = backward(model, pass, 1);
    assert.deepEqual([...y], [0, 1, 0]);
    assert.deepEqual(deltas.at(-1), pass.probabilities.map((p, k) => p - y[k]));
    nn.layers(gradient, sizes).forEach(({ bias }, k) => assert.deepEqual([...bias], [...deltas[k]]));
  }
});

test("the gradient is what finite differences give", () => {
  const [label, h] = [2, 2 ** -7];
  for (const { activation, sizes } of EVERY) {
    const model = randomModel(sizes, activation, 11);
    const x = randomImage(6, 5);
    const { loss, gradient } = backward(model, nn.forward(model, x), label);
    isNear(loss, lossOf(model, x, label), 1e-12);
    for (let k = 0; k < gradient.length; k++) {
      const moved = [1, -1].map((sign) => {
        const theta = model.theta.slice();
        theta[k] += sign * h;
        return { theta, loss: lossOf(withTheta(model, theta), x, label) };
      });
      const slope = (moved[0].loss - moved[1].loss) / (moved[0].theta[k] - moved[1].theta[k]);
      isNear(gradient[k], slope, 5e-4, `${activation} ${sizes} parameter ${k}`);
    }
  }
});

test("a step against the gradient lowers the loss, and is theta − rate · gradient", () => {
  for (const { activation, sizes } of EVERY) {
    const model = randomModel(sizes, activation, 4);
    const x = randomImage(6, 4);
    const { loss, gradient } = backward(model, nn.forward(model, x), 0);
    const theta = step(model.theta, gradient, 0.01);
    assert.ok(lossOf(withTheta(model, theta), x, 0) < loss);
    theta.forEach((parameter, k) => isNear(parameter, model.theta[k] - 0.01 * gradient[k], 1e-7));
  }
});

test("the terms of a sum and its bias add up, the largest first", () => {
  for (const { activation, sizes } of EVERY) {
    const model = randomModel(sizes, activation, 6);
    const pass = nn.forward(model, randomImage(6, 6));
    nn.layers(model.theta, sizes).forEach(({ bias, nIn, nOut }, layer) => {
      for (let unit = 0; unit < nOut; unit++) {
        const terms = nn.terms(model, pass, layer, unit);
        assert.equal(terms.length, nIn);
        isNear(sum(terms.map(({ product }) => product)) + bias[unit], pass.sums[layer][unit]);
        terms.slice(1).forEach((term, k) => assert.ok(Math.abs(term.product) <= Math.abs(terms[k].product)));
        terms.forEach(({ from, input, weight, product }) => {
          assert.equal(input, pass.inputs[layer][from]);
          assert.equal(product, input * weight);
        });
      }
    });
  }
});

test("why one and not the other: pixels and rest add up to the difference of the logits", () => {
  for (const { activation, sizes } of EVERY) {
    const model = randomModel(sizes, activation, 7);
    const x = randomImage(6, 7);
    const pass = nn.forward(model, x);
    const { pixels, rest } = difference(model, pass, 2, 0);
    isNear(sum(pixels) + rest, pass.logits[2] - pass.logits[0]);
    pixels.forEach((share, k) => assert.ok(x[k] !== 0 || share === 0));
    isNear(sum(difference(model, pass, 0, 2).pixels), -sum(pixels));
    assert.ok(difference(model, pass, 1, 1).pixels.every((share) => share === 0));
  }
});

test("with ReLU and no biases the pixels alone are the difference of the logits", () => {
  for (const sizes of SHAPES) {
    const model = randomModel(sizes, "relu", 8);
    nn.layers(model.theta, sizes).forEach(({ bias }) => bias.fill(0));
    const pass = nn.forward(model, randomImage(6, 8));
    isNear(difference(model, pass, 1, 2).rest, 0);
  }
});

test("parameters that do not fit are refused", () => {
  const model = randomModel([6, 3], "relu");
  assert.throws(() => withTheta(model, new Float32Array(5)), /21 parameters, not 5/);
  assert.throws(() => withTheta(model, new Float32Array(21).fill(NaN)), /not finite/);
});

test("pixels are divided by 255", () => {
  assert.deepEqual(nn.toInput(Uint8Array.of(0, 51, 255)), Float32Array.of(0, 0.2, 1));
});

// The smallest change that flips an answer: it does, no part of it is needless, and it is small.

import assert from "node:assert/strict";
import { test } from "node:test";

import { smallestFlip } from "../../../src/byhand/web/page/static/network/flip.js";
import { parseModel } from "../../../src/byhand/web/page/static/network/model.js";
import { forward, toInput } from "../../../src/byhand/web/page/static/network/nn.js";
import { slopes } from "../../../src/byhand/web/page/static/network/backward.js";
import { rasterize } from "../../../src/byhand/web/page/static/ink/ink.js";
import { prepareInk } from "../../../src/byhand/web/page/static/ink/prepare.js";
import { SHIPPED, isNear, randomImage, randomModel, readBuffer } from "../helpers.mjs";

const best = (model, x) => {
  const { probabilities } = forward(model, x);
  return probabilities.indexOf(Math.max(...probabilities));
};

test("the slope of a difference of scores in a pixel is what the difference grows by", () => {
  const model = randomModel([30, 12, 8, 5], "tanh");
  const x = randomImage(30);
  const slope = slopes(model, forward(model, x), 3, 1);
  const difference = (at) => {
    const { logits } = forward(model, at);
    return logits[3] - logits[1];
  };
  for (const k of [0, 7, 29]) {
    const [up, down] = [x.slice(), x.slice()];
    up[k] += 0.01;
    down[k] -= 0.01;
    isNear(slope[k], (difference(up) - difference(down)) / (up[k] - down[k]), 0.01);
  }
});

test("a drawn 7 is flipped by a few pixels, all of which are needed", () => {
  const model = parseModel(readBuffer(SHIPPED));
  const points = [[80, 70], [200, 70], [190, 90], [150, 150], [125, 230]];
  const { image } = prepareInk(rasterize([{ brush: 20, erase: false, points }]).pixels, 280, 280);
  const x = toInput(image);
  const flip = smallestFlip(model, x);
  assert.ok(flip && best(model, x) === 7 && flip.to !== 7);
  assert.equal(best(model, flip.x), flip.to);
  assert.ok(flip.x.every((value) => value >= 0 && value <= 1));
  assert.ok(flip.ink < 30 && flip.pixels < 60, `${flip.ink} ${flip.pixels}`);
  flip.change.forEach((change, k) => {
    if (Math.abs(change) < 0.02) return;
    const without = flip.x.slice();
    without[k] = x[k];
    assert.notEqual(best(model, without), flip.to);
  });
});

test("a network that nothing moves is not flipped", () => {
  const model = randomModel([30, 4], "relu", 1, 0);
  model.theta[model.theta.length - 4] = 1;
  assert.equal(smallestFlip(model, randomImage(30)), null);
});

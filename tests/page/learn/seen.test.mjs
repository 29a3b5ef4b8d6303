// One image is learned, and what is told of it lets the very step be made again.

import assert from "node:assert/strict";
import test from "node:test";

import { learnOne } from "../../../src/byhand/web/page/static/file/seen.js";
import { stepOf } from "../../../src/byhand/web/page/static/learn/watch/seen.js";
import { createLearner } from "../../../src/byhand/web/page/static/network/learning.js";
import { layers } from "../../../src/byhand/web/page/static/network/nn.js";
import { fromText } from "../../../src/byhand/web/page/static/step/link.js";
import { reckon, reckonAfter } from "../../../src/byhand/web/page/static/step/one-step.js";
import { isNear, randomImage, randomModel } from "../helpers.mjs";

const IMAGES = {
  inputs: Uint8Array.from({ length: 6 * 9 }, (_, k) => 255 * randomImage(54)[k]), labels: Uint8Array.of(0, 1, 2, 0, 1, 2),
};

/** Learn two images, one at a time, with some choices; return what is told of the second. */
function second(changes) {
  const model = randomModel([9, 5, 3], "relu");
  const choices = { optimizer: "sgd", learning_rate: 0.1, schedule: "constant", epochs: 2, batch_size: 1, ...changes };
  const learner = createLearner({ ...model, theta: model.theta.slice() }, choices, IMAGES, () => [3, 5, 0, 1, 2, 4]);
  learner.learn(1);
  return { ...learnOne(learner, model, choices.batch_size, IMAGES, () => learner.learn(1)), learner, model };
}

for (const [what, changes, rate] of [["image by image", {}, 0.1], ["in batches", { batch_size: 4 }, 0.025]]) {
  test(`Step makes the step that was made ${what}`, () => {
    const { seen, before, learner, model } = second(changes);
    assert.deepEqual([seen.index, seen.label], [5, 2]);
    isNear(seen.rate, rate, 1e-12);
    const now = reckon({ ...model, theta: before }, IMAGES.inputs.slice(45, 54), seen.label);
    const after = reckonAfter(now, seen.rate);
    after.theta.forEach((theta, k) => isNear(theta, learner.network.theta[k], 1e-6));
    seen.before.forEach((p, k) => isNear(p, now.pass.probabilities[k]));
    seen.after.forEach((p, k) => isNear(p, after.pass.probabilities[k]));
  });
}

test("what moved farthest is named by its place in the network", () => {
  const { seen: { most, moved }, before, learner } = second({});
  const changes = [...before].map((theta, k) => Math.abs(learner.network.theta[k] - theta));
  isNear(Math.abs(most.now - most.was), Math.max(...changes), 1e-9);
  const { weights, bias, nOut } = layers(before, [9, 5, 3])[most.layer];
  isNear(most.was, most.source === null ? bias[most.unit] : weights[most.source * nOut + most.unit], 0);
  assert.equal(moved, changes.filter((change) => change !== 0).length);
});

test("a step of another optimizer is not said to be one of plain descent", () => {
  assert.equal(second({ optimizer: "adam" }).seen.rate, null);
});

test("networks are told from each other", () => {
  const [one, other] = [second({}), second({ learning_rate: 0.2 })];
  assert.equal(one.seen.network, second({}).seen.network);
  assert.notEqual(one.seen.network, other.seen.network);
});

test("the link to Step names the image, the network and the learning rate", () => {
  const { seen } = second({});
  const { stage, index, network, moment, rate } = fromText(stepOf(seen));
  assert.deepEqual({ stage, index, network, moment, rate }, { stage: 7, index: 5, network: "before", moment: seen.network,
    rate: 0.1 });
  assert.equal(fromText(stepOf({ ...seen, rate: 0.00001 })).rate, 0.0001); // the slowest that Step knows
  assert.equal(fromText(stepOf({ ...seen, rate: 0.0123456789 })).rate, 0.012346);
});

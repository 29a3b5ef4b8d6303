// Judging and breaking: the arithmetic behind the charts, what links say of both views, and the steps of the lab.

import assert from "node:assert/strict";
import { test } from "node:test";

import { DEFAULTS, decode, encode } from "../../../src/byhand/web/page/static/link/link.js";
import * as damage from "../../../src/byhand/web/page/static/break/damage.js";
import { createLab } from "../../../src/byhand/web/page/static/break/lab.js";
import { changed } from "../../../src/byhand/web/page/static/judge/sections/image-changes.js";
import * as figures from "../../../src/byhand/web/page/static/judge/arithmetic.js";
import * as walking from "../../../src/byhand/web/page/static/judge/walk.js";
import { forward, toInput } from "../../../src/byhand/web/page/static/network/nn.js";
import * as opened from "../../../src/byhand/web/page/static/judge/link.js";
import { isNear, randomModel } from "../helpers.mjs";

const judgement = {
  n: 6,
  labels: [0, 1, 1, 0, 1, 1],
  answers: [0, 1, 0, 0, 0, 0],
  confidence: [0.99, 0.9, 0.9, 0.6, 0.55, 0.7],
};

test("a share has the interval of Wilson (1927), within 0 and 1", () => {
  const [low, high] = figures.wilson(9921, 10000);
  isNear(low, 0.990166, 1e-6); // evaluation.wilson_interval(9921, 10000)
  isNear(high, 0.993656, 1e-6);
  const [none, some] = figures.wilson(0, 10);
  assert.equal(none, 0);
  isNear(some, 0.277533, 1e-6);
  isNear(figures.wilson(10, 10)[1], 1, 1e-12);
});

test("only what is sure enough is answered, what is just at the threshold as well", () => {
  assert.deepEqual(figures.atThreshold(judgement, 0.9), {
    answered: 3, wrong: 1, unread: 3, coverage: 0.5, risk: 1 / 3 });
  assert.equal(figures.atThreshold(judgement, 0.90004).answered, 3);
  assert.deepEqual(figures.atThreshold(judgement, 1), { answered: 0, wrong: 0, unread: 6, coverage: 0, risk: 0 });
});

test("the curve of risk has a point for each confidence, and ends with everything answered", () => {
  const { coverage, risk } = figures.riskCurve(judgement);
  assert.deepEqual(coverage, [1 / 6, 3 / 6, 4 / 6, 5 / 6, 1]);
  assert.deepEqual(risk, [0, 1 / 3, 2 / 4, 2 / 5, 3 / 6]);
});

test("of mistakes the surest come first, of right answers the least sure", () => {
  assert.deepEqual(figures.cellImages(judgement, 1, 0), [2, 5, 4]);
  assert.deepEqual(figures.cellImages(judgement, 0, 0), [3, 0]);
});

test("an axis ends with a round number that is not below what it shows", () => {
  for (const [share, round] of [[0.0079, 0.008], [0.0101, 0.012], [0.5, 0.5], [0.97, 1], [1, 1]]) {
    isNear(figures.roundUp(share), round, 1e-12);
  }
});

test("an image is shifted to the right, turned clockwise, and left alone by no change", () => {
  const image = new Uint8Array(25);
  image[2] = 200; // in the middle of the top row
  for (const kind of ["shift", "rotation", "noise"]) assert.deepEqual(changed(image, 5, 5, kind, 0), image);
  assert.equal(changed(image, 5, 5, "shift", 2)[4], 200);
  assert.equal(changed(image, 5, 5, "rotation", 90)[14], 200);
  assert.deepEqual(changed(image, 5, 5, "noise", 0.3), changed(image, 5, 5, "noise", 0.3));
});

test("a link says which cell is open and where the threshold stands; nonsense is nothing", () => {
  for (const one of [{ cell: [4, 9], threshold: 0.883 }, { cell: null, threshold: 0 }, { cell: [0, 0], threshold: null },
    { cell: null, threshold: null }]) {
    assert.deepEqual(opened.fromText(opened.toText({ ...one, moved: null })), { ...one, moved: null });
  }
  for (const text of ["", "cell:4", "cell:a-b,threshold:2", "threshold:1.5", "cell", ":::", "threshold:-1"]) {
    assert.deepEqual(opened.fromText(text), { cell: null, threshold: null, moved: null });
  }
});

const model = randomModel([20, 13, 6, 10], "relu");
const some = { off: [new Set([0, 3, 12]), new Set([5])], pruned: 0.5, noise: 0.25, seed: 7 };

test("a link says what is broken; what does not fit the network is left out", () => {
  assert.equal(damage.toText(damage.noDamage(model.sizes)), "");
  assert.equal(damage.toText(some), "off:9001_02,pruned:0.5,noise:0.25,seed:7");
  assert.deepEqual(damage.fromText(damage.toText(some), model.sizes), some);
  assert.deepEqual(damage.fromText("", model.sizes), damage.noDamage(model.sizes));
  assert.deepEqual(damage.fromText("off:ffffffff_zz_f,pruned:7,noise:-3,seed:x", model.sizes).off[0].size, 13);
  const odd = damage.fromText("off:_zz_f,pruned:7,noise:-3,seed:x", model.sizes);
  assert.deepEqual(odd, { ...damage.noDamage(model.sizes), pruned: 0.99 });
});

test("the link holds the damage of a large network, too", () => {
  const sizes = [784, 1024, 1024, 512, 10];
  const off = sizes.slice(1, -1).map((units) => new Set(Array.from({ length: units / 2 }, (_, k) => 2 * k + 1)));
  const much = { ...damage.noDamage(sizes), off, pruned: 0.5 };
  const { break: text } = decode(encode({ ...DEFAULTS, break: damage.toText(much) }));
  assert.deepEqual(damage.fromText(text, sizes), much);
});

test("a damage is the same, whatever was done to the network before", () => {
  const [one, other] = [damage.damager(model), damage.damager(model)];
  one({ ...some, noise: 1 });
  one({ ...some, noise: 0 });
  assert.deepEqual(one(some).theta, other(some).theta);
  assert.equal(one(damage.noDamage(model.sizes)).theta, model.theta);
});

const settled = () => new Promise((resolve) => setTimeout(resolve, 250));
const score = (accuracy) => ({ accuracy, n: 10, loss: 1 });

test("steps that were followed at once are measured afterwards, the last one before them", async () => {
  const asked = [];
  const lab = createLab(model, "whole", async (theta) => score(asked.push(theta)), assert.fail);
  lab.change("unit", "one", { pruned: 0.1 });
  lab.change("unit", "two", { pruned: 0.2 });
  lab.change("unit", "three", { pruned: 0.3 });
  await settled();
  assert.deepEqual(lab.steps.map((step) => step.score?.accuracy), [1, 4, 3, 2]);
  assert.deepEqual(asked[1], lab.broken.theta);
  lab.undo();
  assert.equal(lab.damage.pruned, 0.2);
  lab.mend("whole again");
  assert.ok(lab.isWhole);
  assert.equal(lab.steps.at(-1).score, lab.steps[0].score);
  lab.dispose();
});

test("a slider drawn in one go is one step, and an error is told", async () => {
  const errors = [];
  const lab = createLab(model, "whole", async () => { throw new Error("gone"); }, (error) => errors.push(error.message));
  lab.change("prune", "a", { pruned: 0.1 });
  lab.change("prune", "b", { pruned: 0.2 }, true);
  lab.change("noise", "c", { noise: 0.2 }, true);
  assert.deepEqual(lab.steps.map((step) => step.words), ["whole", "b", "c"]);
  await settled();
  assert.deepEqual(errors, ["gone"]);
  lab.dispose();
});

test("an image is made larger about its middle, and left alone by its own size", () => {
  const image = new Uint8Array(25);
  image[7] = 200; // above the middle
  assert.deepEqual(changed(image, 5, 5, "size", 1), image);
  assert.equal(changed(image, 5, 5, "size", 2)[2], 200);
  assert.equal(changed(image, 5, 5, "size", 0.5).reduce((sum, each) => sum + each), 0); // It lies between two pixels looked up.
});

test("every slider has a place that changes nothing, and goes in even steps", () => {
  for (const way of Object.keys(walking.WAYS)) {
    const amounts = walking.amountsOf(way);
    assert.ok(amounts.includes(walking.WAYS[way].still), way);
    assert.equal(amounts[0], walking.WAYS[way].first);
    assert.equal(amounts[amounts.length - 1], walking.WAYS[way].last);
    amounts.slice(1).forEach((each, k) => isNear(each - amounts[k], walking.WAYS[way].step, 1e-9));
  }
});

test("an answer flips where another class comes first, nearest to the image as it is", () => {
  const probabilities = [[0.1, 0.2, 0.7], [0.4, 0.5, 0.1], [0.6, 0.4, 0], [0.9, 0.1, 0], [0.8, 0.2, 0]].map((each) => Float32Array.from(each));
  const found = walking.flips({ still: 3, probabilities });
  assert.deepEqual(found, { before: { at: 1, to: 1 }, after: null });
  const { own, rival } = walking.lines({ still: 3, probabilities });
  own.forEach((p, k) => isNear(p, probabilities[k][0], 0));
  isNear(rival[0], 0.7, 1e-6);
});

test("on its way a network reads each image as it would alone", async () => {
  const model = randomModel([784, 6, 3], "relu");
  const image = Uint8Array.from({ length: 784 }, (_, k) => (k % 7 === 0 ? 255 : 0));
  const found = await walking.walk({ ...model, imageShape: [28, 28] }, image, "noise", () => true);
  assert.equal(found.still, 0);
  assert.deepEqual(found.images[0], image);
  assert.deepEqual(found.images[40], changed(image, 28, 28, "noise", 0.8));
  assert.deepEqual(found.probabilities[40], forward(model, toInput(found.images[40])).probabilities);
  assert.equal(await walking.walk({ ...model, imageShape: [28, 28], sizes: [784, 900, 900, 3],
    theta: new Float32Array(784 * 900 + 900 + 900 * 900 + 900 + 2703) }, image, "noise", () => false), null);
});

test("how far an image was moved comes back from its text, and nonsense does not", () => {
  for (const moved of [{ way: "rotation", amount: -23, image: null }, { way: "size", amount: 0.35, image: 18 }]) {
    assert.deepEqual(opened.fromText(opened.toText({ cell: null, threshold: null, moved })).moved, moved);
  }
  for (const text of ["moved:turn_3", "moved:size_a", "moved:size_1_x", "moved:shift_"]) {
    assert.equal(opened.fromText(text).moved, null);
  }
});

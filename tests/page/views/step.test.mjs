// One step of learning: fresh networks, what the link holds of a lesson, and numbers a reader can check.

import assert from "node:assert/strict";
import test from "node:test";

import { DEFAULTS, decode, encode } from "../../../src/byhand/web/page/static/link/link.js";
import { layers } from "../../../src/byhand/web/page/static/network/nn.js";
import { rounded, significant } from "../../../src/byhand/web/page/static/charts/numbers.js";
import { START, fromText, toText } from "../../../src/byhand/web/page/static/step/link.js";
import { enough } from "../../../src/byhand/web/page/static/step/stages/digits.js";
import { initialParameters } from "../../../src/byhand/web/page/static/network/initial.js";
import { lossIfMoved, reachOf, reckon, reckonAfter, strongestPixel, strongestUnits }
  from "../../../src/byhand/web/page/static/step/one-step.js";
import { judgeOthers } from "../../../src/byhand/web/page/static/step/judge-others.js";
import { meanLosses, readAll } from "../../../src/byhand/web/page/static/step/valley.js";
import * as steps from "../../../src/byhand/web/page/static/step/steps.js";

const SIZES = [784, 40, 10];

/** @param {string} activation */
function network(activation = "relu") {
  return { sizes: SIZES, activation, theta: initialParameters(SIZES, 2, 1), classes: [..."0123456789"],
    imageShape: [28, 28], threshold: 0.5, preprocessing: "mnist/1", details: {} };
}

/** An image of which every third pixel has ink. */
const IMAGE = Uint8Array.from({ length: 784 }, (_, k) => (k % 3 ? 0 : 40 + (k % 200)));

test("fresh weights are spread as in network.py, biases are 0, and a seed says which they are", () => {
  for (const gain of [2, 1, 16]) {
    const theta = initialParameters(SIZES, gain, 7);
    assert.deepEqual(theta, initialParameters(SIZES, gain, 7));
    assert.notDeepEqual(theta, initialParameters(SIZES, gain, 8));
    for (const { weights, bias, nIn } of layers(theta, SIZES)) {
      const variance = weights.reduce((sum, w) => sum + w * w, 0) / weights.length;
      const tolerance = (6 * Math.sqrt(2 / weights.length) * gain) / nIn; // six standard errors
      assert.ok(Math.abs(variance - gain / nIn) < tolerance, `${variance} of ${gain / nIn}`);
      assert.ok(bias.every((b) => b === 0));
    }
  }
});

test("a lesson survives the link, and the start takes no room in it", () => {
  assert.equal(toText(START), "");
  /** @type {import("../../../src/byhand/web/page/static/step/link.js").Choice} */
  const choice = { stage: 7, source: "drawing", index: 59_999, label: 0, network: "before", seed: 12,
    moment: 4_294_967_295, rate: 0.00013, steps: "2-3_t7-1_d4_0.1" };
  assert.deepEqual(fromText(decode(encode({ ...DEFAULTS, step: toText(choice) })).step ?? ""), choice);
});

test("every rate of the slider survives the link", () => {
  for (let place = -40; place <= 10; place++) {
    const rate = Number((10 ** (place / 10)).toPrecision(2));
    assert.equal(fromText(toText({ ...START, rate })).rate, rate);
  }
});

test("of a lesson that makes no sense, the start is kept", () => {
  for (const text of ["", ",,", "stage:9", "stage:0", "stage:-1", "stage", "source:moon", "index:1e9", "network:constructor", "rate:0",
    "rate:11", "rate:1e-3", "seed:x", "moment:-1", "__proto__:1", "constructor:1", "label:", "steps:x", "steps:0", "steps:501", "steps:300-300", "steps:5_x7", "steps:5_t7_a"]) {
    assert.deepEqual(fromText(text), START, text);
  }
});

test("factors get as many digits as it takes for their product to be the one that is shown", () => {
  let more = 0;
  for (let k = 1; k < 2000; k++) {
    const [one, other] = [Math.sin(k) * 3, Math.cos(7 * k) / 5];
    const result = significant(one * other);
    const { digits, sign } = enough(result, (places) => significant(rounded(one, places) * rounded(other, places)));
    assert.equal(sign, "=");
    assert.equal(significant(rounded(one, digits) * rounded(other, digits)), result);
    more += Number(digits > 4);
  }
  assert.ok(more > 100, "Four digits would do, and this tests nothing.");
});

test("what cannot be reached with any number of digits is said to be near", () => {
  assert.equal(enough("1", () => "2").sign, "≈");
});

test("a step makes the loss smaller, a boundless one is none, and the label is a unit to look at", () => {
  const now = reckon(network(), IMAGE, 4);
  const after = reckonAfter(now, 0.001);
  assert.ok(after && after.loss < now.back.loss);
  assert.equal(reckonAfter(now, 1e45), null);
  const [hidden, output] = strongestUnits(now);
  assert.equal(output, 4);
  assert.equal(Math.abs(now.back.deltas[0][hidden]), Math.max(...now.back.deltas[0].map(Math.abs)));
  assert.ok(IMAGE[strongestPixel(now, hidden)] > 0);
});

test("the link counts stages as the page does", () => {
  assert.equal(toText({ ...START, stage: 6 }), "stage:7");
  assert.equal(fromText("stage:8").stage, 7);
});

test("steps that were made are written down briefly, and made again to the same bits", async () => {
  const model = network();
  const shown = { image: "t7", rate: 0.01 };
  const examples = { t7: { image: IMAGE, label: 4 }, t8: { image: IMAGE.map((each) => 255 - each), label: 1 } };
  /** @type {import("../../../src/byhand/web/page/static/step/steps.js").Run[]} */ let runs = [];
  let [theta, before] = [model.theta, model.theta];
  for (const [image, rate] of [["t7", 0.01], ["t7", 0.01], ["t8", 0.01], ["t7", 0.1], ["t7", 0.1]]) {
    runs = steps.withStep(runs, image, rate);
    [before, theta] = [theta, reckonAfter(reckon({ ...model, theta }, examples[image].image, examples[image].label), rate).theta];
  }
  const text = steps.toText(runs, shown);
  assert.equal(text, "2-1_t8-2_0.1");
  assert.equal(steps.countOf(runs), 5);
  const read = steps.fromText(text).map((run) => ({ ...run, image: run.image || "t7", rate: run.rate || 0.01 }));
  assert.deepEqual(read, runs);
  const made = await steps.makeAgain(model, read, (image) => examples[image], () => true);
  assert.deepEqual([made.theta, made.before], [theta, before]);
  assert.equal(made.history.length, 3);
  assert.equal(await steps.makeAgain(model, read, () => null, () => true), null);
  assert.equal(steps.toText([{ n: 501, image: "t7", rate: 1 }], shown), ""); // Nobody would wait for so many.
});

test("the loss along one weight is the network's, its slope is the gradient, and every layer has one", () => {
  for (const activation of ["relu", "tanh", "sigmoid", "leaky_relu"]) {
    const model = { ...network(activation), sizes: [784, 20, 12, 10] };
    model.theta = initialParameters(model.sizes, 2, 3);
    const now = reckon(model, IMAGE, 4);
    let start = 0;
    layers(model.theta, model.sizes).forEach(({ nIn, nOut }, layer) => {
      for (const [from, to] of [[3, 2], [6, 5], [9, 4]]) {
        const at = start + from * nOut + to;
        const weight = { layer, from, to };
        assert.ok(Math.abs(lossIfMoved(now, weight, 0) - now.back.loss) < 1e-5);
        const slope = (lossIfMoved(now, weight, 1e-6) - lossIfMoved(now, weight, -1e-6)) / 2e-6;
        assert.ok(Math.abs(slope - now.back.gradient[at]) < 1e-4, `${activation} ${layer}`);
        const theta = model.theta.slice();
        theta[at] += 0.5;
        const moved = reckon({ ...model, theta }, IMAGE, 4).back.loss;
        assert.ok(Math.abs(lossIfMoved(now, weight, 0.5) - moved) < 1e-4 * (1 + moved), `${activation} ${layer}`);
      }
      start += nIn * nOut + nOut;
    });
  }
});

test("a curve reaches past the lowest point of its valley, and a flat one no farther than needed", () => {
  assert.ok(reachOf((by) => (by - 3) ** 2) > 3);
  assert.ok(reachOf((by) => (by + 0.2) ** 2) <= 2);
  assert.equal(reachOf(() => 2.3), 1);
});

test("others are judged as the network reads them, and nobody waits for what is not wanted any more", async () => {
  const model = network();
  const others = ["4", "1", "a class that there is not"].map((name, index) => ({ index, name, pixels: IMAGE }));
  const losses = [4, 1].map((label) => reckon(model, IMAGE, label).back.loss);
  const score = await judgeOthers(model, others, () => true);
  assert.equal(score.n, 2);
  assert.ok(Math.abs(score.loss - (losses[0] + losses[1]) / 2) < 1e-6);
  assert.equal(await judgeOthers(model, Array(4000).fill(others[0]), () => false), null);
});

test("the valley of many images is the mean of their losses along the weight", async () => {
  const model = network();
  const samples = [4, 1, 7].map((label, index) =>
    ({ index, name: String(label), pixels: IMAGE.map((each) => (each + 40 * index) % 256) }));
  const read = await readAll(model, samples, () => true);
  const weight = { layer: 1, from: 3, to: 2 };
  const losses = await meanLosses(read, weight, [-1, 0, 1], () => true);
  [-1, 0, 1].forEach((by, k) => {
    const theta = model.theta.slice();
    theta[784 * 40 + 40 + 3 * 10 + 2] += by;
    const mean = samples.reduce((sum, { name, pixels }) =>
      sum + reckon({ ...model, theta }, pixels, Number(name)).back.loss / 3, 0);
    assert.ok(Math.abs(losses[k] - mean) < 1e-4, `${losses[k]} ${mean}`);
  });
  assert.equal(await meanLosses([], weight, [0], () => true), null);
});

// One step of learning: fresh networks, what the link holds of a lesson, and numbers a reader can check.

import assert from "node:assert/strict";
import test from "node:test";

import { DEFAULTS, decode, encode } from "../../../src/byhand/web/page/static/link/link.js";
import { layers } from "../../../src/byhand/web/page/static/network/nn.js";
import { rounded, significant } from "../../../src/byhand/web/page/static/charts/numbers.js";
import { START, fromText, toText } from "../../../src/byhand/web/page/static/step/link.js";
import { enough } from "../../../src/byhand/web/page/static/step/stages/digits.js";
import { initialParameters } from "../../../src/byhand/web/page/static/network/initial.js";
import { reckon, reckonAfter, strongestPixel, strongestUnits } from "../../../src/byhand/web/page/static/step/one-step.js";

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
  const choice = { stage: 7, source: "drawing", index: 59_999, label: 0, network: "own", seed: 12, rate: 0.00013 };
  assert.deepEqual(fromText(decode(encode({ ...DEFAULTS, step: toText(choice) })).step ?? ""), choice);
});

test("every rate of the slider survives the link", () => {
  for (let place = -40; place <= 10; place++) {
    const rate = Number((10 ** (place / 10)).toPrecision(2));
    assert.equal(fromText(toText({ ...START, rate })).rate, rate);
  }
});

test("of a lesson that makes no sense, the start is kept", () => {
  for (const text of ["", ",,", "stage:8", "stage:-1", "stage", "source:moon", "index:1e9", "network:constructor", "rate:0",
    "rate:11", "rate:1e-3", "seed:x", "__proto__:1", "constructor:1", "label:"]) {
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

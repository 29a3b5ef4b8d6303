// What is said of an image, and when nothing is.

import assert from "node:assert/strict";
import { test } from "node:test";

import { judge } from "../../../src/byhand/web/page/static/network/answer.js";

const model = { classes: ["a", "b", "c", "d"], threshold: 0.9 };

test("the best guess is believed from the threshold on, not below", () => {
  assert.deepEqual(judge(model, [0.05, 0.9, 0.03, 0.02]), {
    name: "b", guesses: [["b", 0.9], ["a", 0.05], ["c", 0.03], ["d", 0.02]], reason: null,
  });
  assert.equal(judge(model, [0.05, 0.8999, 0.03, 0.02]).name, null);
});

test("why it is not believed", () => {
  assert.deepEqual(judge(model, [0.3, 0.1, 0.55, 0.05]).reason, { kind: "either", first: "c", second: "a" });
  assert.deepEqual(judge(model, [0.3, 0.1, 0.35, 0.25]).reason, { kind: "unlike" });
  assert.deepEqual(judge(model, [0.85, 0.05, 0.05, 0.05]).reason, { kind: "somewhat", first: "a" });
  assert.deepEqual(judge(model, [0.98, 0.01, 0.01, 0], "several").reason, { kind: "problem", problem: "several" });
  assert.equal(judge(model, [0.98, 0.01, 0.01, 0], "several").name, null);
});

test("equal guesses stay in the order of the classes, and nothing is changed", () => {
  const probabilities = Float32Array.of(0.25, 0.25, 0.25, 0.25);
  assert.deepEqual(judge(model, probabilities).guesses.map(([name]) => name), ["a", "b", "c", "d"]);
  assert.deepEqual(model.classes, ["a", "b", "c", "d"]);
});

// Former runs beside the present one, named by what is otherwise now.

import assert from "node:assert/strict";
import test from "node:test";

import { difference } from "../../../src/byhand/web/page/static/learn/difference.js";
import { START, changes } from "../../../src/byhand/web/page/static/learn/form/presets.js";
import { createMemory } from "../../../src/byhand/web/page/static/learn/watch/memory.js";

test("a run is named by what is otherwise now", () => {
  const now = { ...START, learning_rate: 1 };
  for (const [former, said] of /** @type {[object, string][]} */ ([
    [now, "the same settings"],
    [{ ...now, learning_rate: 0.1 }, "learning rate 0.1 → 1"],
    [{ ...now, layers: [] }, "hidden layers none → 128–64"],
    [{ ...now, limit: 1000 }, "images 1,000 → all"],
    [{ ...now, ...changes(1) }, "drawn anew 100 % → off"],
    [{ ...now, seed: 3, optimizer: "adam" }, "optimizer Adam → Gradient descent, seed 3 → 0"],
    [{ ...now, layers: [8], seed: 3, epochs: 5, batch_size: 32 }, "hidden layers 8 → 128–64, batch size 32 → 1, …"],
  ])) {
    assert.equal(difference(former, now).replaceAll("\u00a0", " "), said);
  }
});

const snapshot = (started, learning_rate, images) =>
  ({ started, settings: { ...START, learning_rate }, sizes: [4, 2], figures: null, curve: { images: images ? [1, images] : [] } });

test("former runs are kept with their settings and curves, the latest of many, and one can be chosen", () => {
  const memory = createMemory();
  assert.deepEqual([memory.runs, memory.beside], [[], null]);
  for (let k = 1; k <= 12; k++) {
    memory.follow(snapshot(`run ${k}`, k, 0));
    memory.follow(snapshot(`run ${k}`, k, 10 * k));
    assert.equal(memory.beside?.n ?? 0, k - 1); // the last, unless somebody chooses
  }
  assert.deepEqual(memory.runs.map(({ n, settings, curve }) => [n, settings.learning_rate, curve.images[1]]),
    [4, 5, 6, 7, 8, 9, 10, 11].map((n) => [n, n, 10 * n]));
  memory.chooseBeside(6);
  memory.follow(snapshot("another", 1, 0));
  assert.equal(memory.beside.n, 6);
  memory.chooseBeside(null);
  assert.equal(memory.beside, null);
  memory.chooseBeside(12);
  memory.follow(snapshot("another", 1, 5));
  memory.follow(snapshot("yet another", 1, 0));
  assert.equal(memory.beside.n, 13);
  memory.chooseBeside(6);
  for (const name of ["a", "b"]) {
    memory.follow(snapshot(name, 1, 0));
    memory.follow(snapshot(name, 1, 9));
  }
  assert.equal(memory.beside.n, memory.runs.at(-1).n); // The one that was chosen is forgotten.
});

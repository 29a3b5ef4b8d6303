// Random numbers: even, normal, and the same again for the same seed.

import assert from "node:assert/strict";
import { test } from "node:test";

import { normalNumbers, randomNumbers, shuffled } from "../../../src/byhand/web/page/static/network/random.js";
import { isNear, sum } from "../helpers.mjs";

test("random numbers are even, normal ones normal, for any seed", () => {
  for (const seed of [0, 1, 2, 12345, -1, 2 ** 31]) {
    const [even, normal] = [randomNumbers(seed), normalNumbers(seed)];
    const evens = Array.from({ length: 20000 }, even);
    assert.ok(evens.every((x) => x >= 0 && x < 1));
    isNear(sum(evens) / 20000, 0.5, 0.01);
    const normals = Array.from({ length: 20000 }, normal);
    isNear(sum(normals) / 20000, 0, 0.03);
    isNear(sum(normals.map((x) => x * x)) / 20000, 1, 0.05);
  }
  const firsts = Array.from({ length: 1000 }, (_, seed) => randomNumbers(seed)());
  isNear(sum(firsts) / 1000, 0.5, 0.05);
  assert.equal(new Set(firsts).size, 1000);
});

test("a shuffle keeps every thing, is repeated by its seed, and leaves what it was given", () => {
  const things = Array.from({ length: 50 }, (_, k) => k);
  const mixed = shuffled(things, randomNumbers(3));
  assert.notDeepEqual(mixed, things);
  assert.deepEqual([...mixed].sort((a, b) => a - b), things);
  assert.deepEqual(mixed, shuffled(things, randomNumbers(3)));
  assert.deepEqual(things[0], 0);
  assert.equal(shuffled(things).length, 50);
});

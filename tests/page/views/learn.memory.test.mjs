// What the page remembers of a training: its past, evenly, and the curve of the one before; never more than it may.

import assert from "node:assert/strict";
import test from "node:test";

import { createMemory } from "../../../src/byhand/web/page/static/learn/watch/memory.js";

const SIZES = [4, 3, 2];
const network = (n = 23) => ({ sizes: SIZES, theta: new Float32Array(n) });
const snapshot = (images, started = "a", points = images ? [1, images] : []) =>
  ({ started, settings: {}, sizes: SIZES, figures: { images, validation: null }, curve: { images: points } });

test("moments are kept evenly, and never too many", () => {
  const memory = createMemory();
  for (let images = 0; images <= 5000; images += 10) {
    memory.follow(snapshot(images));
    memory.keep(network(), snapshot(images));
  }
  const places = memory.moments.map(({ images }) => images);
  assert.equal(places.length, 40);
  assert.deepEqual([places[0], places.at(-1)], [0, 5000]);
  const gaps = places.slice(1).map((at, k) => at - places[k]);
  assert.ok(Math.max(...gaps) <= 5 * 5000 / 40, String(gaps));
});

test("of a large network few moments are kept", () => {
  const memory = createMemory();
  for (const images of [0, 1, 2, 3, 4]) memory.keep(network(5_000_000), snapshot(images));
  assert.deepEqual(memory.moments.map(({ images }) => images), [0, 4]);
});

test("the same moment is kept once, and none that belongs to another training", () => {
  const memory = createMemory();
  memory.keep(network(), snapshot(7));
  memory.keep(network(), snapshot(7));
  memory.keep(network(), snapshot(3));
  memory.keep({ sizes: [4, 2], theta: new Float32Array(10) }, snapshot(9));
  assert.deepEqual(memory.moments.map(({ images }) => images), [7]);
});

test("a training that begins, anew or another, makes the one so far the one before", () => {
  const memory = createMemory();
  assert.equal(memory.beside, null);
  memory.follow(snapshot(10));
  memory.keep(network(), snapshot(10));
  memory.follow(snapshot(20));
  memory.follow(snapshot(0));
  assert.deepEqual(memory.beside?.curve.images, [1, 20]);
  assert.deepEqual(memory.moments, []);
  memory.follow(snapshot(5, "b"));
  memory.follow(snapshot(30, "c"));
  assert.deepEqual(memory.beside?.curve.images, [1, 5]);
});

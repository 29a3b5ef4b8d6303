// Strokes → pixels: the same, however they arrive.

import assert from "node:assert/strict";
import { test } from "node:test";

import { addSegment, makeInk, rasterize, snap } from "../../../src/byhand/web/page/static/ink/ink.js";
import { randomStrokes } from "../helpers.mjs";

const line = (brush, points, erase = false) => ({ brush, erase, points });

test("piece by piece, as the pen moves, gives the same pixels as all at once", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const strokes = randomStrokes(seed);
    const ink = makeInk();
    for (const { brush, erase, points } of strokes) {
      addSegment(ink, points[0], points[0], brush, erase);
      points.slice(1).forEach((point, k) => addSegment(ink, points[k], point, brush, erase));
    }
    assert.deepEqual(ink, rasterize(strokes));
  }
});

test("a piece cut in two at any of its quarters gives the same pixels", () => {
  for (let k = 1; k < 24; k++) {
    const whole = rasterize([line(17.25, [[40.25, 60], [46.25, 78]])]);
    const cut = rasterize([line(17.25, [[40.25, 60], [40.25 + k / 4, 60 + (3 * k) / 4], [46.25, 78]])]);
    assert.deepEqual(cut, whole);
  }
});

test("forth or back, twice or once, is all the same", () => {
  const there = line(9, [[20, 30], [200.25, 111.5], [90, 250]]);
  const back = line(9, there.points.toReversed());
  assert.deepEqual(rasterize([back]), rasterize([there]));
  assert.deepEqual(rasterize([there, back]), rasterize([there]));
});

test("a dot has the area of its circle, and a line that of its length times its width", () => {
  for (const brush of [1, 2, 5, 12.5, 40]) {
    const area = (strokes) => rasterize(strokes).pixels.reduce((sum, value) => sum + value, 0) / 255;
    const dot = area([line(brush, [[140.25, 139.5]])]);
    const circle = (Math.PI * brush ** 2) / 4;
    assert.ok(Math.abs(dot - circle) < 0.35 + 0.01 * circle, `${brush}: ${dot}, ${circle}`);
    const bar = area([line(brush, [[60.25, 50], [180, 210.5]])]);
    const wanted = circle + brush * Math.hypot(119.75, 160.5);
    assert.ok(Math.abs(bar - wanted) < 0.03 * wanted, `${brush}: ${bar}, ${wanted}`);
  }
});

test("the edge is soft: full inside, none outside, in between by distance", () => {
  const { pixels, side } = rasterize([line(10, [[50, 100.5], [150, 100.5]])]);
  const column = (row) => pixels[row * side + 100];
  assert.deepEqual([94, 95, 96, 100, 104, 105, 106].map(column), [0, 128, 255, 255, 255, 128, 0]);
});

test("rubbing out takes away what was drawn before, and nothing of what is drawn after", () => {
  const draw = line(20, [[50, 50], [200, 200]]);
  const rub = line(40, [[50, 50], [200, 200]], true);
  assert.ok(rasterize([draw, rub]).pixels.every((value) => value === 0));
  assert.deepEqual(rasterize([draw, rub, draw]), rasterize([draw]));
  assert.deepEqual(rasterize([rub, draw]), rasterize([draw]));
});

test("what lies outside the pad is cut off, and nothing else changes", () => {
  const small = rasterize([line(30, [[-20, -20], [40, 300]])], 60);
  const large = rasterize([line(30, [[80, 80], [140, 400]])], 280);
  small.pixels.forEach((value, k) => {
    assert.equal(value, large.pixels[(100 + Math.floor(k / 60)) * 280 + 100 + (k % 60)]);
  });
  const ink = makeInk();
  addSegment(ink, [-50, -50], [-90, 10], 20, false);
  addSegment(ink, [NaN, 10], [20, 20], 20, false);
  for (const { pixels } of [ink, rasterize([line(20, [])])]) assert.ok(pixels.every((value) => value === 0));
});

test("coordinates go to quarters and onto the pad", () => {
  assert.deepEqual([1.1, 1.13, -5, 1000, NaN, Infinity].map((x) => snap(x)), [1, 1.25, 0, 280, 0, 280]);
  const off = rasterize([line(8, [[10.1, 20.05], [90.9, 33.3]])]);
  assert.deepEqual(off, rasterize([line(8, [[10, 20], [91, 33.25]])]));
});

// Ink → 28×28 pixels. That they are Python's is checked from Python, in test_page_parity.py; here is what must hold
// anyway.

import assert from "node:assert/strict";
import { test } from "node:test";

import { rasterize } from "../../../src/byhand/web/page/static/ink/ink.js";
import { inkOfPicture, prepareInk } from "../../../src/byhand/web/page/static/ink/prepare.js";
import { isNear, randomStrokes } from "../helpers.mjs";

const seven = (x, y, brush = 22) => rasterize([
  { brush, erase: false, points: [[x, y], [x + 90, y], [x + 30, y + 130]] },
]);
const prepared = ({ pixels, side }, options) => prepareInk(pixels, side, side, options);
const shapeOf = (image) => [...image].flatMap((value, k) => (value ? [[k % 28, Math.floor(k / 28)]] : []));

test("a drawing becomes the same wherever it stands on the pad", () => {
  const here = prepared(seven(30, 40));
  const there = prepared(seven(150, 120));
  assert.deepEqual(there.image, here.image);
  assert.deepEqual(there.fitted.box.map((side, k) => side - here.fitted.box[k]), [120, 80, 120, 80]);
  isNear(there.mass[0] - here.mass[0], 120, 1e-9);
  isNear(there.mass[1] - here.mass[1], 80, 1e-9);
  assert.equal(here.problem, null);
});

test("its longest side is 20 pixels and its centre of mass is in the middle", () => {
  for (let seed = 1; seed <= 20; seed++) {
    const strokes = randomStrokes(seed, 2).map((stroke) => ({ ...stroke, erase: false }));
    const { image, fitted } = prepared(rasterize(strokes));
    const [xs, ys] = [0, 1].map((axis) => shapeOf(image).map((place) => place[axis]));
    const longest = Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys)) + 1;
    assert.ok(longest >= 18 && longest <= 20, `${longest}`);
    const total = image.reduce((sum, value) => sum + value, 0);
    const mean = [...image].reduce((sum, value, k) => sum + value * (k % 28), 0) / total;
    const atTheRim = fitted.shift[0] === 0 || fitted.shift[0] + (Math.max(...xs) - Math.min(...xs)) + 1 >= 28;
    assert.ok(Math.abs(mean - 14) <= 0.5 + 1e-9 || atTheRim, `${mean}`);
  }
});

test("not centred, the pad is made smaller and nothing is moved", () => {
  const { image, fitted, problem } = prepared(seven(30, 40), { centred: false });
  assert.equal(fitted, null);
  assert.equal(problem, null);
  const [xs, ys] = [0, 1].map((axis) => shapeOf(image).map((place) => place[axis]));
  assert.deepEqual([Math.min(...xs), Math.min(...ys), Math.max(...xs), Math.max(...ys)], [1, 2, 13, 18]);
  const whole = new Uint8Array(280 * 280).fill(200);
  assert.ok(prepareInk(whole, 280, 280, { centred: false }).image.every((value) => value === 200));
  const wide = prepareInk(new Uint8Array(56 * 28).fill(255), 56, 28, { centred: false }).image;
  assert.deepEqual([wide[6 * 28], wide[7 * 28], wide[20 * 28 + 27], wide[21 * 28]], [0, 255, 255, 0]);
});

test("what cannot be a digit is told", () => {
  const at = (...points) => ({ brush: 22, erase: false, points });
  const one = (x) => at([x, 60], [x, 220]);
  assert.equal(prepared(rasterize([])).problem, "blank");
  assert.equal(prepared(rasterize([])).mass, null);
  assert.equal(prepareInk(new Uint8Array(100).fill(23), 10, 10).problem, "blank");
  assert.equal(prepareInk(new Uint8Array(100).fill(24), 10, 10, { centred: false }).problem, null);
  assert.equal(prepared(rasterize([one(60), one(200)])).problem, "several");
  assert.equal(prepared(rasterize([at([100, 50], [160, 50]), at([100, 200], [160, 200])])).problem, null);
  const points = [[80, 80], [200, 80], [200, 140], [80, 140], [80, 200], [200, 200]];
  const dense = { brush: 80, erase: false, points };
  assert.equal(prepared(rasterize([dense])).problem, "filled");
  const specks = new Uint8Array(2000 * 2000);
  specks[200_100] = specks[specks.length - 200_101] = 100;
  assert.equal(prepareInk(specks, 2000, 2000).problem, "specks");
});

test("ink itself is never changed", () => {
  for (const brush of [3, 22, 70]) {
    const ink = seven(60, 60, brush);
    const before = ink.pixels.slice();
    prepared(ink);
    prepared(ink, { centred: false });
    assert.deepEqual(ink.pixels, before);
  }
});

test("ink is found on paper of any colour, and under transparency", () => {
  const { pixels, side } = seven(60, 60);
  const picture = (colourOf) => Uint8ClampedArray.from([...pixels].flatMap(colourOf));
  const cases = [
    [(v) => [255 - v, 255 - v, 255 - v, 255], true, 255],
    [(v) => [v, v, v, 255], false, 255],
    [(v) => [200, 30 + Math.round((v * 100) / 255), 7, 255], false, 100],
    [(v) => [0, 0, 0, v], true, 255],
    [(v) => [255, 255, 255, v], false, 255],
  ];
  for (const [colourOf, dark, most] of cases) {
    const found = inkOfPicture(picture(colourOf), side, side);
    assert.equal(found.dark, dark);
    assert.equal(found.drawing, true);
    found.ink.forEach((value, k) => assert.equal(value, Math.round((pixels[k] * most) / 255)));
  }
});

test("a picture full of grain is no drawing, unless it is small", () => {
  const grain = (side) =>
    Uint8ClampedArray.from({ length: 4 * side * side }, (_, k) => (k % 4 === 3 ? 255 : (k * 97) % 251));
  assert.equal(inkOfPicture(grain(100), 100, 100).drawing, false);
  assert.equal(inkOfPicture(grain(60), 60, 60).drawing, true);
});

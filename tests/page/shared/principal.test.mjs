// The two directions in which vectors differ most, and the map that they make.

import assert from "node:assert/strict";
import { test } from "node:test";

import { fitting, nextPlace, placeAt, signsOf } from "../../../src/byhand/web/page/static/draw/network/map-paint.js";
import { principal, project, together } from "../../../src/byhand/web/page/static/network/principal.js";
import { normalNumbers } from "../../../src/byhand/web/page/static/network/random.js";
import { isNear } from "../helpers.mjs";

const dot = (a, b) => a.reduce((sum, each, k) => sum + each * b[k], 0);

/** Vectors around (10, …) that differ by 3 along one direction, by 2 along another, and little along all others. */
function cloud(n, directions) {
  const normal = normalNumbers(3);
  return Array.from({ length: n }, () => {
    const [far, less] = [3 * normal(), 2 * normal()];
    return Float32Array.from(directions[0], (each, k) => 10 + far * each + less * directions[1][k] + 0.1 * normal());
  });
}

test("of a cloud the long directions are found, at a right angle, with their shares", async () => {
  const [a, b] = [[0.6, 0, 0.8, 0, 0], [0, 1, 0, 0, 0]];
  const found = await principal(cloud(2000, [a, b]));
  isNear(Math.abs(dot(a, found.axes[0])), 1, 1e-3);
  isNear(Math.abs(dot(b, found.axes[1])), 1, 1e-3);
  isNear(dot(found.axes[0], found.axes[1]), 0, 1e-9);
  isNear(dot(found.axes[0], found.axes[0]), 1, 1e-9);
  found.axes.forEach((axis) => assert.ok(Math.max(...axis) >= -Math.min(...axis))); // never mirrored
  isNear(found.shares[0], 9 / 13, 0.03);
  isNear(found.shares[1], 4 / 13, 0.03);
  const [across, up] = project(found, found.mean.map((each, k) => each + 2 * found.axes[0][k] - 3 * found.axes[1][k]));
  isNear(across, 2, 1e-9);
  isNear(up, -3, 1e-9);
});

test("the shares are those of the whole: each axis holds the variance of what is projected on it", async () => {
  const normal = normalNumbers(5);
  const rows = Array.from({ length: 40 }, () => Float32Array.from({ length: 7 }, (_, k) => (k + 1) * normal()));
  const found = await principal(rows);
  const all = rows.reduce((sum, row) => sum + row.reduce((own, each, k) => own + (each - found.mean[k]) ** 2, 0), 0);
  const points = rows.map((row) => project(found, row));
  [0, 1].forEach((k) => isNear(points.reduce((sum, point) => sum + point[k] ** 2, 0) / all, found.shares[k], 1e-3));
  // No direction of many holds more than the first.
  for (let k = 0; k < 50; k++) {
    const way = Array.from({ length: 7 }, normal);
    const along = rows.reduce((sum, row) => sum + dot(way, row.map((each, i) => each - found.mean[i])) ** 2, 0) / dot(way, way);
    assert.ok(along / all <= found.shares[0] + 1e-4);
  }
});

test("vectors on a line, or all alike, have a map, too; who does not wait gets none", async () => {
  const line = [0, 1, 2].map((k) => Float32Array.of(k, 2 * k));
  const { shares } = await principal(line);
  isNear(shares[0], 1, 1e-9);
  isNear(shares[1], 0, 1e-9);
  const alike = await principal([Float32Array.of(1, 1), Float32Array.of(1, 1)]);
  assert.deepEqual(alike.shares, [0, 0]);
  assert.deepEqual(project(alike, [1, 1]), [0, 0]);
  const many = Array.from({ length: 400 }, (_, n) => Float32Array.from({ length: 2000 }, (_, k) => Math.sin(n * k)));
  assert.equal(await principal(many, () => false), null);
});

test("of points near one another it is told how many are of one kind", () => {
  const points = [[0, 0], [0, 1], [5, 5], [5, 6], [5, 6.5]];
  assert.equal(together(points, [1, 1, 2, 2, 2]), 1);
  assert.equal(together(points, [1, 2, 2, 2, 1]), 1 / 5); // only the one at (5, 5)
});

test("every class has a sign of its own, as short as can be", () => {
  assert.deepEqual(signsOf([..."0123"]), [..."0123"]);
  assert.deepEqual(signsOf(["Sandal", "Shirt", "Sneaker", "T-shirt", "Trouser", "Bag"]), ["Sa", "Sh", "Sn", "T-", "Tr", "B"]);
  assert.deepEqual(signsOf(["a", "ab", "😀"]), ["a", "ab", "😀"]);
  assert.deepEqual(signsOf(["class 1", "class 2"]), ["1", "2"]);
});

test("a map fills its square, keeps its proportions, and holds what lies outside at its edge", () => {
  const fit = fitting([[0, 0], [10, 5]], 100);
  assert.deepEqual(fit([0, 0]), [14, 68]);
  assert.deepEqual(fit([10, 5]), [86, 32]);
  assert.deepEqual(fit([100, -100]), [93, 93]);
  assert.deepEqual(fitting([[3, 3]], 100)([3, 3]), [50, 50]);
});

test("the keys go to the next sign in a direction, and a pointer finds the nearest one", () => {
  const places = [[50, 50], [70, 55], [60, 90], [20, 50], [51, 45]];
  assert.equal(nextPlace(places, 0, [1, 0]), 1);
  assert.equal(nextPlace(places, 0, [0, 1]), 2);
  assert.equal(nextPlace(places, 0, [-1, 0]), 3);
  assert.equal(nextPlace(places, 0, [0, -1]), 4);
  assert.equal(nextPlace(places, 3, [-1, 0]), 3);
  assert.equal(placeAt(places, [52, 47], 14), 4);
  assert.equal(placeAt(places, [0, 0], 14), -1);
});

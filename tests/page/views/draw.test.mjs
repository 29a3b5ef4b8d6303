// Recorded strokes, and where the cells of a network go.

import assert from "node:assert/strict";
import { test } from "node:test";

import { arrange, gridShape } from "../../../src/byhand/web/page/static/units/arrange.js";
import { said } from "../../../src/byhand/web/page/static/draw/outputs.js";
import { begun, fromText, toText } from "../../../src/byhand/web/page/static/draw/pad/recording.js";
import { randomStrokes } from "../helpers.mjs";

test("strokes come out of a file as they went in", () => {
  const strokes = randomStrokes(3);
  assert.deepEqual(fromText(toText(strokes)), strokes);
});

test("a file that holds no strokes is none", () => {
  const format = "byhand-strokes/1";
  const bad = [
    "", "{", "null", "[]", "{}",
    JSON.stringify({ format: "other", strokes: [] }), JSON.stringify({ format, strokes: 1 }),
    ...[null, {}, { brush: 1e9, points: [[1, 1]] }, { brush: 20, points: [] }, { brush: 20, points: [[1]] },
      { brush: 20, points: [["a", 1]] }, { brush: 20, points: [[null, 1]] }]
      .map((stroke) => JSON.stringify({ format, strokes: [stroke] })),
  ];
  for (const text of bad) assert.equal(fromText(text), null, text);
});

test("a replay begins with nothing, ends with all, and never takes ink away", () => {
  const strokes = randomStrokes(4);
  const points = (some) => some.reduce((sum, stroke) => sum + stroke.points.length, 0);
  assert.equal(points(begun(strokes, 0)), 0);
  assert.deepEqual(begun(strokes, 1), strokes);
  let last = 0;
  for (let share = 0; share <= 1; share += 0.05) {
    const now = points(begun(strokes, share));
    assert.ok(now >= last);
    last = now;
  }
});

test("every layer has a place for every unit, and fits the width", () => {
  for (const sizes of [[784, 128, 64, 10], [784, 10], [784, 1000, 7, 10], [784, 4, 4, 4, 4, 4, 10], [784, 997, 26]]) {
    for (const width of [300, 500, 700, 1000, 1900]) {
      const { grids, stacked } = arrange(sizes, [28, 28], 1, width);
      grids.forEach(({ columns, rows, cell }, k) => {
        assert.ok(columns * rows >= sizes[k] && cell >= 1, `${sizes} ${width}`);
        assert.ok(columns * cell <= width);
      });
      const all = grids.reduce((sum, { columns, cell }) => sum + columns * cell, 0);
      assert.ok(stacked || all <= width);
    }
  }
});

test("a grid is upright or lies, and few places stay empty", () => {
  assert.deepEqual(gridShape(10, false), { columns: 1, rows: 10 });
  assert.deepEqual(gridShape(10, true), { columns: 10, rows: 1 });
  for (const units of [16, 64, 100, 128, 300, 997, 1024]) {
    const { columns, rows } = gridShape(units, false);
    assert.ok(rows >= columns && columns * rows >= units && columns * rows < 1.25 * units, `${units}`);
    assert.deepEqual(gridShape(units, true), { columns: rows, rows: columns });
  }
});

test("what a network of digits does not know may be a letter; of other classes that is not said", () => {
  const says = (classes, reason = { kind: "unlike" }, data = {}) => said({
    reading: { answer: { name: null, guesses: classes.map((name) => [name, 0.5]), reason }, source: "pad" },
    model: { classes, details: { data } },
  });
  assert.match(says(["0", "1"]), /no digit.*letter or a sign/);
  assert.match(says(["0", "1"], undefined, { name: "fashion-mnist" }), /no class/);
  const several = { kind: "problem", problem: "several" };
  assert.match(says(["0", "1"], several), /one sign/);
  assert.match(says(["a", "b"], several), /one sign/);
  assert.match(says(["Bag", "Coat"], several), /one thing/);
  assert.match(says(["a", "1"]), /no class/);
});

// Numbers as text, and sums that add up on the page.

import assert from "node:assert/strict";
import { test } from "node:test";

import * as numbers from "../../../src/byhand/web/page/static/charts/numbers.js";
import { randomNumbers } from "../../../src/byhand/web/page/static/network/random.js";

const plain = (text) => text.replace(/\u00a0/g, " ");
const read = (text) => Number(plain(text).replace("−", "-").replace(/,/g, ""));

test("a share is 0 % or 100 % only if it is", () => {
  const cases = [
    [0, "0 %"], [1, "100 %"], [0.5, "50.0 %"], [0.9734, "97.3 %"], [0.00001, "< 0.1 %"], [0.99999, "> 99.9 %"],
    [0.0005, "0.1 %"], [0.9994, "99.9 %"], [0.9995, "> 99.9 %"],
  ];
  for (const [share, text] of cases) {
    assert.equal(plain(numbers.percent(share)), text);
  }
  assert.equal(plain(numbers.percent(0.12345, 2)), "12.35 %");
  assert.equal(plain(numbers.percent(0.999, 0)), "> 99 %");
  assert.equal(plain(numbers.percent(0.001, 0)), "< 1 %");
});

test("numbers have a real minus, and never look like 0 if they are not", () => {
  const cases = [
    [0, 2, "0.00"], [-0, 2, "0.00"], [1.005, 1, "1.0"], [-1.25, 2, "−1.25"],
    [0.000042, 2, "4.2 × 10⁻⁵"],
    [-0.0049, 2, "−4.9 × 10⁻³"], [0.005, 2, "0.01"], [9999, 0, "9,999"], [999, 0, "999"], [10000, 0, "10,000"],
    [-1234567.5, 1, "−1,234,567.5"], [2.5e12, 2, "2.5 × 10¹²"],
    [NaN, 2, "not a number"], [Infinity, 2, "∞"], [-Infinity, 2, "−∞"],
  ];
  for (const [x, digits, text] of cases) {
    assert.equal(plain(numbers.number(x, digits)), text);
  }
  assert.equal(numbers.count(109386), "109,386");
});

test("thousands have a comma, whichever way a number is written", () => {
  assert.equal(numbers.count(1234), "1,234");
  assert.equal(numbers.fixed(-12345.678, 1), "−12,345.7");
  assert.equal(numbers.significant(4321.5), "4,322");
});

test("a plus stands before what is above 0 as it is written, and a minus before what is below", () => {
  const cases = [[0.5, "+0.50"], [-0.5, "−0.50"], [0.001, "0.00"], [-0.001, "0.00"], [0, "0.00"]];
  for (const [value, text] of cases) {
    assert.equal(numbers.fixed(value, 2, true), text);
  }
});

test("digits that count", () => {
  const cases = [
    [0.34211, "0.3421"], [-12.3149, "−12.31"], [2.1132e-7, "2.113 × 10⁻⁷"], [0, "0"], [7, "7"], [Infinity, "∞"],
  ];
  for (const [value, text] of cases) {
    assert.equal(plain(numbers.significant(value)), text);
  }
  for (const value of [0.34211, -12.3149, 0.00098765, 1234.56]) {
    assert.equal(read(numbers.significant(value)), numbers.rounded(value));
  }
  assert.ok(Math.abs(numbers.rounded(2.1132e-7) - 2.113e-7) < 1e-18);
});

test("parts of a sum add up as they are written", () => {
  const even = randomNumbers(5);
  for (let round = 0; round < 500; round++) {
    const size = 10 ** (6 * even() - 3);
    const values = Array.from({ length: 2 + Math.floor(7 * even()) }, () => size * (even() - 0.5));
    const digits = numbers.digitsFor(values);
    const rest = even() < 0.5 ? values.length - 1 : undefined;
    const { parts, sum } = numbers.addUp(values, digits, rest);
    const written = parts.map((part) => read(numbers.fixed(part, digits)));
    const total = written.reduce((one, other) => one + other, 0);
    assert.ok(Math.abs(total - read(numbers.fixed(sum, digits))) < 10 ** -digits / 10);
    assert.ok(Math.abs(sum - values.reduce((one, other) => one + other, 0)) <= 10 ** -digits);
    parts.forEach((part, k) => k === rest || assert.ok(Math.abs(part - values[k]) <= 1.51 * 10 ** -digits));
  }
});

test("a column shares its last digit, and its power of ten", () => {
  const column = numbers.column(12.345);
  const units = [12.345, -0.0004, 3].map(column.round);
  assert.deepEqual(units.map(column.text), ["12.345", "0.000", "3.000"]);
  assert.equal(column.value(units[2]), 3);
  assert.match(plain(numbers.column(3e-8).text(numbers.column(3e-8).round(3e-8))), /^3\.0000 × 10⁻⁸$/);
  assert.equal(numbers.column(0).text(0), "0.0000");
});

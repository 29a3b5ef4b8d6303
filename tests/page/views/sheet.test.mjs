// The numbers of a sheet: what is in doubt, and what other programs get.

import assert from "node:assert/strict";
import { test } from "node:test";

import { nextDoubtful, toTable, toText } from "../../../src/byhand/web/page/static/draw/sheet/entries.js";

/** Make a number as it was read. */
const entry = (text, { line = 0, certain = true, checked = false, read = text } = {}) =>
  ({ text, checked, line, read: {
    text: read, kind: "integer", value: Number(read), certain, probability: 0.5, box: [1, 2, 3, 4],
    second: certain ? null : "8", second_probability: 0.25 } });

test("numbers are text line by line, as they now stand", () => {
  assert.equal(toText([entry("12"), entry("3.5", { read: "8.5" }), entry("-7", { line: 2 })]), "12 3.5\n-7");
  assert.equal(toText([]), "");
});

test("the next in doubt comes after the chosen one, and after the last the first", () => {
  const entries = [entry("1", { certain: false }), entry("2"), entry("3", { certain: false }),
    entry("4", { certain: false, checked: true })];
  assert.equal(nextDoubtful(entries, -1), 0);
  assert.equal(nextDoubtful(entries, 0), 2);
  assert.equal(nextDoubtful(entries, 2), 0);
  assert.equal(nextDoubtful([entry("2")], 0), -1);
  assert.equal(nextDoubtful([], -1), -1);
});

test("a table has what was read and what it now is, and no cell is a formula", () => {
  const table = toTable('=1+1, "my" form.jpg', [entry("12", { read: "72" }), entry("-3", { certain: false })]);
  const [heads, first, second] = table.split("\r\n");
  assert.equal(heads, "file,page,row,column,text,kind,value,probability,doubtful,second,second_probability,"
    + "left,top,right,bottom,read,checked");
  assert.equal(first, `"'=1+1, ""my"" form.jpg",1,1,1,12,,,0.5000,,,,1,2,3,4,72,`);
  assert.ok(second.endsWith(",1,1,2,-3,integer,-3,0.5000,?,8,0.2500,1,2,3,4,-3,"));
});

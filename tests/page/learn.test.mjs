// The settings of a training, in the form and in the link.

import assert from "node:assert/strict";
import test from "node:test";

import { DEFAULTS, decode, encode } from "../../src/byhand/web/static/link.js";
import { PRESETS, START, fromText, toText } from "../../src/byhand/web/static/learn/presets.js";

test("settings that differ from the start survive the link, and others take no room in it", () => {
  assert.equal(toText(START), "");
  for (const preset of Object.values(PRESETS)) {
    const form = { ...START, ...preset };
    const link = encode({ ...DEFAULTS, settings: toText(form) });
    assert.deepEqual(fromText(decode(link).settings ?? ""), form);
  }
});

test("of settings that make no sense, the start is kept", () => {
  for (const text of ["", ",,", "layers:", "layers:a-b", "layers:0", "batch_size:-3", "seed:1e999", "nothing:3", "__proto__:1"]) {
    assert.deepEqual(fromText(text), START, text);
  }
  assert.equal(decode("settings=layers:<script>").settings, undefined);
});

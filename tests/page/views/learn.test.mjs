// The settings of a training, in the form and in the link.

import assert from "node:assert/strict";
import test from "node:test";

import { DEFAULTS, decode, encode } from "../../../src/byhand/web/page/static/link/link.js";
import {
  PRESETS, START, fromText, layersFrom, remedy, suitingRate, toText,
} from "../../../src/byhand/web/page/static/learn/form/presets.js";
import { inFormWords } from "../../../src/byhand/web/page/static/learn/form/labels.js";

test("settings that differ from the start survive the link, and others take no room in it", () => {
  assert.equal(toText(START), "");
  for (const preset of Object.values(PRESETS)) {
    const form = { ...START, ...preset };
    const link = encode({ ...DEFAULTS, settings: toText(form) });
    assert.deepEqual(fromText(decode(link).settings ?? ""), form);
  }
});

test("of settings that make no sense, the start is kept", () => {
  const senseless = [
    "", ",,", "layers:", "layers:a-b", "layers:0", "batch_size:-3", "seed:1e999", "nothing:3", "__proto__:1",
  ];
  for (const text of senseless) {
    assert.deepEqual(fromText(text), START, text);
  }
  assert.equal(decode("settings=layers:<script>").settings, undefined);
});

test("hidden layers are read as people write them, and nothing is guessed", () => {
  for (const text of ["128, 64", "128,64", " 128 64 ", "128x64", "128–64", "128 , 64"]) {
    assert.deepEqual(layersFrom(text), [128, 64], text);
  }
  assert.deepEqual([layersFrom(""), layersFrom("none"), layersFrom("8")], [[], [], [8]]);
  for (const text of ["128,,64", "128,", ",64", "a", "1.5", "1e3", "none, 8"]) {
    assert.equal(layersFrom(text), null, text);
  }
});

test("the learning rate that suits grows with the batch size up to a highest one", () => {
  /** @type {Record<string, [number, number]>} */ const rates = { sgd: [0.01, 0.4], adam: [0.0002, 0.004] };
  assert.equal(suitingRate(rates, "sgd", 1), 0.01);
  assert.equal(suitingRate(rates, "sgd", 1000), 0.4);
  assert.equal(suitingRate(rates, "adam", 1), 0.0002);
  assert.equal(suitingRate(rates, "adam", 20), 0.004);
  assert.equal(suitingRate(rates, "unheard-of", 1), 0.01);
});

test("what a notice advises changes no more than it has to", () => {
  const idle = { kind: "not_learning", evidence: {} };
  assert.deepEqual(remedy(idle, { learning_rate: 1, activation: "sigmoid" }), { learning_rate: 0.1 });
  assert.deepEqual(remedy(idle, { learning_rate: 1e-6, activation: "relu" }), { learning_rate: null });
  assert.deepEqual(remedy(idle, { learning_rate: 1e-6, activation: "sigmoid" }),
    { learning_rate: null, activation: "relu" });
  assert.deepEqual(remedy({ kind: "overfitting", evidence: {} }, { limit: 500 }), { limit: null });
});

test("what the server says of settings is said with the labels of the form", () => {
  assert.equal(inFormWords("limit, validation: no image is left to learn from.", ["limit", "validation"]),
    "Images to learn from, Set aside: no image is left to learn from.");
  assert.equal(inFormWords("the loss became infinite. Try `learning_rate` 0.01.", []),
    "The loss became infinite. Try learning rate 0.01.");
  assert.equal(inFormWords("patience: `constructor` is unheard-of.", ["patience"]),
    "Patience: constructor is unheard-of.");
  assert.equal(inFormWords("layers: this server names no fields.", []), "Layers: this server names no fields.");
});

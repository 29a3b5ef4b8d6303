// The state in a link: what goes in comes out, and nothing in it does harm.

import assert from "node:assert/strict";
import { test } from "node:test";

import { randomNumbers } from "../../../src/byhand/web/page/static/network/random.js";
import { rasterize } from "../../../src/byhand/web/page/static/ink/ink.js";
import * as link from "../../../src/byhand/web/page/static/link/link.js";
import { decodeStrokes, encodeStrokes } from "../../../src/byhand/web/page/static/link/strokes.js";
import { randomStrokes } from "../helpers.mjs";

const FULL = {
  view: "step", model: "training", strokes: randomStrokes(1), image: { part: "train", index: 59999 }, centred: false,
  neuron: { layer: 1, unit: 63 }, temperature: 2.5, why: [4, 9], brush: 12.25, theme: "dark",
  settings: "layers:300-100,learning_rate:0.1", step: "stage:3", judge: "cell:4-9", break: "prune:95",
};

/** Assert that a state is one that the page can use. */
function assertSound(state) {
  const texts = ["view", "model", "theme", "settings", "step", "judge", "break"];
  const kinds = { ...Object.fromEntries(texts.map((name) => [name, "string"])), centred: "boolean" };
  for (const [name, value] of Object.entries(state)) {
    assert.ok(name in link.DEFAULTS);
    assert.ok(!(name in kinds) || typeof value === kinds[name]);
  }
  const { strokes = [], image, neuron, why, temperature = 1, brush = 20 } = state;
  const isWhole = (n) => Number.isSafeInteger(n) && n >= 0;
  assert.ok(strokes.length <= 200 && strokes.flatMap(({ points }) => points).length <= 20000);
  for (const { brush: width, erase, points } of strokes) {
    assert.ok(width >= 1 && width <= 80 && typeof erase === "boolean" && points.length > 0);
    assert.ok(points.flat().every((x) => x >= 0 && x <= 280 && Number.isInteger(4 * x)));
    assert.ok(points.every((point) => point.length === 2));
  }
  assert.ok(!image || (["train", "test"].includes(image.part) && isWhole(image.index)));
  assert.ok(!neuron || (isWhole(neuron.layer) && isWhole(neuron.unit)));
  assert.ok(!why || (why.length === 2 && why.every(isWhole)));
  assert.ok(temperature > 0 && temperature <= 100 && brush >= 1 && brush <= 80);
}

test("nothing is written of a state as it is at the start", () => {
  assert.equal(link.encode(link.DEFAULTS), "");
  assert.deepEqual(link.decode(""), {});
  assert.deepEqual(link.decode("#"), {});
});

test("a full state comes out as it went in", () => {
  assert.deepEqual(link.decode(link.encode(FULL)), FULL);
  assert.deepEqual(link.decode(`#${link.encode(FULL)}`), FULL);
  assert.match(link.encode(FULL), /^[A-Za-z0-9_.=&:,-]+$/); // All of these may stand in a link as they are.
});

test("only what differs is written", () => {
  for (const name of Object.keys(FULL)) {
    const text = link.encode({ ...link.DEFAULTS, [name]: FULL[name] });
    assert.ok(!text.includes("&"), text);
    assert.deepEqual(link.decode(text), { [name]: FULL[name] });
  }
});

test("drawings come out stroke by stroke, and give the same pixels", () => {
  for (let seed = 1; seed <= 50; seed++) {
    const strokes = randomStrokes(seed, seed % 9);
    assert.deepEqual(decodeStrokes(encodeStrokes(strokes)), strokes);
  }
  const [a, b] = [FULL.strokes, link.decode(link.encode(FULL)).strokes];
  assert.deepEqual(rasterize(a), rasterize(b));
});

test("a drawing takes little more than two bytes a point", () => {
  const points = Array.from({ length: 60 }, (_, k) => [140 + 60 * Math.cos(k / 10), 140 + 90 * Math.sin(k / 10)]);
  const text = link.encode({ ...link.DEFAULTS, strokes: [{ brush: 20, erase: false, points }] });
  assert.ok(text.length < 180, `${text.length}`);
});

test("what is too much is cut, what is outside is brought onto the pad, and empty strokes are nothing", () => {
  const stroke = { brush: 20, erase: false, points: [[-50, 1000], [10.1, 3.3]] };
  const [only] = decodeStrokes(encodeStrokes([{ ...stroke, points: [] }, { ...stroke, brush: 999 }]));
  assert.deepEqual(only, { brush: 80, erase: false, points: [[0, 280], [10, 3.25]] });
  const many = Array.from({ length: 300 }, () => stroke);
  assert.equal(decodeStrokes(encodeStrokes(many)).length, 200);
  const long = { ...stroke, points: Array.from({ length: 9000 }, () => [5, 5]) };
  const left = decodeStrokes(encodeStrokes([long, long, long]));
  assert.deepEqual(left.map(({ points }) => points.length), [9000, 9000, 2000]);
});

test("of a link that was cut off, the start of the drawing is left", () => {
  const text = encodeStrokes(FULL.strokes);
  for (let length = 0; length < text.length; length++) {
    const state = link.decode(`ink=${text.slice(0, length)}`);
    assertSound(state);
    const whole = FULL.strokes.flatMap(({ points }) => points);
    const part = state.strokes.flatMap(({ points }) => points);
    assert.deepEqual(part, whole.slice(0, part.length));
  }
});

test("whatever a link says, it does no harm", () => {
  const texts = [
    "view=<script>", "view=nowhere", "view=constructor", "model=mine", "theme=red", "step=1", "break=<b>:1",
    "view=__proto__", "__proto__=1", "constructor=1", "toString=", "=", "&&&", "image=test",
    "image=.1", "image=test.-1", "image=other.1", "image=test.1.2", "image=test.99999999", "neuron=1", "neuron=a.b",
    "neuron=1.2.3", "temperature=0", "temperature=1e9", "temperature=NaN", "brush=-1", "brush=100", "why=1",
    "why=1.x", "centred=yes",
    "ink", "ink=!", "ink=A", "ink=%%%", "ink=____________", "ink=AAAA", "ink=" + "_".repeat(5000), "%E0%A4%A",
  ];
  for (const text of texts) {
    const state = link.decode(text);
    assertSound(state);
    assert.deepEqual(Object.keys(state).filter((name) => name !== "strokes"), [], text);
  }
  for (const value of [null, undefined, 12, {}]) {
    assertSound(link.decode(value));
  }
});

test("links with letters changed, lost and added are read as far as they make sense", () => {
  const even = randomNumbers(99);
  const letters = "ABCabc019_-=&.#%+ \u{1f600}é\0";
  const sound = link.encode(FULL);
  for (let round = 0; round < 3000; round++) {
    let text = sound;
    for (let times = 1 + Math.floor(even() * 4); times > 0; times--) {
      const place = Math.floor(even() * text.length);
      const added = even() < 0.7 ? letters[Math.floor(even() * letters.length)] : "";
      text = text.slice(0, place) + added + text.slice(place + Math.floor(even() * 3));
    }
    const state = link.decode(text);
    assertSound(state);
    assertSound(link.decode(link.encode({ ...link.DEFAULTS, ...state })));
  }
  for (let round = 0; round < 1000; round++) {
    const bytes = Array.from({ length: Math.floor(even() * 300) }, () => Math.floor(even() * 256));
    assertSound(link.decode(`ink=${Buffer.from(bytes).toString("base64url")}`));
  }
});

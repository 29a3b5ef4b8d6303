// Model files: sound ones are read, and of all others it is said what is wrong.

import assert from "node:assert/strict";
import { test } from "node:test";

import { randomNumbers } from "../../../src/byhand/web/page/static/network/random.js";
import { parseModel } from "../../../src/byhand/web/page/static/network/model.js";
import { parseSafetensors } from "../../../src/byhand/web/page/static/network/safetensors.js";
import { SHIPPED, readBuffer } from "../helpers.mjs";

/** Put a file together. */
function file(header, data = new Uint8Array(0), length) {
  const text = new TextEncoder().encode(typeof header === "string" ? header : JSON.stringify(header));
  const bytes = new Uint8Array(8 + text.length + data.length);
  new DataView(bytes.buffer).setUint32(0, length ?? text.length, true);
  bytes.set(text, 8);
  bytes.set(data, 8 + text.length);
  return bytes.buffer;
}

/** Return the bytes of floats. */
function bytesOf(...numbers) {
  return new Uint8Array(Float32Array.from(numbers).buffer);
}

/** Return a sound model file of one layer, with some facts changed. */
function modelFile(changes = {}, theta = [1, 2, 3, 4, 5, 6]) {
  const facts = {
    format: 1, sizes: [2, 2], activation: "relu", classes: ["a", "b"], image_shape: [1, 2], preprocessing: "mnist/1",
    details: {}, sha256: "", ...changes,
  };
  return file({
    __metadata__: { byhand: JSON.stringify(facts) },
    theta: { dtype: "F32", shape: [theta.length], data_offsets: [0, 4 * theta.length] },
  }, bytesOf(...theta));
}

test("tensors and metadata are read, wherever the numbers lie", () => {
  for (const spaces of ["", " ", "  ", "   "]) {
    const header = JSON.stringify({
      __metadata__: { a: "b" },
      two: { dtype: "F32", shape: [1, 2], data_offsets: [4, 12] },
      one: { dtype: "F32", shape: [], data_offsets: [0, 4] },
    }) + spaces;
    const { metadata, tensors } = parseSafetensors(file(header, bytesOf(1.5, -2, 3)));
    assert.deepEqual(metadata, { a: "b" });
    assert.deepEqual([...tensors.get("one").data], [1.5]);
    assert.deepEqual([...tensors.get("two").data], [-2, 3]);
    assert.deepEqual(tensors.get("two").shape, [1, 2]);
  }
});

test("numbers of 16 bits are read as what they are", () => {
  const bits = new Uint16Array([0x0000, 0x8000, 0x3c00, 0xc000, 0x3555, 0x0001, 0x83ff, 0x0400, 0x7bff, 0x7c00, 0xfc00, 0x7e00]);
  const header = { a: { dtype: "F16", shape: [bits.length], data_offsets: [0, 2 * bits.length] } };
  const { data } = parseSafetensors(file(header, new Uint8Array(bits.buffer))).tensors.get("a");
  const meant = [0, -0, 1, -2, 1365 / 4096, 2 ** -24, -1023 * 2 ** -24, 2 ** -14, 65504, Infinity, -Infinity, NaN];
  assert.deepEqual([...data], meant);
});

test("damaged files are refused with words", () => {
  const tensor = { dtype: "F32", shape: [2], data_offsets: [0, 8] };
  const cases = [
    [new ArrayBuffer(0), /too short: it has 0 bytes/],
    [file({}, undefined, 1000), /cut off/],
    [file({}, undefined, 2 ** 32 - 1), /cut off/],
    [file("{"), /header cannot be read/],
    [file("[]"), /not a list of names/],
    [file({ __metadata__: { a: 1 } }), /metadata are not texts/],
    [file({ a: null }), /"a" is missing/],
    [file({ a: { ...tensor, data_offsets: [0] } }, bytesOf(1, 2)), /"a" is missing/],
    [file({ a: { ...tensor, data_offsets: [-8, 0] } }, bytesOf(1, 2)), /"a" is missing/],
    [file({ a: { ...tensor, shape: [0.5] } }, bytesOf(1, 2)), /"a" is missing/],
    [file({ a: { ...tensor, dtype: "F64" } }, bytesOf(1, 2)), /type F64; only F32 and F16/],
    [file({ a: { ...tensor, dtype: "toString" } }, bytesOf(1, 2)), /type toString/],
    [file({ a: { ...tensor, dtype: "F16" } }, bytesOf(1, 2)), /another length/],
    [file({ a: tensor }, bytesOf(1)), /cut off: tensor "a"/],
    [file({ a: { ...tensor, shape: [3] } }, bytesOf(1, 2)), /shape 3 has another length/],
    [file({ a: { ...tensor, data_offsets: [8, 0] } }, bytesOf(1, 2)), /another length/],
    [file({ a: tensor, b: tensor }, bytesOf(1, 2)), /overlap/],
    [file({ a: tensor }, bytesOf(1, 2, 3)), /4 bytes of it belong to no tensor/],
  ];
  for (const [buffer, message] of cases) {
    assert.throws(() => parseSafetensors(buffer), message);
  }
});

test("a model file is refused if what it says of itself does not fit", () => {
  assert.deepEqual([...parseModel(modelFile()).theta], [1, 2, 3, 4, 5, 6]);
  const cases = [
    [file({}), /not one that byhand wrote/],
    [modelFile({ format: 2 }), /another version/],
    [modelFile({ sizes: [2] }), /do not fit together/],
    [modelFile({ sizes: [2, "2"] }), /do not fit together/],
    [modelFile({ sizes: null }), /do not fit together/],
    [modelFile({ classes: ["a", "a"] }), /do not fit together/],
    [modelFile({ classes: ["a", "b", "c"] }), /do not fit together/],
    [modelFile({ image_shape: [2, 2] }), /do not fit together/],
    [modelFile({ activation: "constructor" }), /"constructor".*unknown/],
    [modelFile({ preprocessing: "other" }), /unknown here/],
    [modelFile({}, [1, 2, 3]), /6 parameters, not 3/],
    [modelFile({}, [1, 2, 3, 4, 5, Infinity]), /not finite/],
  ];
  for (const [buffer, message] of cases) {
    assert.throws(() => parseModel(buffer), message);
  }
});

test("without a calibrated threshold one half counts, and figures that are no numbers are nothing", () => {
  assert.equal(parseModel(modelFile()).threshold, 0.5);
  assert.equal(parseModel(modelFile({ details: { calibration: { threshold: 0.8 } } })).threshold, 0.8);
  const facts = '{"format": 1, "sizes": [2, 2], "activation": "relu", "classes": ["NaN", "\\\\\\"Infinity"], ' +
    '"image_shape": [1, 2], "preprocessing": "mnist/1", "details": {"scores": {"loss": NaN, "a": -Infinity}}}';
  const buffer = file(`{"__metadata__":{"byhand":${JSON.stringify(facts)}},` +
    '"theta":{"dtype":"F32","shape":[6],"data_offsets":[0,24]}}', bytesOf(1, 2, 3, 4, 5, 6));
  const model = parseModel(buffer);
  assert.deepEqual(model.details, { scores: { loss: null, a: null } });
  assert.deepEqual(model.classes, ["NaN", '\\"Infinity']);
});

test("a file with any byte of its start changed is read or refused with words, never worse", () => {
  const sound = new Uint8Array(readBuffer(SHIPPED));
  const even = randomNumbers(5);
  for (let k = 0; k < 300; k++) {
    const bytes = sound.slice(0, even() < 0.5 ? sound.length : Math.floor(even() * 2000));
    bytes[Math.floor(even() * Math.min(1300, bytes.length))] = Math.floor(even() * 256);
    try {
      assert.equal(parseModel(bytes.buffer).sizes.length, 4);
    } catch (error) {
      assert.match(error.message, /^[A-Z"].*\.$|^[A-Z].*byhand may know it\.$/);
      assert.ok(!(error instanceof TypeError), error.stack);
    }
  }
});

// What several tests of the page's modules need.

import { readFileSync } from "node:fs";

import { normalNumbers, randomNumbers } from "../../src/byhand/web/page/static/network/random.js";
import { nParameters } from "../../src/byhand/web/page/static/network/model.js";

export const SHIPPED = new URL("../../src/byhand/reader.safetensors", import.meta.url);

/** Read a file as an ArrayBuffer of its own. */
export function readBuffer(path) {
  const bytes = readFileSync(path);
  return bytes.buffer.slice(bytes.byteOffset, bytes.byteOffset + bytes.length);
}

/** Return a network with random weights and biases. */
export function randomModel(sizes, activation, seed = 1, width = 0.7) {
  const normal = normalNumbers(seed);
  const theta = Float32Array.from({ length: nParameters(sizes) }, () => width * normal());
  const classes = Array.from({ length: sizes.at(-1) }, (_, k) => String(k));
  return {
    sizes, activation, theta, classes, imageShape: [1, sizes[0]], threshold: 0.9, preprocessing: "mnist/1", details: {},
  };
}

/** Return an image, a third of it 0. */
export function randomImage(n, seed = 1) {
  const even = randomNumbers(seed);
  return Float32Array.from({ length: n }, () => (even() < 1 / 3 ? 0 : even()));
}

/** Return random strokes that go all over the pad, drawn and erased. */
export function randomStrokes(seed, n = 5, side = 280) {
  const even = randomNumbers(seed);
  const quarter = (most) => Math.floor(even() * (4 * most + 1)) / 4;
  return Array.from({ length: n }, () => ({
    brush: 1 + quarter(40),
    erase: even() < 0.3,
    points: Array.from({ length: 1 + Math.floor(even() * 12) }, () => [quarter(side), quarter(side)]),
  }));
}

/** Assert that two numbers are nearly the same. */
export function isNear(actual, expected, tolerance = 1e-5, what = "") {
  if (!(Math.abs(actual - expected) <= tolerance)) {
    throw new Error(`${what} ${actual} is not ${expected} within ${tolerance}`);
  }
}

/** Return the sum of numbers. */
export function sum(numbers) {
  return numbers.reduce((total, each) => total + each, 0);
}

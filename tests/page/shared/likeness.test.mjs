// Images that a unit likes best, and images that are near in the eyes of a layer.

import assert from "node:assert/strict";
import { test } from "node:test";

import { favourites, nearest, outputsOf } from "../../../src/byhand/web/page/static/network/likeness.js";
import { forward, toInput } from "../../../src/byhand/web/page/static/network/nn.js";
import { randomImage, randomModel } from "../helpers.mjs";

const model = randomModel([20, 8, 6, 3], "relu");
const images = Array.from({ length: 40 }, (_, k) => Uint8Array.from(randomImage(20, k + 1), (value) => 255 * value));

test("a unit's favourites excite it most, and none of them leaves it silent", async () => {
  const outputs = await outputsOf(model, images, () => true);
  assert.deepEqual(outputs.map((layer) => [layer.length, layer[0].length]), [[40, 8], [40, 6], [40, 3]]);
  for (let unit = 0; unit < 8; unit++) {
    const best = favourites(outputs, 0, unit, 9);
    const values = images.map((image) => forward(model, toInput(image)).inputs[1][unit]);
    const wanted = [...values].sort((one, other) => other - one).slice(0, 9).filter((value) => value > 0);
    assert.deepEqual(best.map((place) => values[place]), wanted);
  }
});

test("an image is nearest to itself, and nobody waits for what is not wanted any more", async () => {
  const outputs = await outputsOf(model, images, () => true);
  images.forEach((image, k) => assert.equal(nearest(outputs, 1, forward(model, toInput(image)).inputs[2], 5)[0], k));
  assert.equal(await outputsOf(model, Array(200_000).fill(images[0]), () => false), null);
});

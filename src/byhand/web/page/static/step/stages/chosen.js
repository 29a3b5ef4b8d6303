// The weights that a stage works out by hand: of each layer, the one from the chosen unit below to the chosen unit.

import { fill } from "../../elements/dom.js";
import { layers } from "../../network/nn.js";
import { words } from "../words.js";
import { nameOf } from "./flow.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Now} Now */

/**
 * Return of each layer the chosen weight: its name, where it stands in theta, its ends, and the two factors of its slope.
 * @param {Lesson} lesson
 * @param {Now} now
 */
export function chosenWeights(lesson, { model, pass, back }) {
  const { units, pixel } = lesson.memory;
  let start = 0;
  return layers(model.theta, model.sizes).map(({ nIn, nOut }, layer) => {
    const below = layer ? units[layer - 1] : pixel;
    const at = start + below * nOut + units[layer];
    start += nIn * nOut + nOut;
    const from = nameOf(model, layer - 1, below, true);
    const to = nameOf(model, layer, units[layer], true);
    return {
      name: `${layer ? from : fill(words.fromPixel, { pixel: from })} → ${to}`, at, layer, from: below, to: units[layer],
      a: pass.inputs[layer][below], delta: back.deltas[layer][units[layer]],
    };
  });
}

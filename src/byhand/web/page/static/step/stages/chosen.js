// The weights that a stage works out by hand: of each layer, the one from the chosen unit below to the chosen unit.

import { fill } from "../../elements/dom.js";
import { layers } from "../../network/nn.js";
import { placeOfGreatest } from "../one-step.js";
import { words } from "../words.js";
import { nameOf } from "./flow.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Now} Now */

/** @typedef {ReturnType<typeof weightAt>} Weight */

/**
 * Return a weight: its name, where it stands in theta, its ends, and the two factors of its slope.
 * @param {Now} now
 * @param {number} layer counted from 0, the one above the image
 * @param {number} from
 * @param {number} to
 */
export function weightAt({ model, pass, back }, layer, from, to) {
  const below = nameOf(model, layer - 1, from, true);
  const above = nameOf(model, layer, to, true);
  const cut = layers(model.theta, model.sizes);
  const start = cut.slice(0, layer).reduce((sum, { weights, bias }) => sum + weights.length + bias.length, 0);
  return {
    name: `${layer ? below : fill(words.fromPixel, { pixel: below })} → ${above}`, at: start + from * cut[layer].nOut + to,
    layer, from, to, a: pass.inputs[layer][from], delta: back.deltas[layer][to],
  };
}

/**
 * Return of each layer the chosen weight.
 * @param {Lesson} lesson
 * @param {Now} now
 */
export function chosenWeights({ memory: { units, pixel } }, now) {
  return units.map((unit, layer) => weightAt(now, layer, layer ? units[layer - 1] : pixel, unit));
}

/**
 * Return the weight in which the loss is steepest.
 * @param {Now} now
 */
export function steepestWeight(now) {
  const { pass, back } = now;
  const best = pass.inputs.map((a, layer) => {
    const [from, to] = [placeOfGreatest(a), placeOfGreatest(back.deltas[layer])];
    return { layer, from, to, slope: Math.abs(a[from] * back.deltas[layer][to]) };
  });
  const { layer, from, to } = best.reduce((one, other) => (other.slope > one.slope ? other : one));
  return weightAt(now, layer, from, to);
}

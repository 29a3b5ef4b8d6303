// What the units and pixels are called: the same wherever the page speaks of one.

import { fill } from "../elements/dom.js";
import { words } from "../page/words.js";

const text = words.names;

/**
 * Say how a unit is called.
 * @param {number} layer counted from 0
 * @param {number} unit counted from 0
 * @param {string[] | null} classes names of the units, if the layer is the last one
 * @returns {string} such as "unit 7 of hidden layer 1" or "output 4"
 */
export function unitName(layer, unit, classes) {
  return classes ? fill(text.output, { name: classes[unit] }) : fill(text.hidden, { layer: layer + 1, unit: unit + 1 });
}

/**
 * Say how what goes into a unit is called.
 * @param {number} layer of the unit, counted from 0
 * @param {number} from counted from 0
 * @param {number} columns of the image
 * @returns {string} such as "row 4, column 12" or "unit 7"
 */
export function inputName(layer, from, columns) {
  return layer ? fill(text.unit, { unit: from + 1 })
    : fill(text.pixel, { row: Math.floor(from / columns) + 1, column: (from % columns) + 1 });
}

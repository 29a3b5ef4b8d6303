// A map of images: each stands as the sign of its class, in that class's colour, so that no class is known by colour alone.

import { palette } from "../../charts/palette.js";

/** @typedef {[number, number]} Point on the map, or in pixels from its left and top */

const LONGEST = 3; // letters of a sign
const EDGE = 14; // pixels that stay free around the map
const [LETTER, SMALLEST] = [1 / 38, 0.68]; // of the map's side, and of the page's letters

/**
 * Name every class as shortly as can be: by its first letters, as many as no other class begins with; by its number, where
 * these would be too many.
 * @param {string[]} classes
 * @returns {string[]}
 */
export function signsOf(classes) {
  const signs = classes.map((name) => {
    const letters = [...name];
    const enough = letters.findIndex((_, k) => {
      const start = letters.slice(0, k + 1).join("");
      return classes.every((other) => other === name || !other.startsWith(start));
    });
    return enough < 0 ? name : letters.slice(0, enough + 1).join("");
  });
  return signs.every((sign) => [...sign].length <= LONGEST) ? signs : signs.map((_, k) => String(k + 1));
}

/**
 * Return a colour for each class, light on dark or dark on light.
 * @param {number} n
 * @returns {string[]}
 */
export function coloursOf(n) {
  const light = palette().surface[0] > 127;
  return Array.from({ length: n }, (_, k) => `oklch(${light ? 0.5 : 0.78} ${light ? 0.16 : 0.13} ${(360 * k) / n + 20})`);
}

/**
 * Return the function that brings points of a map into a square, as large as can be.
 * @param {Point[]} points
 * @param {number} side in pixels
 * @returns {(point: Point) => Point} what lies outside comes to the edge
 */
export function fitting(points, side) {
  const [xs, ys] = [points.map(([x]) => x), points.map(([, y]) => y)];
  const [left, right, low, high] = [Math.min(...xs), Math.max(...xs), Math.min(...ys), Math.max(...ys)];
  const scale = (side - 2 * EDGE) / (Math.max(right - left, high - low) || 1); // the same both ways: far is far
  const inside = (/** @type {number} */ at) => Math.min(Math.max(at, EDGE / 2), side - EDGE / 2);
  return ([x, y]) => [
    inside(side / 2 + scale * (x - (left + right) / 2)), inside(side / 2 - scale * (y - (low + high) / 2))];
}

/**
 * Paint the signs.
 * @param {HTMLCanvasElement} canvas
 * @param {number} side in pixels of the page
 * @param {Point[]} places
 * @param {number[]} kinds the class of each
 * @param {string[]} signs
 */
export function paintMap(canvas, side, places, kinds, signs) {
  const fine = devicePixelRatio || 1;
  Object.assign(canvas, { width: Math.round(side * fine), height: Math.round(side * fine) });
  const letters = parseFloat(getComputedStyle(document.documentElement).fontSize);
  const context = /** @type {CanvasRenderingContext2D} */ (canvas.getContext("2d"));
  context.scale(fine, fine);
  const font = `600 ${Math.max(SMALLEST * letters, side * LETTER)}px sans-serif`;
  Object.assign(context, { textAlign: "center", textBaseline: "middle", font, globalAlpha: 0.85 });
  const colours = coloursOf(signs.length);
  places.forEach(([x, y], k) => {
    context.fillStyle = colours[kinds[k]];
    context.fillText(signs[kinds[k]], x, y);
  });
}

/**
 * Find the next place from one in a direction; the nearest one that does not lie more sideways than ahead.
 * @param {Point[]} places
 * @param {number} from
 * @param {Point} way right and down, one of them 0
 * @returns {number} `from` itself if there is none
 */
export function nextPlace(places, from, [right, down]) {
  let [best, least] = [from, Infinity];
  places.forEach(([x, y], k) => {
    const [across, along] = [x - places[from][0], y - places[from][1]];
    const ahead = across * right + along * down;
    const aside = Math.abs(across * down + along * right);
    if (ahead > 0 && aside <= ahead && ahead + aside < least) [best, least] = [k, ahead + aside];
  });
  return best;
}

/**
 * @param {Point[]} places
 * @param {Point} at
 * @param {number} far pixels away at most
 * @returns {number} the nearest place; −1 if there is none so near
 */
export function placeAt(places, [x, y], far) {
  const apart = places.map(([across, down]) => Math.hypot(across - x, down - y));
  const least = Math.min(...apart);
  return least <= far ? apart.indexOf(least) : -1;
}

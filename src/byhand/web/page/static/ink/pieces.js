/**
 * Ink with grain, specks and parts of neighbours → the ink of the one digit that the picture is about: the twin of
 * images/digit/pieces.py, step by step with the same names. Its divisions are the same ones, in the same order, so its
 * pixels are exactly Python's.
 */

import { bounds } from "./plane.js";

/** @typedef {import("./ink.js").Box} Box */
/** @typedef {import("./plane.js").Plane} Plane */
/**
 * @typedef {object} Cells
 * @property {Uint8Array} most the fullest pixel of each cell, row by row
 * @property {number} columns
 * @property {number} rows
 * @property {number} size pixels of a cell's side
 * @property {Box} pen the box of the pen's ink in pixels of the picture; the first cell begins `AROUND` before it
 */
/**
 * @typedef {object} Piece ink that hangs together, in cells
 * @property {number[]} places of its cells
 * @property {Box} box
 * @property {boolean} atEdge whether it comes to the picture's edge
 * @property {number} worth how much it may be what the picture is about
 */

const CELLS = 100; // The longest side of the ink in cells, on which it is seen what hangs together.
const SPECK = 10; // A piece is a speck if the main one is at least so many times as long.
const [ALIKE, MANY] = [3, 5]; // More than so many of at least a third of the main one's length are several digits.
const NEAR = 4; // The bar of a 5 is nearer to its body than the body's height, divided by this.
const ENDS = 3; // Cells at the ends and sides of strokes that are at least half as full as the pen's faintest …
const AROUND = ENDS + 1; // … and one more of any ink.
const UNIT = 64; // Half the picture's side, for distances from its middle in whole numbers.

/**
 * Return the ink of the digit alone, 0 elsewhere; and why there is none, if so.
 * @param {Plane} ink of a picture; some of it is not 0
 * @returns {{main: Plane, problem: "specks" | "several" | null}}
 */
export function mainInk(ink) {
  const level = threshold(ink.pixels);
  const cells = cellsOf(ink, /** @type {Box} */ (bounds(ink, level)));
  const pieces = piecesOf(cells, level, ink);
  const main = pieces.reduce((best, piece) => (piece.worth > best.worth ? piece : best));
  const chosen = pieces.filter((piece) => belongs(piece, main));
  /** @type {Uint8Array} */
  let kept = new Uint8Array(cells.most.length);
  chosen.forEach((piece) => piece.places.forEach((k) => (kept[k] = 1)));
  for (let step = 0; step < ENDS; step++) {
    const near = withNeighbours(kept, cells.columns);
    kept = near.map((one, k) => (2 * cells.most[k] >= level ? one : kept[k]));
  }
  return { main: inCells(ink, withNeighbours(kept, cells.columns), cells), problem: problemOf(pieces, chosen) };
}

/**
 * Tell why there is no main piece: what is inside and not chosen is as much as what is, or many are alike.
 * @param {Piece[]} pieces
 * @param {Piece[]} chosen
 * @returns {"specks" | "several" | null}
 */
function problemOf(pieces, chosen) {
  const within = pieces.filter((piece) => !piece.atEdge && !chosen.includes(piece));
  if (sizeOf(within) >= sizeOf(chosen)) {
    return "specks";
  }
  const lengths = chosen.map(({ box }) => lengthOf(box));
  const longest = Math.max(...lengths);
  return lengths.filter((length) => ALIKE * length >= longest).length > MANY ? "several" : null;
}

/**
 * Return Otsu's threshold: from this level, 1…255, on is the pen. Pixels that are exactly paper do not count.
 * @param {Uint8Array} ink
 * @returns {number}
 */
export function threshold(ink) {
  const counts = new Uint32Array(256);
  for (let k = 0; k < ink.length; k++) {
    counts[ink[k]]++;
  }
  let [all, total] = [0, 0];
  for (let level = 1; level < 256; level++) {
    all += counts[level];
    total += counts[level] * level;
  }
  let [first, last, most, below, sum] = [1, 1, 0, 0, 0];
  for (let level = 1; level < 255; level++) {
    below += counts[level];
    sum += counts[level] * level;
    const above = all - below;
    const apart = sum / Math.max(below, 1) - (total - sum) / Math.max(above, 1);
    const value = apart * apart * below * above;
    if (value > most) {
      [first, most] = [level + 1, value];
    }
    if (value === most && most > 0) {
      last = level + 1;
    }
  }
  return Math.floor((first + last) / 2);
}

/**
 * Return the fullest pixel of each cell, with `AROUND` more cells on each side of the pen's ink.
 * @param {Plane} ink
 * @param {Box} pen
 * @returns {Cells}
 */
function cellsOf({ pixels, width, height }, pen) {
  const size = Math.ceil(Math.max(pen[2] - pen[0], pen[3] - pen[1]) / CELLS);
  const columns = Math.ceil((pen[2] - pen[0]) / size) + 2 * AROUND;
  const rows = Math.ceil((pen[3] - pen[1]) / size) + 2 * AROUND;
  const cells = { most: new Uint8Array(columns * rows), columns, rows, size, pen };
  const [across, down] = [cellsAlong(pen[0], size, columns, width), cellsAlong(pen[1], size, rows, height)];
  for (let y = down.start; y < down.end; y++) {
    const row = down.cell[y] * columns;
    for (let x = across.start, place = y * width + x; x < across.end; x++, place++) {
      const k = row + across.cell[x];
      if (pixels[place] > cells.most[k]) {
        cells.most[k] = pixels[place];
      }
    }
  }
  return cells;
}

/**
 * Return in which cell each pixel along a side of the picture lies, from a start to an end.
 * @param {number} begin of the pen's ink
 * @param {number} size
 * @param {number} many
 * @param {number} side
 * @returns {{cell: Uint16Array, start: number, end: number}}
 */
function cellsAlong(begin, size, many, side) {
  const first = begin - AROUND * size;
  const [start, end] = [Math.max(first, 0), Math.min(first + many * size, side)];
  const cell = new Uint16Array(side);
  for (let place = start; place < end; place++) {
    cell[place] = Math.floor((place - first) / size);
  }
  return { cell, start, end };
}

/**
 * Return the ink in some cells, and 0 elsewhere.
 * @param {Plane} ink
 * @param {Uint8Array} kept
 * @param {Cells} cells
 * @returns {Plane}
 */
function inCells({ pixels, width, height }, kept, { columns, rows, size, pen }) {
  const out = new Uint8Array(pixels.length);
  const [across, down] = [cellsAlong(pen[0], size, columns, width), cellsAlong(pen[1], size, rows, height)];
  for (let y = down.start; y < down.end; y++) {
    const row = down.cell[y] * columns;
    for (let x = across.start, place = y * width + x; x < across.end; x++, place++) {
      if (kept[row + across.cell[x]]) {
        out[place] = pixels[place];
      }
    }
  }
  return { pixels: out, width, height };
}

/**
 * Return the pieces of the ink of a picture, as they begin, row by row from the left.
 * @param {Cells} cells
 * @param {number} level
 * @param {{width: number, height: number}} picture
 * @returns {Piece[]}
 */
function piecesOf(cells, level, picture) {
  const { most, columns, rows } = cells;
  const inside = (/** @type {number} */ k) => {
    const [x, y] = [k % columns, Math.floor(k / columns)];
    return x >= AROUND && y >= AROUND && x < columns - AROUND && y < rows - AROUND;
  };
  const left = most.map((value, k) => Number(value >= level && inside(k)));
  const pieces = [];
  for (let k = left.indexOf(1); k >= 0; k = left.indexOf(1, k)) {
    pieces.push(pieceOf(connected(left, columns, k), cells, picture));
  }
  return pieces;
}

/**
 * Take the cells that hang together with one out of those that are left, corners included, and return them.
 * @param {Uint8Array} left
 * @param {number} columns
 * @param {number} first
 * @returns {number[]}
 */
function connected(left, columns, first) {
  const cells = [first];
  left[first] = 0;
  for (let n = 0; n < cells.length; n++) {
    for (const away of [-columns - 1, -columns, -columns + 1, -1, 1, columns - 1, columns, columns + 1]) {
      if (left[cells[n] + away]) {
        left[cells[n] + away] = 0;
        cells.push(cells[n] + away);
      }
    }
  }
  return cells;
}

/**
 * Return what is to be known of a piece.
 * @param {number[]} places of its cells
 * @param {Cells} cells
 * @param {{width: number, height: number}} picture
 * @returns {Piece}
 */
function pieceOf(places, { columns, rows, size, pen }, { width, height }) {
  const box = /** @type {Box} */ ([columns, rows, 0, 0]);
  let far = 0;
  const away = (/** @type {number} */ place, /** @type {number} */ start, /** @type {number} */ side) =>
    Math.floor((UNIT * (2 * start + (2 * (place - AROUND) + 1) * size - side)) / side);
  for (const k of places) {
    const [x, y] = [k % columns, Math.floor(k / columns)];
    [box[0], box[1]] = [Math.min(box[0], x), Math.min(box[1], y)];
    [box[2], box[3]] = [Math.max(box[2], x + 1), Math.max(box[3], y + 1)];
    far += away(x, pen[0], width) ** 2 + away(y, pen[1], height) ** 2;
  }
  const mean = far / places.length / UNIT ** 2; // 0 in the middle, 1 and more at an edge
  const margin = Math.floor(Math.max(width, height) / CELLS);
  const ends = [pen[0] <= margin, pen[1] <= margin, pen[2] >= width - margin, pen[3] >= height - margin];
  const sides = [AROUND, AROUND, columns - AROUND, rows - AROUND];
  const atEdge = sides.some((side, k) => ends[k] && box[k] === side);
  return { places, box, atEdge, worth: atEdge ? lengthOf(box) * Math.min(1.5 - mean, 1) : lengthOf(box) };
}

/**
 * Tell whether a piece is the main one or belongs to it.
 * @param {Piece} piece
 * @param {Piece} main
 * @returns {boolean}
 */
function belongs(piece, main) {
  const isSpeck = SPECK * lengthOf(piece.box) <= lengthOf(main.box);
  return piece === main || (!isSpeck && (!piece.atEdge || isBar(piece.box, main.box)));
}

/**
 * Return the longest side of a box.
 * @param {Box} box
 * @returns {number}
 */
function lengthOf([left, top, right, bottom]) {
  return Math.max(right - left, bottom - top);
}

/**
 * Tell whether a piece may be the bar of a 5: right above the body, or below it, and not wider.
 * @param {Box} box
 * @param {Box} body
 * @returns {boolean}
 */
function isBar(box, body) {
  const away = Math.max(body[1] - box[3], box[1] - body[3]);
  const inside = 2 * body[0] <= box[0] + box[2] && box[0] + box[2] <= 2 * body[2];
  return inside && box[2] - box[0] <= body[2] - body[0] && NEAR * away <= body[3] - body[1];
}

/**
 * Return how many cells some pieces have.
 * @param {Piece[]} pieces
 * @returns {number}
 */
function sizeOf(pieces) {
  return pieces.reduce((sum, { places }) => sum + places.length, 0);
}

/**
 * Return which cells are set or have a neighbour that is, corners included.
 * @param {Uint8Array} mask
 * @param {number} columns
 * @returns {Uint8Array}
 */
function withNeighbours(mask, columns) {
  const grown = new Uint8Array(mask.length);
  for (let k = 0; k < mask.length; k++) {
    if (mask[k]) {
      const [x, y] = [k % columns, k - (k % columns)];
      for (let row = Math.max(y - columns, 0); row <= y + columns && row < mask.length; row += columns) {
        grown.fill(1, row + Math.max(x - 1, 0), row + Math.min(x + 2, columns));
      }
    }
  }
  return grown;
}

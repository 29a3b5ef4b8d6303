// Where the cells of a network go: every layer a grid, whatever its size, and the grids beside or below one another.

/** @typedef {{columns: number, rows: number}} Shape */
/** @typedef {Shape & {cell: number}} Grid `cell` is the side of a cell, in pixels of the page */

/**
 * @typedef {object} Arrangement
 * @property {boolean} stacked whether the layers are below one another
 * @property {Grid[]} grids of the image and of every layer
 * @property {(number | null)[]} widths that these take; null: as wide as there is
 * @property {number} widest as far as all should spread
 */

export const MOST_NAMED = 12; // Up to so many outputs stand in one column, each with its name.
const [TALLEST, SHARE, HIGHEST] = [288, 0.45, 640]; // of a grid; on wide screens this share of the width
const LARGEST = 20; // side of a cell, where grids are not higher
const [FINGER, MOST_ROWS] = [24, 22]; // Below one another, cells are as large as a finger needs, as long as rows are few.
const SMALLEST = 4; // Where cells would be smaller side by side, the layers are put below one another.
const NARROWEST = 480;
const HEADING = 74; // The words above a grid take so much width.
const [GAP, WIDEST_GAP] = [26, 130];
const [LETTER, LONGEST] = [9, 100]; // width of a letter in the names of the outputs, and of a name
const SHORT = 2; // Names of so many letters fit below the cells of a row.

/**
 * Return a grid for some units, upright or lying: nearly square, with few places left empty.
 * @param {number} units
 * @param {boolean} lying
 * @returns {Shape}
 */
export function gridShape(units, lying) {
  let best = { columns: 1, rows: units };
  let least = units <= MOST_NAMED ? 0 : Infinity;
  const narrowest = Math.max(1, Math.floor(Math.sqrt(units / 4)));
  for (let columns = narrowest; columns * columns <= units && least > 0; columns++) {
    const rows = Math.ceil(units / columns);
    const cost = (4 * (columns * rows - units)) / units + 0.1 * Math.abs(rows / columns - 1.7);
    if (cost < least) [best, least] = [{ columns, rows }, cost];
  }
  return lying ? { columns: best.rows, rows: best.columns } : best;
}

/**
 * Lay out a network.
 * @param {number[]} sizes of its layers
 * @param {number[]} imageShape height and width of the input
 * @param {number} letters of the longest name of an output
 * @param {number} width that there is
 * @returns {Arrangement}
 */
export function arrange(sizes, imageShape, letters, width) {
  return layBeside(sizes, imageShape, letters, width) ?? layBelow(sizes, imageShape, letters, width);
}

/**
 * @param {number[]} sizes
 * @param {number[]} imageShape
 * @param {number} letters
 * @param {number} width
 * @returns {Arrangement | null} null if it is too narrow for that
 */
function layBeside(sizes, [height, across], letters, width) {
  const hidden = sizes.slice(1, -1).map((size) => gridShape(size, false));
  const output = gridShape(sizes[sizes.length - 1], false);
  const tallest = Math.min(Math.max(TALLEST, SHARE * width), HIGHEST);
  const largest = Math.floor((LARGEST * tallest) / TALLEST);
  const last = { ...output, cell: Math.max(1, Math.min(largest + 4, Math.floor(tallest / output.rows))) };
  const names = sizes[sizes.length - 1] <= MOST_NAMED ? 12 + Math.min(LETTER * letters, LONGEST) : 0;
  const lastWidth = Math.max(HEADING, last.columns * last.cell + names);
  const gaps = sizes.length - 1;
  for (const pixel of [16, 14, 12, 10, 8, 7, 6, 5, 4]) {
    if (pixel > 4 && pixel * 28 > 0.66 * tallest) continue;
    const input = { columns: across, rows: height, cell: cellOfImage(pixel * 28, across, height) };
    const ends = input.columns * input.cell + lastWidth;
    const each = (width - ends - gaps * GAP) / Math.max(hidden.length, 1);
    const grids = hidden.map((shape) => ({
      ...shape, cell: Math.min(largest, Math.floor(tallest / shape.rows), Math.floor(each / shape.columns)),
    }));
    const fits = width >= NARROWEST && each >= (hidden.length ? HEADING : 0);
    if (!fits || grids.some(({ cell }) => cell < SMALLEST)) continue;
    const widths = grids.map(({ columns, cell }) => Math.max(HEADING, columns * cell));
    return {
      stacked: false, grids: [input, ...grids, last], widths: [input.columns * input.cell, ...widths, lastWidth],
      widest: widths.reduce((sum, each) => sum + each, ends) + gaps * WIDEST_GAP,
    };
  }
  return null;
}

/**
 * @param {number[]} sizes
 * @param {number[]} imageShape
 * @param {number} letters
 * @param {number} width
 * @returns {Arrangement}
 */
function layBelow(sizes, [height, across], letters, width) {
  const grids = sizes.map((size, k) => {
    if (k === 0) return { columns: across, rows: height, cell: cellOfImage(140, across, height) };
    const named = k === sizes.length - 1 && size <= MOST_NAMED;
    let shape = gridShape(size, !named || letters <= SHORT);
    const fitting = Math.floor(width / FINGER);
    if (shape.columns > fitting && size <= MOST_ROWS * fitting) {
      shape = { columns: fitting, rows: Math.ceil(size / fitting) };
    }
    if (shape.columns * 3 > width) {
      const columns = Math.max(1, Math.floor(width / 3));
      shape = { columns, rows: Math.ceil(size / columns) };
    }
    return { ...shape, cell: Math.max(2, Math.min(FINGER, Math.floor(width / shape.columns))) };
  });
  return { stacked: true, grids, widths: sizes.map(() => null), widest: width };
}

/**
 * @param {number} side that the image may have
 * @param {number} columns
 * @param {number} rows
 */
function cellOfImage(side, columns, rows) {
  return Math.max(1, Math.floor(side / Math.max(columns, rows)));
}

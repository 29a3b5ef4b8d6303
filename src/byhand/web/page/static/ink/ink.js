/**
 * Strokes of the pen → pixels, by hand and never by a canvas: browsers draw lines each in their own way, but a drawing
 * in a link must be the same pixels, and so get the same answer, in every browser and in Node.
 *
 * A pixel's ink is how much of it the pen covers: all within the pen's radius less half a pixel of the line, nothing
 * from half a pixel beyond, and in between what is left of that distance. Of several pieces of a line the one that
 * covers most counts, so that it does not matter in how many pieces a stroke arrives. Points lie on quarters of a
 * pixel; then distances are exact fractions, and a line drawn in two pieces is the line drawn in one.
 */

/**
 * @typedef {object} Stroke
 * @property {number} brush the pen's diameter in pixels of the pad
 * @property {boolean} erase whether it takes ink away
 * @property {[number, number][]} points in pixels of the pad, multiples of 1/4; pixel 0 goes from 0 to 1
 */
/** @typedef {{side: number, pixels: Uint8Array}} Ink 0 is paper, 255 full ink */
/** @typedef {[number, number, number, number]} Box left, top, right and bottom; right and bottom are exclusive */

export const PAD = 280; // Pixels of the pad's side.
export const THINNEST = 1; // Pixels of the pen's diameter …
export const THICKEST = 80;

/**
 * Return the multiple of 1/4 on the pad that is nearest to a coordinate.
 * @param {number} coordinate
 * @param {number} [side]
 * @returns {number}
 */
export function snap(coordinate, side = PAD) {
  return Math.min(Math.max(quarter(coordinate), 0), side) || 0; // 0 also for what is no number
}

/**
 * Return the nearest multiple of 1/4.
 * @param {number} coordinate
 * @returns {number}
 */
function quarter(coordinate) {
  return Math.round(4 * coordinate) / 4;
}

/**
 * Return a pad without ink.
 * @param {number} [side]
 * @returns {Ink}
 */
export function makeInk(side = PAD) {
  return { side, pixels: new Uint8Array(side * side) };
}

/**
 * Return a pad with strokes on it, one after the other.
 * @param {Stroke[]} strokes
 * @param {number} [side]
 * @param {Uint8Array} [pixels] on which they are drawn
 * @returns {Ink}
 */
export function rasterize(strokes, side = PAD, pixels = makeInk(side).pixels) {
  const ink = { side, pixels };
  for (const { brush, erase, points } of strokes) {
    points.forEach((point, k) => addSegment(ink, points[Math.max(k - 1, 0)], point, brush, erase));
  }
  return ink;
}

/**
 * Draw a straight piece of a stroke, or a dot where both ends are the same.
 * @param {Ink} ink
 * @param {[number, number]} from
 * @param {[number, number]} to
 * @param {number} brush
 * @param {boolean} erase
 */
export function addSegment(ink, from, to, brush, erase) {
  const { side, pixels } = ink;
  const [fromX, fromY, toX, toY] = [quarter(from[0]), quarter(from[1]), quarter(to[0]), quarter(to[1])];
  const reach = Math.min(Math.max(brush, THINNEST), THICKEST) / 2 + 0.5;
  const left = Math.max(Math.floor(Math.min(fromX, toX) - reach), 0);
  const top = Math.max(Math.floor(Math.min(fromY, toY) - reach), 0);
  const right = Math.min(Math.ceil(Math.max(fromX, toX) + reach), side);
  const bottom = Math.min(Math.ceil(Math.max(fromY, toY) + reach), side);
  if (!(left < right && top < bottom)) {
    return;
  }
  const [alongX, alongY] = [toX - fromX, toY - fromY];
  const square = alongX * alongX + alongY * alongY;
  const slant = alongY === 0 ? 0 : alongX / alongY;
  // A row is crossed by the pen's edges so far left and right of its middle; one pixel more, against rounding.
  const spread = alongY === 0 ? Infinity : (reach * Math.sqrt(square)) / Math.abs(alongY) + 1;
  for (let row = top; row < bottom; row++) {
    const y = row + 0.5 - fromY;
    const middle = fromX + slant * y;
    const first = Math.max(left, Math.floor(middle - spread));
    const last = Math.min(right, Math.ceil(middle + spread));
    for (let column = first, k = row * side + first; column < last; column++, k++) {
      if (pixels[k] === (erase ? 0 : 255)) {
        continue;
      }
      const x = column + 0.5 - fromX;
      const apart = squaredDistance(x, y, alongX, alongY, square);
      if (apart < reach * reach) {
        const covered = Math.min(Math.floor(255 * (reach - Math.sqrt(apart)) + 0.5), 255);
        pixels[k] = erase ? Math.min(pixels[k], 255 - covered) : Math.max(pixels[k], covered);
      }
    }
  }
}

/**
 * Return the squared distance of (x, y) from the line from (0, 0) to (alongX, alongY), exact but for one division.
 * @param {number} x
 * @param {number} y
 * @param {number} alongX
 * @param {number} alongY
 * @param {number} square of the line's length
 * @returns {number}
 */
function squaredDistance(x, y, alongX, alongY, square) {
  const along = x * alongX + y * alongY;
  if (along <= 0) {
    return x * x + y * y;
  }
  if (along >= square) {
    return (x - alongX) * (x - alongX) + (y - alongY) * (y - alongY);
  }
  const across = x * alongY - y * alongX;
  return (across * across) / square;
}

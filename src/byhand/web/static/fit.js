/**
 * Light ink on dark paper → 28×28 pixels, as MNIST's makers did it, in whole numbers: the twin of images/fit.py, step
 * by step with the same names. Every sum is one of whole numbers below 2⁵³, so its pixels are exactly Python's.
 */

/** @typedef {import("./ink.js").Box} Box */
/** @typedef {{pixels: Uint8Array, width: number, height: number}} Plane ink, row by row: 0 is paper, 255 full ink */
/**
 * @typedef {object} Fitted
 * @property {Box} box of the ink, in pixels of the pad
 * @property {number} scale pixels of the 28×28 image for one of the pad
 * @property {number} strokeWidth of the ink as it was, in pixels of the 28×28 image
 * @property {number} thickened by how many pixels of the 28×28 image strokes were made wider; narrower, if below 0
 * @property {[number, number]} shift how far right and down the ink's box was moved from the upper left corner
 */

export const SIDE = 28;
const LONGEST = 20; // Pixels of the ink's longest side.
const CENTRE = 14; // The pixel, counted from 0, that the centre of mass goes to.
const WORKING = 100; // Pixels of the longest side while strokes are made thicker or thinner.
const [THIN, THIN_GOAL] = [1.4, 2];
const [THICK, THICK_GOAL] = [4.2, 3];

/**
 * Return the image of ink, and how it was made.
 * @param {Plane} own the ink in its box
 * @param {Box} box
 * @returns {{image: Uint8Array, fitted: Fitted}}
 */
export function fit(own, box) {
  const scale = LONGEST / Math.max(own.width, own.height);
  const strokeWidth = strokeWidthOf(own) * scale;
  let [ink, thickened] = [own, 0];
  if (!(THIN <= strokeWidth && strokeWidth <= THICK)) {
    [ink, thickened] = withOtherStrokes(own, strokeWidth);
  }
  const small = brightest(resize(ink, ...shrunk(ink, LONGEST)));
  const shift = shiftOf(small);
  return { image: placed(small, shift), fitted: { box, scale, strokeWidth, thickened, shift } };
}

/**
 * Return the box of what is not 0; null if all is.
 * @param {Plane} plane
 * @returns {Box | null}
 */
export function bounds({ pixels, width, height }) {
  let [first, last] = [0, width * height - 1];
  while (first <= last && pixels[first] === 0) {
    first++;
  }
  if (first > last) {
    return null;
  }
  while (pixels[last] === 0) {
    last--;
  }
  const [top, bottom] = [Math.floor(first / width), Math.floor(last / width) + 1];
  let [left, right] = [width, 0];
  for (let y = top; y < bottom; y++) {
    const row = y * width;
    let x = 0;
    while (x < left && pixels[row + x] === 0) {
      x++;
    }
    left = x;
    x = width;
    while (x > right && pixels[row + x - 1] === 0) {
      x--;
    }
    right = x;
  }
  return [left, top, right, bottom];
}

/**
 * Copy what is in a box.
 * @param {Plane} plane
 * @param {Box} box
 * @returns {Plane}
 */
export function crop(plane, [left, top, right, bottom]) {
  const [width, height] = [right - left, bottom - top];
  const pixels = new Uint8Array(width * height);
  for (let y = 0; y < height; y++) {
    const start = (top + y) * plane.width + left;
    pixels.set(plane.pixels.subarray(start, start + width), y * width);
  }
  return { pixels, width, height };
}

/**
 * Return a copy with paper around it.
 * @param {Plane} plane
 * @param {number} frame
 * @returns {Plane}
 */
function framed({ pixels, width, height }, frame) {
  const wider = width + 2 * frame;
  const out = new Uint8Array(wider * (height + 2 * frame));
  for (let y = 0; y < height; y++) {
    out.set(pixels.subarray(y * width, (y + 1) * width), (y + frame) * wider + frame);
  }
  return { pixels: out, width: wider, height: height + 2 * frame };
}

/**
 * Return the mean width of strokes in pixels: twice their area, divided by the length of their edges.
 * @param {Plane} ink in its box
 * @returns {number}
 */
function strokeWidthOf(ink) {
  const { pixels, width, height } = framed(ink, 1);
  let [area, edges] = [0, 0];
  for (let y = 0; y + 1 < height; y++) {
    for (let x = 0, k = y * width; x + 1 < width; x++, k++) {
      const value = pixels[k];
      const across = Math.abs(value - pixels[k + 1]);
      const down = Math.abs(value - pixels[k + width]);
      area += value;
      edges += across > down ? 5 * across + 2 * down : 5 * down + 2 * across;
    }
  }
  return (10 * area) / edges;
}

/**
 * Return ink in another size: averaged over areas where smaller, interpolated where larger.
 * @param {Plane} ink
 * @param {number} width
 * @param {number} height
 * @returns {Plane}
 */
export function resize(ink, width, height) {
  const across = weightsOf(ink.width, width);
  const down = weightsOf(ink.height, height);
  const rows = new Float64Array(ink.height * width);
  for (let y = 0; y < ink.height; y++) {
    for (let j = 0; j < width; j++) {
      const { first, weights } = across.shares[j];
      let sum = 0;
      for (let i = 0, k = y * ink.width + first; i < weights.length; i++, k++) {
        sum += weights[i] * ink.pixels[k];
      }
      rows[y * width + j] = sum;
    }
  }
  const total = across.total * down.total;
  const pixels = new Uint8Array(width * height);
  for (let j = 0; j < height; j++) {
    const { first, weights } = down.shares[j];
    for (let x = 0; x < width; x++) {
      let sum = 0;
      for (let i = 0, k = first * width + x; i < weights.length; i++, k += width) {
        sum += weights[i] * rows[k];
      }
      pixels[j * width + x] = Math.floor((2 * sum + total) / (2 * total)); // rounded half up
    }
  }
  return { pixels, width, height };
}

/**
 * Return the whole weights by which m pixels are made of n, from the first old pixel on, and what each row adds up to.
 * @param {number} n
 * @param {number} m
 * @returns {{shares: {first: number, weights: number[]}[], total: number}}
 */
function weightsOf(n, m) {
  const shares = [];
  for (let j = 0; j < m; j++) {
    const weights = [];
    let first = 0;
    if (m <= n) {
      first = Math.floor((j * n) / m);
      for (let i = first; i * m < (j + 1) * n; i++) {
        weights.push(Math.min((j + 1) * n, (i + 1) * m) - Math.max(j * n, i * m));
      }
    } else {
      const place = Math.min(Math.max((2 * j + 1) * n - m, 0), 2 * m * (n - 1));
      first = Math.floor(place / (2 * m));
      for (let i = first; i < Math.min(first + 2, n); i++) {
        weights.push(2 * m - Math.abs(place - 2 * m * i));
      }
    }
    shares.push({ first, weights });
  }
  return { shares, total: m <= n ? n : 2 * m };
}

/**
 * Return width and height with the longest side as given and the other in proportion, at least 1.
 * @param {Plane} plane
 * @param {number} longest
 * @returns {[number, number]}
 */
export function shrunk({ width, height }, longest) {
  const side = Math.max(width, height);
  const inProportion = (/** @type {number} */ old) =>
    Math.max(Math.floor((2 * old * longest + side) / (2 * side)), 1);
  return [inProportion(width), inProportion(height)];
}

/**
 * Return ink with strokes of MNIST's width, and by how much they grew in pixels of the 28×28 image.
 * @param {Plane} ink
 * @param {number} width of its strokes
 * @returns {[Plane, number]}
 */
function withOtherStrokes(ink, width) {
  if (Math.max(ink.width, ink.height) > WORKING) {
    ink = resize(ink, ...shrunk(ink, WORKING));
  }
  ink = brightest(ink);
  const unit = Math.max(ink.width, ink.height) / LONGEST;
  const wanted = width < THIN ? THIN_GOAL : THICK_GOAL;
  const radius = Math.floor((Math.abs(wanted - width) * unit) / 2 + 0.5);
  const sign = width < THIN ? 1 : -1;
  const tooSmall = sign < 0 && 2 * radius + 2 > Math.min(ink.width, ink.height);
  if (radius === 0 || largest(ink.pixels) === 0 || tooSmall) {
    return [ink, 0];
  }
  return [grown(ink, sign * radius), (sign * 2 * radius) / unit];
}

/**
 * Return ink with every edge moved out by a radius, or in if it is below 0; cut to what is left.
 * @param {Plane} ink
 * @param {number} radius
 * @returns {Plane}
 */
function grown(ink, radius) {
  const frame = framed(ink, Math.abs(radius));
  const inwards = radius < 0;
  const source = inwards ? inverted(frame) : frame;
  const spread = largestWithin(source, Math.abs(radius));
  const out = inwards ? inverted(spread) : spread;
  const box = bounds(out);
  return box === null ? ink : crop(out, box);
}

/**
 * Return 255 minus every pixel.
 * @param {Plane} plane
 * @returns {Plane}
 */
function inverted({ pixels, width, height }) {
  return { pixels: pixels.map((value) => 255 - value), width, height };
}

/**
 * Return for every pixel the largest of all within a radius.
 *
 * The stretch of a row that lies within the radius depends only on how far the row is up or down. So the largest of a
 * stretch is found once for every length, each from the one before, and not once for each pixel of the disc.
 * @param {Plane} plane with a frame as wide as the radius, so that nothing beyond it counts
 * @param {number} radius
 * @returns {Plane}
 */
function largestWithin({ pixels, width, height }, radius) {
  const out = new Uint8Array(pixels.length);
  const stretch = pixels.slice();
  for (let half = 0; half <= radius; half++) {
    if (half > 0) {
      widen(stretch, pixels, width, half);
    }
    for (let away = 0; away <= radius; away++) {
      const room = radius * radius - away * away;
      if (half * half <= room && (half + 1) * (half + 1) > room) {
        raise(out, stretch, away * width);
        raise(out, stretch, -away * width);
      }
    }
  }
  return { pixels: out, width, height };
}

/**
 * Let every stretch reach one pixel farther on both sides.
 * @param {Uint8Array} stretch
 * @param {Uint8Array} pixels
 * @param {number} width
 * @param {number} half how far it reaches then
 */
function widen(stretch, pixels, width, half) {
  for (let row = 0; row < pixels.length; row += width) {
    for (let x = 0; x < width; x++) {
      const left = x >= half ? pixels[row + x - half] : 0;
      const right = x + half < width ? pixels[row + x + half] : 0;
      const most = left > right ? left : right;
      if (most > stretch[row + x]) {
        stretch[row + x] = most;
      }
    }
  }
}

/**
 * Raise every pixel to that of another plane some pixels farther on.
 * @param {Uint8Array} out
 * @param {Uint8Array} other
 * @param {number} farther
 */
function raise(out, other, farther) {
  const [start, end] = [Math.max(-farther, 0), Math.min(out.length - farther, out.length)];
  for (let k = start; k < end; k++) {
    if (other[k + farther] > out[k]) {
      out[k] = other[k + farther];
    }
  }
}

/**
 * Return the ink with its fullest pixel at 255 and all others in proportion.
 * @param {Plane} ink
 * @returns {Plane}
 */
function brightest({ pixels, width, height }) {
  const most = largest(pixels);
  if (most === 0 || most >= 254) {
    return { pixels, width, height };
  }
  return { pixels: pixels.map((value) => Math.floor((510 * value + most) / (2 * most))), width, height };
}

/**
 * Return how far right and down the ink goes for its centre of mass to be in the middle, with nothing cut off.
 * @param {Plane} small
 * @returns {[number, number]}
 */
function shiftOf(small) {
  const { right, down, ...sums } = moments(small);
  const total = Math.max(sums.total, 1); // Of specks, nothing may be left.
  const shift = (/** @type {number} */ moment, /** @type {number} */ length) => {
    const wanted = Math.floor((2 * (CENTRE * total - moment) + total) / (2 * total)); // 14 − mean, rounded half up
    return Math.min(Math.max(wanted, 0), SIDE - length);
  };
  return [shift(right, small.width), shift(down, small.height)];
}

/**
 * Return the sum of all pixels, and the sums of pixel · column and of pixel · row.
 * @param {Plane} plane
 * @returns {{total: number, right: number, down: number}}
 */
export function moments({ pixels, width, height }) {
  let [total, right, down] = [0, 0, 0];
  for (let y = 0, k = 0; y < height; y++) {
    for (let x = 0; x < width; x++, k++) {
      total += pixels[k];
      right += pixels[k] * x;
      down += pixels[k] * y;
    }
  }
  return { total, right, down };
}

/**
 * Return the image with ink at a place.
 * @param {Plane} small
 * @param {[number, number]} shift
 * @returns {Uint8Array}
 */
export function placed(small, [right, down]) {
  const image = new Uint8Array(SIDE * SIDE);
  for (let y = 0; y < small.height; y++) {
    const row = small.pixels.subarray(y * small.width, (y + 1) * small.width);
    image.set(row, (down + y) * SIDE + right);
  }
  return image;
}

/**
 * Return the largest of some pixels.
 * @param {Uint8Array} pixels
 * @returns {number}
 */
export function largest(pixels) {
  let most = 0;
  for (let k = 0; k < pixels.length && most < 255; k++) {
    if (pixels[k] > most) {
      most = pixels[k];
    }
  }
  return most;
}

/**
 * Grey images, cut out and made smaller, in whole numbers: what both fit.js and prepare.js do with them. Every sum is
 * one of whole numbers below 2⁵³, so its pixels are exactly Python's.
 */

/** @typedef {import("./ink.js").Box} Box */
/** @typedef {{pixels: Uint8Array, width: number, height: number}} Plane ink, row by row: 0 is paper, 255 full ink */

/**
 * Return the box of what is not 0, or of what is at least some level; null if nothing is.
 * @param {Plane} plane
 * @param {number} [level]
 * @returns {Box | null}
 */
export function bounds({ pixels, width, height }, level = 1) {
  let [first, last] = [0, width * height - 1];
  while (first <= last && pixels[first] < level) {
    first++;
  }
  if (first > last) {
    return null;
  }
  while (pixels[last] < level) {
    last--;
  }
  const [top, bottom] = [Math.floor(first / width), Math.floor(last / width) + 1];
  let [left, right] = [width, 0];
  for (let y = top; y < bottom; y++) {
    const row = y * width;
    let x = 0;
    while (x < left && pixels[row + x] < level) {
      x++;
    }
    left = x;
    x = width;
    while (x > right && pixels[row + x - 1] < level) {
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
export function framed({ pixels, width, height }, frame) {
  const wider = width + 2 * frame;
  const out = new Uint8Array(wider * (height + 2 * frame));
  for (let y = 0; y < height; y++) {
    out.set(pixels.subarray(y * width, (y + 1) * width), (y + frame) * wider + frame);
  }
  return { pixels: out, width: wider, height: height + 2 * frame };
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
 * Return the ink with its fullest pixel at 255 and all others in proportion.
 * @param {Plane} ink
 * @returns {Plane}
 */
export function brightest({ pixels, width, height }) {
  const most = largest(pixels);
  if (most === 0 || most >= 254) {
    return { pixels, width, height };
  }
  return { pixels: pixels.map((value) => Math.floor((510 * value + most) / (2 * most))), width, height };
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

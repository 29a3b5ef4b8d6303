/**
 * The paper of a picture: what shines through where it is transparent, and what its ink differs from. The twin of what
 * images/pixels.py and images/paper.py do with drawings.
 */

const OTHER = 64; // A colour that is so far from that of the paper, in one channel, is one of ink.

/**
 * Lay a picture with transparency on its own paper, else on white if it is dark, else on black.
 * @param {Uint8ClampedArray} rgba
 * @returns {Uint8ClampedArray} the same array if nothing is transparent
 */
export function onPaper(rgba) {
  let [light, opacity, clear] = [0, 0, false];
  for (let k = 0; k < rgba.length; k += 4) {
    const alpha = rgba[k + 3];
    light += (299 * rgba[k] + 587 * rgba[k + 1] + 114 * rgba[k + 2]) * alpha;
    opacity += alpha;
    clear ||= alpha < 255;
  }
  if (!clear) {
    return rgba;
  }
  const plain = light < 128_000 * opacity || opacity === 0 ? 255 : 0;
  const paper = ownPaper(rgba) ?? [plain, plain, plain];
  const mixed = new Uint8ClampedArray(rgba.length);
  for (let k = 0; k < rgba.length; k++) {
    const alpha = rgba[k | 3];
    mixed[k] = Math.floor((rgba[k] * alpha + (paper[k & 3] ?? 0) * (255 - alpha) + 127) / 255);
  }
  return mixed;
}

/**
 * Return the median colour of what can be seen if that is most, and not all alike: paper with ink on it.
 * @param {Uint8ClampedArray} rgba
 * @returns {number[] | null}
 */
function ownPaper(rgba) {
  const counts = [0, 1, 2].map(() => new Uint32Array(256));
  let seen = 0;
  for (let k = 0; k < rgba.length; k += 4) {
    if (rgba[k + 3] >= 128) {
      counts.forEach((of, channel) => of[rgba[k + channel]]++);
      seen++;
    }
  }
  if (8 * seen <= rgba.length) {
    return null;
  }
  const median = counts.map((of) => valueAt(of, Math.floor(seen / 2)));
  let others = 0;
  for (let k = 0; k < rgba.length; k += 4) {
    const isOther = median.some((value, channel) => Math.abs(rgba[k + channel] - value) >= OTHER);
    others += Number(rgba[k + 3] >= 128 && isOther);
  }
  return 200 * others >= seen ? median : null;
}

/**
 * Return the median of a channel of the outermost pixels near the corners: of a quarter of a side, at both its ends.
 * @param {Uint8ClampedArray} rgba
 * @param {number} width
 * @param {number} height
 * @param {number} channel
 * @returns {number}
 */
export function borderMedian(rgba, width, height, channel) {
  const counts = new Uint32Array(256);
  const count = (/** @type {number} */ x, /** @type {number} */ y) => counts[rgba[4 * (y * width + x) + channel]]++;
  const [across, down] = [Math.ceil(width / 4), Math.ceil(height / 4)];
  for (let k = 0; k < across; k++) {
    [0, height - 1].forEach((y) => [k, width - 1 - k].forEach((x) => count(x, y)));
  }
  for (let k = 0; k < down; k++) {
    [0, width - 1].forEach((x) => [k, height - 1 - k].forEach((y) => count(x, y)));
  }
  return valueAt(counts, 2 * (across + down));
}

/**
 * Return the value at a place, counted from 0, when all are put in order.
 * @param {Uint32Array} counts of each value
 * @param {number} place
 * @returns {number}
 */
function valueAt(counts, place) {
  let [value, passed] = [0, counts[0]];
  while (passed <= place) {
    passed += counts[++value];
  }
  return value;
}

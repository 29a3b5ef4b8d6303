// Random numbers that a seed repeats, which those of the browser cannot do.

/**
 * Return a source of random numbers, 0 ≤ number < 1: xorshift (Marsaglia 2003, "Xorshift RNGs").
 * @param {number} seed the same seed gives the same numbers
 * @returns {() => number}
 */
export function randomNumbers(seed) {
  let bits = Math.imul(seed ^ 0x9e3779b9, 0x85ebca6b) || 1; // Spread out, as seeds are small; 0 would stay 0.
  const next = () => {
    bits ^= bits << 13;
    bits ^= bits >>> 17;
    bits ^= bits << 5;
    return (bits >>> 0) / 2 ** 32;
  };
  for (let k = 0; k < 8; k++) {
    next(); // The first numbers of similar seeds are similar.
  }
  return next;
}

/**
 * Return a source of normal random numbers: Box and Muller's way, from two even ones.
 * @param {number} seed
 * @returns {() => number}
 */
export function normalNumbers(seed) {
  const even = randomNumbers(seed);
  return () => Math.sqrt(-2 * Math.log(1 - even())) * Math.cos(2 * Math.PI * even());
}

/**
 * Return the same things in random order (Fisher and Yates).
 * @template T
 * @param {readonly T[]} things
 * @param {() => number} [random]
 * @returns {T[]}
 */
export function shuffled(things, random = Math.random) {
  const all = [...things];
  for (let k = all.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1));
    [all[k], all[other]] = [all[other], all[k]];
  }
  return all;
}

// Tells whoever listens that something has happened.

/**
 * @template {unknown[]} T what listeners are told
 * @typedef {object} Emitter
 * @property {(...told: T) => void} tell
 * @property {(listener: (...told: T) => void) => () => void} on returns a function with which to be told no more
 */

/**
 * @template {unknown[]} T
 * @returns {Emitter<T>}
 */
export function createEmitter() {
  /** @type {Set<(...told: T) => void>} */ const listeners = new Set();
  return {
    tell(...told) {
      for (const listener of [...listeners]) listener(...told); // Whoever stops to listen meanwhile disturbs nobody.
    },
    on(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

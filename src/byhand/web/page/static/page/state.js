// Some values by name, and who is told when one of them has changed.

import { createEmitter } from "./emitter.js";

/**
 * @template {object} S
 * @param {S} state the values to begin with
 */
export function createState(state) {
  /** @type {import("./emitter.js").Emitter<[S, Set<string>]>} */ const changes = createEmitter();

  /**
   * Give some values others.
   * @param {Partial<S>} patch
   * @returns {boolean} whether any was another
   */
  function set(patch) {
    const now = /** @type {Record<string, unknown>} */ (state);
    const changed = new Set(Object.entries(patch).filter(([name, value]) => now[name] !== value).map(([name]) => name));
    Object.assign(state, patch);
    if (changed.size) changes.tell(state, changed);
    return changed.size > 0;
  }

  return {
    state,
    set,
    /** Be told after every change, with what has changed. */
    subscribe: changes.on,
  };
}

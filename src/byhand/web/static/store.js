// The state of the page, and the link that holds it: who opens the link sees the same.

import { DEFAULTS, decode, encode } from "./link.js";

/** @typedef {import("./link.js").State} State */
/** @typedef {(state: State, changed: Set<string>) => void} Listener */

const SETTLED = 250; // milliseconds without a change before the link is written: browsers limit how often

/**
 * Make the store from the link as it stands.
 * @returns {{state: State, set: (patch: Partial<State>) => void, subscribe: (listener: Listener) => () => void,
 *            link: (patch?: Partial<State>) => string}}
 */
export function createStore() {
  /** @type {State} */ const state = { ...DEFAULTS, ...decode(location.hash) };
  /** @type {Set<Listener>} */ const listeners = new Set();
  let timer = 0;
  const link = (/** @type {Partial<State>} */ patch = {}) => `#${encode({ ...state, ...patch })}`;

  /** @param {Partial<State>} patch */
  function apply(patch) {
    const now = /** @type {Record<string, unknown>} */ (state);
    const changed = new Set(Object.entries(patch).filter(([name, value]) => now[name] !== value).map(([name]) => name));
    Object.assign(state, patch);
    if (changed.size) for (const listener of [...listeners]) listener(state, changed);
    return changed.size > 0;
  }

  /** @param {Partial<State>} patch */
  function set(patch) {
    if (!apply(patch)) return;
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(null, "", link()), SETTLED);
  }

  addEventListener("hashchange", () => {
    clearTimeout(timer); // What was still to be written is older than what the link says now.
    apply({ ...DEFAULTS, ...decode(location.hash) });
  });
  return {
    state,
    set,
    link,
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
  };
}

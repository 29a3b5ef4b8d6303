// The state of the page, and the link that holds it: who opens the link sees the same.

import { createState } from "../page/state.js";
import { DEFAULTS, decode, encode } from "./link.js";
import { encodeStrokes } from "./strokes.js";

/** @typedef {import("./link.js").State} State */
/** @typedef {ReturnType<typeof createStore>} Store */

const OURS = "byhand"; // what marks an entry of the history that the page wrote itself, and nobody typed
const SETTLED = 250; // milliseconds without a change before the link is written: browsers limit how often

/** Make the store from the link as it stands. */
export function createStore() {
  const { state, set: apply, subscribe } = createState(/** @type {State} */ ({ ...DEFAULTS, ...decode(location.hash) }));
  let timer = 0;
  const link = (/** @type {Partial<State>} */ patch = {}) => `#${encode({ ...state, ...patch })}`;

  /** @param {Partial<State>} patch */
  function set(patch) {
    if (!apply(patch)) return;
    clearTimeout(timer);
    timer = setTimeout(() => history.replaceState(OURS, "", link()), SETTLED);
  }

  /**
   * Change something that the way back leads back from.
   * @param {Partial<State>} patch
   */
  function visit(patch) {
    clearTimeout(timer);
    history.replaceState(OURS, "", link()); // What was changed a moment ago belongs to the way back.
    history.pushState(OURS, "", link(patch));
    apply(patch);
  }

  /**
   * Go somewhere else on the page: the new content has the focus.
   * @param {Partial<State>} patch
   */
  function go(patch) {
    visit(patch);
    document.getElementById("main")?.focus({ preventScroll: true });
    scrollTo({ top: 0 });
  }

  addEventListener("hashchange", ({ newURL }) => {
    const { hash } = new URL(newURL);
    if (hash.length > 1 && !hash.includes("=")) return; // a place on the page, not a state
    clearTimeout(timer); // What was still to be written is older than what the link says now ...
    if (location.hash !== hash) history.replaceState(null, "", hash || "#"); // ... also if it just was, over the link.
    const said = { ...DEFAULTS, ...decode(hash) };
    // What lies over a picture no link tells of: it stays, unless the link brings something else to see.
    const loose = state.loose && !said.strokes.length && !said.image;
    const same = loose || encodeStrokes(said.strokes) === encodeStrokes(state.strokes);
    apply(same ? { ...said, strokes: state.strokes, loose: state.loose } : said);
  });
  return {
    state,
    set,
    visit,
    go,
    link,
    /** Whether the way back, or forth, has led to what the link says: it was here before. */
    get returned() { return history.state === OURS; },
    subscribe,
  };
}

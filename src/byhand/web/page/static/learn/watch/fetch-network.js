// A look at the network in training from time to time: often enough to see it change, and seldom enough not to slow it
// down.

import { calm } from "../../elements/dom.js";
import { parseModel } from "../../network/model.js";
import { getModel } from "../../server/api.js";

/** @typedef {import("../../network/nn.js").Model} Model */

const EVERY = 500; // milliseconds from one look at the network to the next

/**
 * Fetch the network in training when asked, but not more often than twice a second, and only for eyes that see it.
 * @param {() => boolean} may whether there is something to look at
 * @param {(model: Model) => void} take
 */
export function createLook(may, take) {
  let timer = 0;
  let last = -Infinity;
  let looking = false;
  let again = false;
  let closed = false;

  /** Fetch it now; if it was asked for meanwhile, once more later. */
  async function look() {
    timer = 0;
    if (!may()) return;
    looking = true;
    again = false;
    const began = last = performance.now();
    try {
      const model = parseModel(await getModel("training"));
      if (!closed) take(model);
    } catch {
      // There is none yet, or the server is away: the next event asks again.
    }
    last += 5 * (performance.now() - began); // A large network takes its time; it shall not take all of it.
    looking = false;
    if (again) ask();
  }

  /** Ask for a look. */
  function ask() {
    if (closed || !may()) return;
    if (looking || document.hidden) again = true;
    else timer ||= setTimeout(look, Math.max(0, last + (calm() ? 2 : 1) * EVERY - performance.now()));
  }

  /** Look when somebody comes back. */
  function back() {
    if (again) ask();
  }
  document.addEventListener("visibilitychange", back);
  return {
    ask,
    close() {
      closed = true;
      clearTimeout(timer);
      document.removeEventListener("visibilitychange", back);
    },
  };
}

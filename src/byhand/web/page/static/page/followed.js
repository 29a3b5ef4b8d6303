// Which network the views that judge and break are about.

import { Refused } from "../server/api.js";

/** @typedef {import("./app.js").App} App */

/**
 * Tell whether the page reads with the network that the link names; one in training has to be fetched first.
 * @param {App} app
 * @returns {boolean}
 */
export function isFollowed({ store, model, served }) {
  return (store.state.model === "served") === (model === served);
}

/**
 * Go back to the network served if the server has no other any more: it was begun anew meanwhile.
 * @param {App} app
 * @param {unknown} error what the server answered
 * @returns {boolean} whether it was that
 */
export function isGone({ store }, error) {
  const gone = error instanceof Refused && error.status === 404 && store.state.model === "training";
  if (gone) store.set({ model: "served" });
  return gone;
}

// Which network the views that judge and break are about.

/** @typedef {import("../app.js").App} App */

/**
 * Tell whether the page reads with the network that the link names; one in training has to be fetched first.
 * @param {App} app
 * @returns {boolean}
 */
export function isFollowed({ store, model, served }) {
  return (store.state.model === "served") === (model === served);
}

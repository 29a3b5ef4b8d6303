// The heart of the page, with what the link names: an image of the data, and the model.

import { createStore } from "../link/store.js";
import { parseModel } from "../network/model.js";
import { Refused, getImages, getModel, hasTraining } from "../server/api.js";
import { createCore } from "./core.js";
import { createKeys } from "./keys.js";

/** @typedef {import("./core.js").App} App */

/** Make the application from the link, with the model that it names. */
export async function createApp() {
  const store = createStore();
  const { state } = store;
  const app = createCore(store, parseModel(await getModel("served")), createKeys());

  store.subscribe((_, changed) => {
    if (changed.has("image")) void followImage();
    if (changed.has("model")) void followModel();
  });

  /** Show the data image that the link names; one that there is not is taken out of the link. */
  async function followImage() {
    const wanted = state.image;
    if (!wanted && app.sample && app.samplePart) app.backToPad();
    if (!wanted || (app.sample?.index === wanted.index && app.samplePart === wanted.part)) return;
    let found;
    try {
      [found] = await getImages(wanted.part, [wanted.index]);
    } catch (error) {
      if (!(error instanceof Refused) || error.status === 0) return; // The server may answer another time.
    }
    if (state.image !== wanted) return;
    if (found) app.useSample(found, wanted.part, true);
    else store.set({ image: null });
  }

  /** Read with the model that the link names, unless it names another one meanwhile. */
  async function followModel() {
    const wanted = state.model;
    let found = wanted === "served" ? app.served : null;
    try {
      if (!found && (await hasTraining())) found = parseModel(await getModel(wanted));
    } catch {
      found = null; // It may be gone, or not answer: then the page goes on with its own.
    }
    if (state.model !== wanted) return;
    if (found) app.useModel(found);
    else store.set({ model: "served" });
  }

  void followImage();
  if (state.model !== "served") void followModel();
  return app;
}

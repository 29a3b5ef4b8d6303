// The first view: draw, and see every number that the network makes of it. Put together of parts.

import { exported } from "../api.js";
import { fill, h, say } from "../dom.js";
import { createInspector } from "../draw/inspector.js";
import { createNetwork } from "../draw/network.js";
import { createOutputs } from "../draw/outputs.js";
import { createPad } from "../draw/pad.js";
import { createPrepared } from "../draw/prepared.js";
import { createSoftmax } from "../draw/softmax.js";
import { createStrip } from "../draw/strip.js";
import { createWhy } from "../draw/why.js";
import { count } from "../numbers.js";
import { onwards } from "../onwards.js";
import { words } from "../draw/words.js";

/** @typedef {{element: HTMLElement, dispose: () => void}} Part */

/**
 * @param {HTMLElement} host
 * @param {import("../app.js").App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  const parts = Object.fromEntries(Object.entries({
    pad: createPad, outputs: createOutputs, prepared: createPrepared, strip: createStrip,
    network: createNetwork, inspector: createInspector, softmax: createSoftmax, why: createWhy,
  }).map(([name, create]) => [name, /** @type {Part} */ (create(app))]));
  const { pad, outputs, prepared, strip, network, inspector, softmax, why } = parts;
  const lead = h("p", { class: "muted" });
  const tell = () => say(lead, words.lead + learnedFrom(app.model));
  const off = app.on("model", tell);
  tell();
  host.append(
    h("header", { class: "lead" }, h("h1", {}, words.title), lead),
    h("div", { class: "hand" }, pad.element, strip.element),
    h("div", { class: "said" }, outputs.element, prepared.element),
    h("div", { class: "mind" }, network.element, inspector.element, why.element, softmax.element),
    ...(exported ? [] : [onwards(app, "learn", words.next, words.toLearn)]));
  return () => {
    off();
    Object.values(parts).forEach((part) => part.dispose());
  };
}

/**
 * Say what a network has learned from, if its file tells.
 * @param {import("../nn.js").Model} model
 * @returns {string}
 */
function learnedFrom({ details: { data } }) {
  if (typeof data?.n !== "number") return "";
  return fill(data.name === "mnist" ? words.learnedMnist : words.learned, { n: count(data.n) });
}

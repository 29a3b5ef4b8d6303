// The first view: draw, and see every number that the network makes of it. Put together of parts.

import { count } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { createLead } from "../page/lead.js";
import { onwards } from "../page/links.js";
import { createInspector } from "./network/inspector.js";
import { createLikes } from "./network/likes.js";
import { createMap } from "./network/map.js";
import { createNetwork } from "./network/network.js";
import { createSoftmax } from "./network/softmax.js";
import { createWhatIf } from "./network/what-if.js";
import { createWhy } from "./network/why.js";
import { createOutputs } from "./outputs.js";
import { createPad } from "./pad/pad.js";
import { createPrepared } from "./prepared.js";
import { createSheetCard } from "./sheet/card.js";
import { createStrip } from "./sample-strip.js";
import { readsDigits, subjects } from "../network/subject.js";
import { words } from "./words.js";

/** @typedef {{element: HTMLElement, dispose: () => void}} Part */

/**
 * @param {HTMLElement} host
 * @param {import("../page/app.js").App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  const parts = Object.fromEntries(Object.entries({
    pad: createPad, outputs: createOutputs, prepared: createPrepared, strip: createStrip, sheet: createSheetCard,
    network: createNetwork, inspector: createInspector, softmax: createSoftmax, why: createWhy,
    whatIf: createWhatIf, likes: createLikes, map: createMap,
  }).map(([name, create]) => [name, /** @type {Part} */ (create(app))]));
  const { pad, outputs, prepared, strip, sheet, network, inspector, softmax, why, whatIf, likes, map } = parts;
  const [title, lead] = [h("span"), h("span")];
  const tell = () => {
    const digits = readsDigits(app.model);
    say(title, digits ? words.title : words.titleOther);
    say(lead, (digits ? words.lead : fill(words.leadOther, { classes: subjects(app.model) })) + learnedFrom(app.model));
  };
  const off = app.on("model", tell);
  tell();
  host.append(
    createLead("draw", title, lead),
    h("div", { class: "hand" }, pad.element, strip.element),
    h("div", { class: "said" }, outputs.element, prepared.element),
    h("div", { class: "mind" }, sheet.element, network.element, inspector.element, likes.element, why.element,
      whatIf.element, map.element, softmax.element),
    onwards(app, "learn", words.next, words.toLearn));
  return () => {
    off();
    Object.values(parts).forEach((part) => part.dispose());
  };
}

/**
 * Say what a network has learned from, if its file tells.
 * @param {import("../network/nn.js").Model} model
 * @returns {string}
 */
function learnedFrom({ details: { data } }) {
  if (typeof data?.n !== "number") return "";
  return fill(data.name === "mnist" ? words.learnedMnist : words.learned, { n: count(data.n) });
}

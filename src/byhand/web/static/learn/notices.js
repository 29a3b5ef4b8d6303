// What goes wrong in a training, in words, with the figures that show it and what one could change.

import { fill, h } from "../dom.js";
import { count, number, percent } from "../scale.js";
import { words } from "../words/en.js";
import { remedy } from "./presets.js";

/** @typedef {import("./presets.js").Form} Form */
/** @typedef {import("./training.js").Snapshot} Snapshot */
/** @typedef {import("./training.js").Notice} Notice */

const text = words.learn.notices;

/**
 * @param {(changed: Partial<Form>) => void} apply is called with what the person wants changed
 * @returns {{element: HTMLElement, show: (snapshot: Snapshot, offer: boolean) => void}}
 */
export function createNotices(apply) {
  const element = h("div", { role: "status", class: "notices" });
  let shown = "";

  /**
   * @param {Snapshot} snapshot
   * @param {boolean} offer whether the person may start another training
   */
  function show({ notice, settings, started }, offer) {
    // The figures in the words stay as they were when it was first seen, lest they are read out again and again.
    const now = notice ? `${notice.kind} ${offer} ${started}` : "";
    if (now === shown) return;
    shown = now;
    element.replaceChildren(...(notice ? [card(notice, settings, offer)] : []));
  }

  /**
   * @param {Notice} notice
   * @param {Record<string, unknown>} settings
   * @param {boolean} offer
   */
  function card(notice, settings, offer) {
    const changed = remedy(notice, settings);
    const { title, about, advice, button } = text[notice.kind];
    return h("div", { class: "notice bad", "data-notice": notice.kind },
      h("h3", {}, title),
      h("p", {}, fill(about, evidenceWords(notice))),
      h("p", {}, advice),
      offer && h("button", { type: "button", "data-apply": notice.kind, onclick: () => apply(changed) },
        changed.limit === null ? text.allImages : fill(button, { rate: String(changed.learning_rate ?? text.usual) })));
  }

  return { element, show };
}

/**
 * @param {Notice} notice
 * @returns {Record<string, string>} the evidence as words can hold it
 */
function evidenceWords({ kind, evidence }) {
  const { loss, accuracy, images, rate, layer, dead, units, lowest, now, epoch, guessing } = evidence;
  if (kind === "dead") return { layer: String(layer), dead: count(dead), units: count(units) };
  if (kind === "overfitting") return { lowest: number(lowest, 3), now: number(now, 3), epoch: count(epoch) };
  if (kind === "diverged") {
    const height = loss === undefined ? text.noNumber : fill(text.toLoss, { loss: number(loss, 1) });
    return { rate: String(rate), loss: height };
  }
  return {
    images: count(images), loss: number(loss, 2), guessing: number(guessing, 2),
    accuracy: accuracy === undefined ? "" : fill(text.reads, { accuracy: percent(accuracy) }),
  };
}

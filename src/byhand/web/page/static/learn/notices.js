// What goes wrong in a training, in words, with the figures that show it and what one could change.

import { count, number, percent } from "../charts/numbers.js";
import { fill, h } from "../elements/dom.js";
import { isOver } from "../server/phases.js";
import { remedy } from "./form/presets.js";
import { plain } from "./summary.js";
import { accuracyIn } from "./training/curve.js";
import { words } from "./words.js";

/** @typedef {import("./form/presets.js").Form} Form */
/** @typedef {import("../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../server/messages.js").Notice} Notice */
/** @typedef {{then: number, now: number}} Accuracy in the epoch with the lowest loss, and in the last one */

const text = words.notices;
const FALLEN = 0.002; // of the images set aside, and more, is worse: less is chance

/**
 * @param {(changed: Partial<Form>) => void} apply is called with what the person wants changed
 * @returns {{element: HTMLElement, show: (snapshot: Snapshot, offer: boolean) => void}}
 */
export function createNotices(apply) {
  const status = h("div", { role: "status", class: "notices" });
  const calm = h("p", { class: "muted small calm" }, text.none);
  const element = h("div", {}, calm, status);
  let shown = "";

  /**
   * @param {Snapshot} snapshot
   * @param {boolean} offer whether the person may start another training
   */
  function show(snapshot, offer) {
    const { notice, settings, started, state } = snapshot;
    const said = notice && wordsOf(notice, snapshot);
    // The figures in the words stay as they were when it was first seen, lest they are read out again and again.
    const now = said ? `${said.title} ${offer} ${started} ${isOver(state)}` : "";
    if (now === shown) return;
    shown = now;
    calm.hidden = said !== null;
    status.replaceChildren(...(said ? [card(said, notice, settings, offer)] : []));
  }

  /**
   * @param {{title: string, about: string, bad: boolean}} said
   * @param {Notice} notice
   * @param {Record<string, unknown>} settings
   * @param {boolean} offer
   */
  function card({ title, about, bad }, notice, settings, offer) {
    const changed = remedy(notice, settings);
    return h("div", { class: bad ? "notice bad" : "notice", "data-notice": notice.kind },
      h("h3", {}, title), h("p", {}, about), h("p", {}, text[notice.kind].advice),
      offer && h("button", { type: "button", "data-apply": notice.kind, onclick: () => apply(changed) },
        buttonWords(notice, changed)));
  }

  return { element, show };
}

/**
 * Say what is wrong: of a training that goes on, or of one that is over.
 * @param {Notice} notice
 * @param {Snapshot} snapshot
 * @returns {{title: string, about: string, bad: boolean}}
 */
function wordsOf(notice, snapshot) {
  const time = isOver(snapshot.state) ? "over" : "now";
  if (notice.kind !== "overfitting") {
    return { ...text[notice.kind][time], about: fill(text[notice.kind][time].about, evidenceWords(notice)), bad: true };
  }
  const accuracy = accuracyOf(notice, snapshot);
  const worse = accuracy !== null && accuracy.now < accuracy.then - FALLEN;
  const { title, about, rises } = text.overfitting[time];
  const effect = accuracy === null ? "" : fill(worse ? text.overfitting.worse[time] : text.overfitting.same[time],
    { then: percent(accuracy.then), now: percent(accuracy.now) });
  const figures = fill(about, evidenceWords(notice));
  return { title: worse ? title : rises, about: `${figures}${effect} ${text.overfitting.name}`, bad: worse };
}

/**
 * Return how often it was right when its loss was lowest, and how often it is right now.
 * @param {Notice} notice
 * @param {Snapshot} snapshot
 * @returns {Accuracy | null} null if that was not measured
 */
function accuracyOf({ evidence }, { curve, figures }) {
  if (!figures) return null;
  const last = Math.max(1, Math.floor(figures.images / figures.total)); // the last that is over
  const then = accuracyIn(curve, figures.total, evidence.epoch);
  const now = accuracyIn(curve, figures.total, last);
  return then === null || now === null ? null : { then, now };
}

/**
 * @param {Notice} notice
 * @param {Partial<Form>} changed
 * @returns {string}
 */
function buttonWords({ kind }, changed) {
  if (changed.limit === null) return text.allImages;
  if (kind === "overfitting") return text.overfitting.button;
  const rate = changed.learning_rate ? plain(changed.learning_rate) : text.usual;
  return fill(changed.activation ? text.rateAndActivation : text.rate, { rate });
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
    return { rate: plain(rate), loss: height };
  }
  return {
    images: count(images), loss: number(loss, 2), guessing: number(guessing, 2),
    accuracy: accuracy === undefined ? "" : fill(text.reads, { accuracy: percent(accuracy) }),
  };
}

// What goes wrong in a training, in words, with the figures that show it and what one could change.

import { count, number, percent } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
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
  // Read out once, when it is first seen; the figures that are seen go on.
  const aloud = h("p", { role: "status", class: "hidden-text" });
  const [title, about, cause, advice] = [h("h3"), h("p", { class: "number" }), h("p", { class: "number" }), h("p")];
  const button = h("button", { type: "button", onclick: () => apply(changed) });
  const card = h("div", { class: "notice", hidden: true }, title, about, cause, advice, button);
  const element = h("div", { class: "notices" }, aloud, card);
  /** @type {Partial<Form>} */ let changed = {};

  /**
   * @param {Snapshot} snapshot
   * @param {boolean} offer whether the person may start another training
   */
  function show(snapshot, offer) {
    const { notice, settings } = snapshot;
    const said = notice && wordsOf(notice, snapshot);
    card.hidden = said === null;
    if (!notice || !said) return say(aloud, "");
    if (title.textContent !== said.title) say(aloud, `${said.title}. ${said.about} ${said.cause}`);
    changed = remedy(notice, settings);
    card.dataset.notice = button.dataset.apply = notice.kind;
    card.classList.toggle("bad", said.bad);
    say(title, said.title);
    say(about, said.about);
    say(cause, said.cause);
    cause.hidden = !said.cause;
    say(advice, said.cause && notice.kind === "not_learning" ? text.dead.advice : text[notice.kind].advice);
    button.hidden = !offer;
    say(button, buttonWords(notice, changed));
  }

  return { element, show };
}

/**
 * Say what is wrong, the effect first and then its cause: of a training that goes on, or of one that is over.
 * @param {Notice} notice
 * @param {Snapshot} snapshot
 * @returns {{title: string, about: string, cause: string, bad: boolean}}
 */
function wordsOf(notice, snapshot) {
  const time = isOver(snapshot.state) ? "over" : "now";
  const evidence = evidenceWords(notice);
  if (notice.kind === "overfitting") return { ...overfitting(notice, snapshot, time), cause: text.overfitting.name };
  const { title, about } = text[notice.kind][time];
  const cause = notice.evidence.dead && notice.kind !== "diverged" ? fill(text.silent[time], evidence) : "";
  return { title, about: fill(about, evidence), cause, bad: true };
}

/**
 * @param {Notice} notice
 * @param {Snapshot} snapshot
 * @param {"now" | "over"} time
 */
function overfitting(notice, snapshot, time) {
  const accuracy = accuracyOf(notice, snapshot);
  const worse = accuracy !== null && accuracy.now < accuracy.then - FALLEN;
  const { title, about, rises } = text.overfitting[time];
  const effect = accuracy === null ? "" : fill(worse ? text.overfitting.worse[time] : text.overfitting.same[time],
    { then: percent(accuracy.then), now: percent(accuracy.now) });
  return { title: worse ? title : rises, about: `${fill(about, evidenceWords(notice))}${effect}`, bad: worse };
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
  if (kind === "overfitting") return { lowest: number(lowest, 3), now: number(now, 3), epoch: count(epoch) };
  if (kind === "diverged") {
    const height = loss === undefined ? text.noNumber : fill(text.toLoss, { loss: number(loss, 1) });
    return { rate: plain(rate), loss: height };
  }
  const reads = accuracy === undefined ? "" : fill(text.reads, { accuracy: percent(accuracy) });
  /** @type {Record<string, string>} */
  const silent = dead === undefined ? {} : { layer: String(layer), dead: count(dead), units: count(units) };
  if (kind === "dead") return { ...silent, accuracy: reads };
  return { ...silent, images: count(images), loss: number(loss, 2), guessing: number(guessing, 2), accuracy: reads };
}

// The single image that was just learned: what it is, what the network made of it before and after, what moved, and the
// way to see the very same step made number by number.

import { count, percent, significant } from "../../charts/numbers.js";
import { paintBytes } from "../../charts/paint.js";
import { fill, h, say, sayAloud } from "../../elements/dom.js";
import { fromBase64 } from "../../link/base64.js";
import { linkTo } from "../../page/links.js";
import { FASTEST, SLOWEST, START, toText } from "../../step/link.js";
import { inputName, unitName } from "../../units/names.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Seen} Seen */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */

const text = words.seen;
const LAST = 7; // the stage of Step that shows what a step brings

/** @param {import("../../page/app.js").App} app */
export function createSeen(app) {
  /** @type {Seen | null} */ let shown = null;
  const image = h("canvas", { class: "pixelated", role: "img" });
  const number = h("figcaption", { class: "small muted" });
  const [guess, right] = [h("p", { class: "answer" }), h("p")];
  const [moved, most] = [h("p", { class: "small muted" }), h("p", { class: "small muted" })];
  const link = linkTo(app, "step", text.toStep, { "data-seen": "step" }, () => (shown ? { step: stepOf(shown) } : {}));
  const element = h("section", { class: "card seen", "aria-labelledby": "learn-seen", hidden: true },
    h("h2", { id: "learn-seen" }, text.title), h("div", { class: "judged" }, h("figure", {}, image, number),
      h("div", { class: "beside" }, guess, right)), moved, most, link);

  /** @param {Snapshot} snapshot */
  function show({ figures, classes, sizes }) {
    const seen = figures?.seen ?? null;
    element.hidden = seen === null;
    if (seen === null || seen === shown) return;
    shown = seen;
    const { label, before, after } = seen;
    const [best, then] = [before, after].map((shares) => shares.indexOf(Math.max(...shares)));
    const values = { name: classes[label], guess: classes[best], sure: percent(before[best]),
      then: classes[then], thenSure: percent(after[then]), before: percent(before[label]),
      after: percent(after[label]), moved: count(seen.moved), index: count(seen.index ?? 0) };
    paint();
    sayAloud(image, fill(text.image, values));
    say(number, fill(seen.index === null ? text.anew : text.number, values));
    say(guess, fill(best === label ? text.right : text.wrong, values));
    say(right, fill(seen.moved ? text.now : text.same, values));
    say(moved, fill(seen.moved ? text.moved : text.none, values));
    say(most, seen.most ? mostOf(seen.most, sizes, classes) : "");
    link.hidden = seen.index === null; // Step shows images of the data alone.
    say(link, isPlain(seen) ? text.toStep : text.toOther);
  }

  /**
   * Say what moved most.
   * @param {NonNullable<Seen["most"]>} most
   * @param {number[]} sizes
   * @param {string[]} classes
   */
  function mostOf({ layer, unit, source, was, now }, sizes, classes) {
    const to = unitName(layer, unit, layer === sizes.length - 2 ? classes : null);
    const from = source === null ? "" : layer ? unitName(layer - 1, source, null)
      : fill(text.pixel, { pixel: inputName(0, source, app.model.imageShape[1]) });
    const what = fill(source === null ? text.bias : text.weight, { unit: to, source: from });
    return fill(text.most, { what, was: significant(was), now: significant(now) });
  }

  function paint() {
    const [height, width] = app.model.imageShape;
    if (shown) paintBytes(image, fromBase64(shown.pixels), width, height);
  }

  return { element, show, dispose: app.on("theme", paint) };
}

/**
 * @param {Seen} seen
 * @returns {boolean} whether Step can make the same step
 */
function isPlain({ rate }) {
  return rate !== null && rate >= SLOWEST && rate <= FASTEST;
}

/**
 * Write for the link what Step is to show: this image, the network as it was before, and the same learning rate.
 * @param {Seen} seen
 * @returns {string}
 */
export function stepOf({ index, network, rate }) {
  const near = rate === null ? START.rate : Math.min(FASTEST, Math.max(SLOWEST, Number(rate.toFixed(6))));
  return toText({ ...START, stage: LAST, index: index ?? 0, network: "before", moment: network, rate: near });
}

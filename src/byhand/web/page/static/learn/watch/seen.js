// The single image that was just learned: what it is, what the network made of it before and after, and what moved.

import { count, percent } from "../../charts/numbers.js";
import { paintBytes } from "../../charts/paint.js";
import { fill, h, say, sayAloud } from "../../elements/dom.js";
import { fromBase64 } from "../../link/base64.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Seen} Seen */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */

const text = words.seen;

/** @param {import("../../page/app.js").App} app */
export function createSeen(app) {
  const image = h("canvas", { class: "pixelated", role: "img" });
  const [guess, right, moved] = [h("p", { class: "answer" }), h("p"), h("p", { class: "small muted" })];
  const element = h("section", { class: "card seen", "aria-labelledby": "learn-seen", hidden: true },
    h("h2", { id: "learn-seen" }, text.title), h("div", { class: "judged" }, image,
      h("div", { class: "beside" }, guess, right, moved)));
  /** @type {Seen | null} */ let shown = null;

  /** @param {Snapshot} snapshot */
  function show({ figures, classes }) {
    const seen = figures?.seen ?? null;
    element.hidden = seen === null;
    if (seen === null || seen === shown) return;
    shown = seen;
    const { label, before, after } = seen;
    const best = before.indexOf(Math.max(...before));
    const values = { name: classes[label], guess: classes[best], sure: percent(before[best]),
      before: percent(before[label]), after: percent(after[label]), moved: count(seen.moved) };
    paint();
    sayAloud(image, fill(text.image, values));
    say(guess, fill(best === label ? text.right : text.wrong, values));
    say(right, fill(seen.moved ? text.now : text.same, values));
    say(moved, fill(seen.moved ? text.moved : text.none, values));
  }

  function paint() {
    const [height, width] = app.model.imageShape;
    if (shown) paintBytes(image, fromBase64(shown.pixels), width, height);
  }

  return { element, show, dispose: app.on("theme", paint) };
}

// The mean over a batch, shown once: the same weight has a slope for every image, and the step takes their mean.

import { paintInk } from "../../charts/paint.js";
import { column, greatest, significant } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { getImages } from "../../server/api.js";
import { reckon } from "../one-step.js";
import { words } from "../words.js";
import { weightAt } from "./chosen.js";

/** @typedef {import("../lesson.js").Lesson} Lesson */
/** @typedef {import("./parts.js").Now} Now */
/** @typedef {import("../../server/api.js").Sample} Sample */
/** @typedef {import("./chosen.js").Weight} Weight */

const MORE = 3; // images besides the one of the step
const text = words.batch;

/** @param {Lesson} lesson */
export function createBatch(lesson) {
  const name = h("p", { class: "small number" });
  const body = h("tbody");
  const foot = h("tfoot");
  const element = h("details", { class: "batch", ontoggle: () => latest && weight && update(latest, weight) },
    h("summary", {}, text.title), h("p", { class: "small muted" }, text.lead), name,
    h("table", { class: "sum" }, h("thead", {}, h("tr", {}, text.heads.map((head) => h("th", { scope: "col" }, head)))),
      body, foot));
  /** @type {Now | null} */ let latest = null;
  /** @type {Weight | null} */ let weight = null;
  /** @type {{key: string, samples: Promise<Sample[]>} | null} */ let fetched = null;

  /** @returns {Promise<Sample[]>} the training images that follow the one of the step */
  function others() {
    const { source, index, images } = lesson.memory;
    const first = source === "train" ? index + 1 : 0;
    const wanted = Array.from({ length: MORE }, (_, k) => (first + k) % (images || Infinity));
    const key = wanted.join();
    if (fetched?.key !== key) fetched = { key, samples: getImages("train", wanted) };
    return fetched.samples;
  }

  /**
   * @param {Now} now
   * @param {Weight} of
   */
  async function update(now, of) {
    [latest, weight] = [now, of];
    if (!element.open) return;
    const samples = await others().catch(() => {
      fetched = null; // Another time the server may answer.
      return [];
    });
    if (latest !== now || weight !== of) return;
    const { model } = now;
    const all = [now, ...samples.filter((sample) => model.classes.includes(sample.name)).map((sample) =>
      reckon(model, sample.pixels, model.classes.indexOf(sample.name)))];
    const weights = all.map((each) => weightAt(each, of.layer, of.from, of.to));
    const slopes = weights.map(({ at }, k) => all[k].back.gradient[at]);
    const scale = column(greatest(slopes), 4);
    const rounded = slopes.map(scale.round);
    say(name, weights[0].name);
    body.replaceChildren(...all.map(({ image, label }, k) => {
      const canvas = h("canvas", { class: "pixelated", role: "img", "aria-label": model.classes[label] });
      paintInk(canvas, image, model.imageShape[1], model.imageShape[0], 255);
      return h("tr", {}, h("th", { scope: "row" }, canvas, " ", model.classes[label]),
        h("td", {}, `${significant(weights[k].a, 3)} × ${significant(weights[k].delta, 3)}`),
        h("td", {}, scale.text(rounded[k])));
    }));
    const sum = rounded.map((each) => (each < 0 ? `(${scale.text(each)})` : scale.text(each))).join(" + ");
    const mean = Math.round(rounded.reduce((so, each) => so + each, 0) / all.length);
    foot.replaceChildren(h("tr", {}, h("th", { scope: "row", colSpan: 2 }, fill(text.mean, { n: all.length, sum })),
      h("td", {}, scale.text(mean))));
  }
  return { element, update };
}

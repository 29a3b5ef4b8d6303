// The answer to "how good is it?", in one large figure and the sentences that say what it means.

import { count, number, percent } from "../../charts/numbers.js";
import { fill, h } from "../../elements/dom.js";
import { terms } from "../../elements/terms.js";
import { words } from "../words.js";

/**
 * @param {import("../../page/app.js").App} app
 * @param {import("../../server/messages.js").Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createHeadline(app, judgement) {
  const { n, accuracy, interval, loss, mistakes, classes } = judgement;
  const said = words.headline;
  const values = {
    n: count(n),
    wrong: count(mistakes.length),
    low: percent(interval[0], 2),
    high: percent(interval[1], 2),
    loss: number(loss, 3),
    guess: number(Math.log(classes.length), 2),
    classes: classes.length,
  };
  const element = h("section", { class: "card headline", "aria-labelledby": "headline-title" },
    h("h2", { id: "headline-title" }, said.title),
    h("p", { class: "great number" }, percent(accuracy, 2), h("span", {}, fill(said.of, values))),
    h("dl", { class: "facts" },
      fact(said.wrong, fill(said.wrongMeans, values)),
      fact(fill(said.interval, values), fill(said.intervalMeans, values)),
      fact(fill(said.loss, values), fill(said.lossMeans, values))));
  return { element, dispose: () => {} };

  /**
   * @param {string} term
   * @param {string} meaning
   */
  function fact(term, meaning) {
    return h("div", {}, h("dt", { class: "number" }, fill(term, values)), h("dd", { class: "muted" }, terms(meaning)));
  }
}

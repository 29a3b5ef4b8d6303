// The worst mistakes: wrong, and sure of it. One learns most from looking at them.

import { getData } from "../api.js";
import { fill, h, say } from "../dom.js";
import { count } from "../scale.js";
import { words } from "../words/en.js";
import { createSpecimens } from "./specimens.js";

const AT_ONCE = 24;

/**
 * @param {import("../app.js").App} app
 * @param {import("./figures.js").Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createMistakes(app, judgement) {
  const said = words.judge.mistakes;
  const all = judgement.mistakes;
  const pictures = createSpecimens(app, judgement, { named: true });
  const doubt = h("p", { class: "notice", hidden: true }, said.doubt);
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const more = h("button", { onclick: () => void show(shown + AT_ONCE) });
  let shown = 0;

  /** @param {number} n */
  async function show(n) {
    shown = Math.min(n, all.length, 500);
    more.hidden = shown >= Math.min(all.length, 500);
    say(more, fill(said.more, { n: Math.min(AT_ONCE, all.length - shown) }));
    try {
      await pictures.show(all.slice(0, shown));
    } catch (error) {
      problem.hidden = false;
      say(problem, error instanceof Error && error.message ? error.message : words.noServer);
    }
  }

  void show(AT_ONCE);
  // Only of this data set is it known.
  getData().then(({ name }) => (doubt.hidden = name.toLowerCase() !== "mnist"), () => {});
  const element = h("section", { class: "card mistakes", "aria-labelledby": "mistakes-title" },
    h("h2", { id: "mistakes-title" }, said.title),
    h("p", {}, all.length ? fill(said.lead, { n: count(all.length) }) : said.none),
    doubt, problem, pictures.element, h("div", { class: "row" }, more));
  return { element, dispose: pictures.dispose };
}

// The worst mistakes: wrong, and sure of it. One learns most from looking at them.

import { count } from "../../charts/numbers.js";
import { fill, h, say } from "../../elements/dom.js";
import { getData, sentenceOf } from "../../server/api.js";
import { createSpecimens } from "../specimens.js";
import { words } from "../words.js";

const AT_ONCE = 24;
const MOST = 480; // Who has seen these has seen enough.

/**
 * @param {import("../../page/app.js").App} app
 * @param {import("../../server/messages.js").Judgement} judgement
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createMistakes(app, judgement) {
  const said = words.mistakes;
  const all = judgement.mistakes.slice(0, MOST);
  const images = createSpecimens(app, judgement, { named: true });
  const doubt = h("p", { class: "notice", hidden: true }, said.doubt);
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const more = h("button", { onclick: () => void show() });
  let shown = 0;

  /** Show some more. */
  async function show() {
    const next = all.slice(shown, shown + AT_ONCE);
    try {
      const first = await images.add(next);
      shown += next.length;
      problem.hidden = true;
      const wasThere = document.activeElement === more;
      if (shown >= all.length && wasThere) first?.focus(); // The button goes: the way on leads through the images.
    } catch (error) {
      problem.hidden = false;
      say(problem, sentenceOf(error));
    }
    more.hidden = shown >= all.length;
    say(more, fill(said.more, { n: Math.min(AT_ONCE, all.length - shown) }));
  }

  void show();
  // Only of this data set is it known.
  getData().then(({ name }) => (doubt.hidden = name.toLowerCase() !== "mnist"), () => {});
  const element = h("section", { class: "card mistakes", "aria-labelledby": "mistakes-title" },
    h("h2", { id: "mistakes-title" }, said.title),
    h("p", {}, all.length ? fill(said.lead, { n: count(judgement.mistakes.length) }) : said.none),
    doubt, problem, images.element, h("div", { class: "row" }, more));
  return { element, dispose: images.dispose };
}

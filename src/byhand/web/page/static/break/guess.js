// A guess before each cut: who has said what it will cost looks at the answer with other eyes.

import { count } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { words } from "./words.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("../server/messages.js").Accuracy} Accuracy */

const [FEW, MANY] = [5, 50]; // of ten thousand images

/**
 * @param {number} lost images, of those read before
 * @param {number} n images in all
 * @returns {0 | 1 | 2} hardly any, some, or many
 */
export function classOf(lost, n) {
  return lost < (FEW * n) / 10_000 ? 0 : lost <= (MANY * n) / 10_000 ? 1 : 2;
}

/**
 * @param {Lab} lab
 * @returns {{button: HTMLElement, element: HTMLElement, before: (cut: () => void) => void, dispose: () => void}}
 *   `before` asks for a guess, if guesses are wanted, and then cuts
 */
export function createGuess(lab) {
  const said = words.guess;
  const button = h("button", { type: "button", "aria-pressed": "false", onclick: toggle }, said.toggle);
  const choices = said.choices.map((words, k) =>
    h("button", { type: "button", "data-guess": k, onclick: () => choose(k) }, words));
  const question = h("div", { class: "guess notice", hidden: true, role: "group", "aria-labelledby": "guess-question",
    onkeydown: (/** @type {KeyboardEvent} */ { key }) => key === "Escape" && close() },
  h("p", { id: "guess-question" }, said.question), h("div", { class: "row" }, choices));
  const verdict = h("p", { class: "small verdict", role: "status" });
  /** @type {(() => void) | null} */ let cut = null; // what is to be done once somebody has guessed
  /** @type {{choice: number, before: Accuracy} | null} */ let guessed = null; // not answered yet
  /** @type {HTMLElement | null} */ let from = null;

  function toggle() {
    const on = button.getAttribute("aria-pressed") !== "true";
    button.setAttribute("aria-pressed", String(on));
    if (!on) close();
  }

  function close() {
    question.hidden = true;
    cut = null;
    from?.focus();
  }

  /** @param {number} choice */
  function choose(choice) {
    const [now, doing] = [lab.steps[lab.steps.length - 1].score, cut];
    close();
    say(verdict, "");
    guessed = now && { choice, before: now };
    doing?.();
  }

  /** Say what it did cost, once that is measured. */
  function answer() {
    const { score } = lab.steps[lab.steps.length - 1];
    if (guessed === null || score === null) return;
    const lost = Math.round((guessed.before.accuracy - score.accuracy) * score.n);
    const right = classOf(lost, score.n) === guessed.choice;
    say(verdict, fill(right ? said.right : said.wrong, {
      guess: said.choices[guessed.choice].toLowerCase(), lost: lost < 0 ? fill(said.gained, { n: count(-lost) })
        : fill(lost === 1 ? said.one : said.lost, { n: count(lost) }),
    }));
    guessed = null;
  }

  return {
    button,
    element: h("div", { class: "guessing" }, question, verdict),
    before(doing) {
      if (button.getAttribute("aria-pressed") !== "true") return doing();
      cut = doing;
      from = /** @type {HTMLElement | null} */ (document.activeElement);
      question.hidden = false;
      choices[0].focus();
    },
    dispose: lab.on(answer),
  };
}

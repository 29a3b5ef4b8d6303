// A guess before the way back is shown: who has said which unit gets the most blame looks at the answer with other eyes.
// Nobody must: one may pass, go on, or be asked no more.

import { significant } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { placeOfGreatest } from "./one-step.js";
import { words } from "./words.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./one-step.js").Now} Now */

const PLACE = "byhand-guess"; // in the browser's memory
const OFF = "off";

/** @returns {boolean} whether guesses are asked for: at first, and until somebody said no */
function isWanted() {
  try {
    return localStorage.getItem(PLACE) !== OFF;
  } catch {
    return true; // Some browsers keep nothing for a page that is a file.
  }
}

/** @param {boolean} wanted */
function remember(wanted) {
  try {
    if (wanted) localStorage.removeItem(PLACE);
    else localStorage.setItem(PLACE, OFF);
  } catch {
    // It holds for as long as the stage is shown.
  }
}

/**
 * @param {Lesson} lesson
 * @param {() => void} changed is called when it asks, or asks no more
 */
export function createGuess(lesson, changed) {
  const text = words.guess;
  const { memory } = lesson;
  const asked = h("span", { id: "guess-question" });
  const small = { type: "button", class: "small-button" };
  const pass = h("button", { ...small, "data-guess": "pass", onclick: () => goOn(() => take(null)) }, text.pass);
  const question = h("span", { class: "question", role: "group", "aria-labelledby": asked.id }, asked, " ", pass, " ",
    h("button", { ...small, "data-guess": "off", onclick: () => goOn(() => turn(false)) }, text.off));
  const on = h("button", { ...small, class: "small-button quiet", "data-guess": "on", onclick: () => goOn(() => turn(true)) },
    text.on);
  const verdict = h("strong", { class: "verdict", tabIndex: -1 }); // step/view.js says it aloud
  const element = h("div", { class: "guessed" }, on);
  let wanted = isWanted();
  /** @type {number | null} */ let at = null; // the unit that the keys have come to
  /** @type {Now | null} */ let about = null;

  /** @param {boolean} now whether guesses are wanted from now on */
  function turn(now) {
    wanted = now;
    remember(now);
    if (now) [memory.guessed, memory.byHand] = [null, true];
    changed();
  }

  /** Do what a button says that then goes, and give the focus to what comes in its place. @param {() => void} act */
  function goOn(act) {
    act();
    if (asks()) pass.focus();
    else if (wanted) verdict.focus();
    else on.focus();
  }

  /** @returns {number} the hidden layer that is asked about: the last; −1 if there is none */
  const layer = () => (about?.model.sizes.length ?? 2) - 3;

  /** @returns {boolean} whether it asks */
  function asks() {
    const { guessed, theta, shownImage } = memory;
    const known = guessed !== null && guessed.theta === theta && guessed.image === shownImage;
    return about !== null && layer() >= 0 && wanted && memory.byHand && !known;
  }

  /** @param {number | null} choice null if somebody passes */
  function take(choice) {
    const { theta, shownImage } = memory;
    if (!about || !theta) return;
    memory.guessed = { theta, image: shownImage, choice };
    at = null;
    lesson.choose(layer(), placeOfGreatest(about.back.deltas[layer()])); // Below it is worked out by hand.
  }

  /** Say whether the guess was right. */
  function judge() {
    const { guessed, theta, shownImage } = memory;
    if (!about || asks() || guessed === null || guessed.theta !== theta || guessed.image !== shownImage) return "";
    const delta = about.back.deltas[layer()];
    const [best, { choice }] = [placeOfGreatest(delta), guessed];
    const right = choice !== null && Math.abs(delta[choice]) === Math.abs(delta[best]);
    return fill(choice === null ? text.passed : right ? text.right : text.wrong, {
      unit: (right ? choice : best) + 1, delta: significant(delta[best]), guess: (choice ?? 0) + 1,
      its: significant(delta[choice ?? 0]), layer: layer() + 1,
    });
  }

  return {
    /** The way to be asked again. */
    element,
    /** Whether it asks. */
    get asks() { return asks(); },
    /** The question, or what is said of the guess; null if there is neither. */
    get first() { return asks() ? question : verdict.textContent ? verdict : null; },
    /** @returns {number | null} the unit that the keys have come to */
    get at() { return at; },
    /** @param {number} one @returns {boolean} whether it asks for a unit of this layer */
    asksFor: (one) => asks() && one === layer(),
    take,
    /** @param {number} unit that the keys have come to */
    move(unit) {
      at = unit;
      changed();
    },
    /** @param {Now} now */
    update(now) {
      about = now;
      say(asked, fill(text.question, { layer: layer() + 1 }));
      say(verdict, judge());
      on.hidden = wanted || layer() < 0;
    },
  };
}

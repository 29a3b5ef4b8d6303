// The answer in words, and how sure the network is of each class.

import { number, percent } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { readsDigits, readsSigns } from "../network/subject.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../network/answer.js").Answer} Answer */

const text = words.outputs;
/** @type {Record<string, string>} */ const problems = text.problems;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createOutputs(app) {
  const answer = h("p", { class: "answer", id: "answer", "aria-live": "polite" });
  const large = h("p", { class: "answer-large", "aria-hidden": "true" }); // #answer says the same, and is read out
  const label = h("p", { class: "small label", id: "answer-label" });
  const list = h("ul", { class: "bars", id: "probabilities", "aria-label": text.list });
  const threshold = h("p", { class: "small muted" });
  const time = h("p", { class: "small muted number", id: "read-time" });
  const element = h("section", { class: "card outputs", "aria-labelledby": "outputs-title" },
    h("h2", { id: "outputs-title" }, text.title), large, h("div", {}, answer, label), list,
    h("div", {}, threshold, time));
  /** @type {{row: HTMLElement, bar: HTMLElement, ink: HTMLElement, share: HTMLElement}[]} */ let rows = [];

  function build() {
    const { classes, threshold: least } = app.model;
    rows = classes.map((name) => {
      const ink = h("span");
      const bar = h("span", { class: "bar" }, ink);
      const share = h("span", { class: "number share" });
      return { row: h("li", {}, h("span", { class: "name", title: name }, name), bar, share), bar, ink, share };
    });
    list.replaceChildren(...rows.map(({ row }) => row));
    list.style.setProperty("--threshold", String(least));
    say(threshold, fill(text.threshold, { share: percent(least) }));
  }

  function show() {
    const { reading: { answer: given, pass, label: truth, milliseconds }, model } = app;
    const nothing = given.reason?.kind === "problem";
    const best = nothing ? -1 : model.classes.indexOf(given.guesses[0][0]);
    say(answer, said(app));
    enlarge(large, given);
    rows.forEach(({ bar, ink, share }, k) => {
      const p = nothing ? 0 : pass.probabilities[k];
      ink.style.transform = `scaleX(${p.toFixed(4)})`;
      bar.classList.toggle("best", k === best && given.name !== null);
      say(share, nothing ? "–" : percent(p));
    });
    say(label, truth === null ? "" : verdict(given, model.classes[truth]));
    label.hidden = truth === null;
    const atOnce = milliseconds < 0.05; // Some browsers' clocks are coarse.
    say(time, atOnce ? text.atOnce : fill(text.time, { ms: number(milliseconds, 1) }));
  }

  build();
  show();
  const off = [app.on("model", build), app.on("reading", show)];
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

/**
 * Say what the network makes of what there is.
 * @param {App} app
 * @returns {string}
 */
export function said({ reading: { answer, source }, model }) {
  const blank = answer.reason?.kind === "problem" && (answer.reason.problem ?? "blank") === "blank";
  return blank && source === "picture" ? text.blankPicture : sentence(answer, model);
}

/**
 * Write the answer as large as can be: it can be read from the last row.
 * @param {HTMLElement} element
 * @param {Answer} answer
 */
export function enlarge(element, { name, reason }) {
  const { kind = "problem", problem = "blank", first = "", second = "" } = reason ?? {};
  const blank = kind === "problem" && problem === "blank";
  const words_ = name ?? (kind === "either" ? fill(text.or, { first, second }) : blank ? "" : text.unsure);
  say(element, words_);
  element.style.setProperty("--letters", String(Math.max(1, words_.length)));
  element.classList.toggle("unsure", name === null);
}

/**
 * Say the answer again where the hand is, for a screen on which the card with the answer is further down.
 * @param {App} app
 */
export function shortAnswer(app) {
  const { answer } = app.reading;
  if (answer.reason?.kind === "problem") return answer.reason.problem === "blank" ? "" : said(app);
  return fill(text.short, { sentence: said(app), percent: percent(answer.guesses[0][1]) });
}

/**
 * Say an answer in words.
 * @param {Answer} answer
 * @param {import("../network/nn.js").Model} model
 * @returns {string}
 */
function sentence({ name, reason }, model) {
  if (name !== null) return text.is(name);
  if (reason === null) return "";
  const { kind, problem = "blank", first = "", second = "" } = reason;
  if (kind === "unlike" && readsDigits(model)) return text.unlikeDigits;
  if (problem === "several" && !readsSigns(model)) return problems.severalThings;
  return kind === "problem" ? problems[problem] : fill(text[kind], { first, second });
}

/**
 * Say whether an answer is right.
 * @param {Answer} answer
 * @param {string} truth
 */
function verdict({ name, guesses }, truth) {
  const right = guesses[0][0] === truth;
  return fill(name !== null ? (right ? text.right : text.wrong) : right ? text.unsureRight : text.unsureWrong,
    { truth, best: guesses[0][0] });
}

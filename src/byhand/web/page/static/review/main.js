// One number after the other, each beside its picture: Enter says that it is right, or what it is instead.

import { count, percent } from "../charts/numbers.js";
import { fill, h, say, sayAloud } from "../elements/dom.js";
import { ask, askJson, sentenceOf } from "../server/api.js";
import { words } from "./words.js";

/** @typedef {import("./messages.js").Reviewed} Reviewed */
/** @typedef {import("./messages.js").ReviewedNumber} ReviewedNumber */

const main = /** @type {HTMLElement} */ (document.getElementById("main"));

/** @param {ReviewedNumber} number */
const isOpen = ({ doubtful, checked }) => doubtful && !checked;

/**
 * Put the page together.
 * @param {Reviewed} review
 */
function show(review) {
  const { numbers } = review;
  let all = !numbers.some(isOpen); // whether every number is gone through, or those in doubt
  let at = Math.max(0, numbers.findIndex(isOpen));
  const began = performance.now();
  let seen = 0;

  const progress = h("progress", { max: 1, value: 0, "aria-label": words.progress });
  const status = h("p", { role: "status" });
  const place = h("p", { class: "muted small" });
  const picture = h("img", { class: "review-picture", alt: "" });
  const told = h("p", { class: "small" });
  const field = h("input", { type: "text", id: "review-text", autocomplete: "off", spellcheck: false });
  const second = h("button", { type: "button", onclick: () => take(numbers[at].second ?? "") });
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });
  const everything = h("input", { type: "checkbox", id: "review-all", checked: all, onchange: () => {
    all = everything.checked;
    look(all || isOpen(numbers[at]) ? at : next(1));
  } });
  const form = h("form", { class: "review-form", onsubmit: (/** @type {Event} */ event) => {
    event.preventDefault();
    void keep(field.value);
  } }, h("label", { for: field.id }, words.field), h("div", { class: "row" }, field,
    h("button", { class: "primary" }, words.keep)));
  const back = h("button", { type: "button", onclick: () => look(next(-1)) }, words.back);
  const skip = h("button", { type: "button", onclick: () => look(next(1)) }, words.skip);
  const card = h("section", { class: "card review-card", "aria-label": words.card }, place, picture, told, form,
    h("div", { class: "row" }, second, back, skip), h("p", { class: "small muted" }, words.keys), problem);
  const done = h("p", { class: "notice", hidden: true });
  main.replaceChildren(h("header", { class: "lead" }, h("h1", {}, fill(words.title, { table: review.table })), status,
    progress), done, card, h("label", { class: "switch", for: everything.id }, everything, words.everything));

  addEventListener("keydown", (event) => {
    const step = { ArrowUp: -1, PageUp: -1, ArrowDown: 1, PageDown: 1 }[event.key];
    if (!step || event.altKey || event.ctrlKey || event.metaKey) return;
    event.preventDefault();
    look(next(step));
  });

  /**
   * Return the number to look at after this one, or before it; the same if there is no other.
   * @param {number} step 1 or −1
   */
  function next(step) {
    for (let k = 1; k <= numbers.length; k++) {
      const other = (at + step * k + k * numbers.length) % numbers.length;
      if (all || isOpen(numbers[other])) return other;
    }
    return at;
  }

  /** @param {string} text */
  function take(text) {
    field.value = text;
    field.focus();
  }

  /**
   * Keep what a number is, and go on.
   * @param {string} text
   */
  async function keep(text) {
    const index = at;
    const number = numbers[index];
    try {
      const body = JSON.stringify({ row: number.row, text: text.trim() });
      await ask("api/review", { method: "POST", body, headers: { "content-type": "application/json" } });
    } catch (error) {
      problem.hidden = false;
      return say(problem, sentenceOf(error));
    }
    if (!number.checked) seen++;
    Object.assign(number, { text: text.trim(), checked: true });
    if (index === at) look(next(1));
  }

  /** @param {number} index */
  function look(index) {
    at = index;
    const number = numbers[at];
    const open = numbers.filter(isOpen).length;
    const doubts = numbers.filter(({ doubtful }) => doubtful).length;
    problem.hidden = true;
    progress.value = doubts ? 1 - open / doubts : 1;
    const minutes = (performance.now() - began) / 60_000;
    say(status, fill(open ? words.left : words.none, { open: count(open), n: count(numbers.length) })
      + (seen > 4 && open ? fill(words.pace, { pace: count(Math.round(seen / minutes)) }) : ""));
    done.hidden = open > 0;
    say(done, fill(words.done, { out: review.out }));
    say(place, fill(number.page === null ? words.place : words.placeOnPage,
      { file: number.file, page: number.page ?? "", row: count(number.row + 1), n: count(numbers.length) }));
    const address = `api/review/picture?row=${number.row}`;
    if (picture.getAttribute("src") !== address) picture.src = address;
    sayAloud(picture, fill(words.picture, { text: number.text }));
    say(told, fill(number.checked ? words.checked : words.told, { text: number.read, p: percent(number.probability) }));
    second.hidden = !number.second;
    say(second, fill(words.second, { text: number.second ?? "", p: percent(number.second_probability) }));
    field.value = number.text;
    field.focus();
    field.select();
    const after = new Image();
    after.src = `api/review/picture?row=${numbers[next(1)].row}`; // It is there when it is wanted.
  }

  look(at);
}

/** Start everything. */
async function start() {
  try {
    /** @type {Reviewed} */ const review = await askJson("api/review");
    if (review.numbers.length) show(review);
    else main.replaceChildren(h("p", { class: "notice" }, fill(words.empty, { table: review.table })));
  } catch (error) {
    main.replaceChildren(h("div", { class: "notice bad", role: "alert" }, h("p", {}, sentenceOf(error)),
      h("button", { type: "button", onclick: () => location.reload() }, words.again)));
  }
}

void start();

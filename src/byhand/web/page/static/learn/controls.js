// The buttons that start, stop and step a training, and what is said of how it stands.

import { count, percent } from "../charts/numbers.js";
import { fill, h, say } from "../elements/dom.js";
import { terms } from "../elements/terms.js";
import { Refused, sentenceOf } from "../server/api.js";
import { inFormWords } from "./form/labels.js";
import { words as frame } from "../page/words.js";
import { plain, summary } from "./summary.js";
import { words } from "./words.js";

/** @typedef {import("../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("./training/training.js").Training} Training */
/** @typedef {"toggle" | "image" | "batch" | "epoch" | "rewind" | "stop"} Wish */

const text = words.controls;
/** @type {Record<string, string>} */ const STATES = words.states;

/**
 * Which wishes make sense now.
 * @param {Training} training
 * @returns {Set<Wish>}
 */
export function possible({ snapshot: { state }, mine, alive }) {
  if (!alive) return new Set(/** @type {Wish[]} */ (
    ["toggle", "image", "batch", "epoch", ...(mine && state !== "none" ? ["rewind"] : [])]));
  if (!mine) return new Set(["toggle"]); // to take it over
  if (state === "paused") return new Set(["toggle", "image", "batch", "epoch", "rewind", "stop"]);
  return state === "running" ? new Set(["toggle", "rewind", "stop"]) : new Set(["stop"]);
}

/** @param {(wish: Wish) => void} ask @returns {Record<Wish, HTMLButtonElement>} */
function createButtons(ask) {
  const wishes = /** @type {Wish[]} */ (["toggle", "image", "batch", "epoch", "rewind", "stop"]);
  const buttons = /** @type {Record<Wish, HTMLButtonElement>} */ (Object.fromEntries(wishes.map((wish) => [wish,
    h("button", {
      type: "button", "data-wish": wish, class: wish === "toggle" ? "primary" : "",
      // Not "disabled": a button that is focused would lose the focus, and who works by keys their place.
      onclick: () => buttons[wish].getAttribute("aria-disabled") !== "true" && ask(wish),
    }, wish === "toggle" ? text.start : text[wish])])));
  buttons.toggle.title = text.space;
  return buttons;
}

/**
 * @param {(wish: Wish) => void} ask
 * @param {{drawer: HTMLElement, notices: HTMLElement, use: HTMLElement, offers: HTMLElement[]}} rest
 */
export function createControls(ask, { drawer, notices, use, offers }) {
  const buttons = createButtons(ask);
  const progress = h("progress", { max: 1, value: 0, "aria-label": text.progress });
  const state = h("p", { class: "answer state", role: "status" }, STATES.none);
  const about = h("p", { class: "muted small about" });
  const interval = h("p", { class: "muted small" });
  const wrong = h("div", { role: "alert" });
  const facts = Object.fromEntries(Object.keys(text.facts).map((name) =>
    [name, h("dd", { class: "number", "data-fact": name }, "–")]));
  const element = h("section", { class: "card controls", "aria-labelledby": "learn-controls" },
    h("h2", { id: "learn-controls", class: "hidden-text" }, text.title),
    h("div", { class: "buttons" }, buttons.toggle,
      h("div", { class: "even", role: "group", "aria-label": text.steps }, buttons.image, buttons.batch, buttons.epoch),
      h("div", { class: "even" }, buttons.rewind, buttons.stop, drawer)),
    wrong, state, notices, progress,
    h("dl", { class: "facts" }, Object.entries(text.facts).map(([name, label]) =>
      h("div", {}, h("dt", {}, terms(label)), facts[name]))),
    offers);
  const standing = h("div", { class: "standing" }, interval, about, use);

  /** @param {Training} training */
  function showState(training) {
    const { snapshot } = training;
    const able = possible(training);
    for (const [wish, button] of Object.entries(buttons)) {
      const off = String(!able.has(/** @type {Wish} */ (wish)));
      if (button.getAttribute("aria-disabled") !== off) button.setAttribute("aria-disabled", off);
    }
    const own = training.mine && training.alive ? snapshot.state : "none";
    const verb = own === "running" ? text.pause : own === "paused" ? text.goOn : text.start;
    say(buttons.toggle, training.alive && !training.mine ? text.takeOver : verb);
    say(state, sentenceOn(training));
    say(about, snapshot.state === "none" ? "\u00a0" : [summary(snapshot.settings, snapshot.sizes),
      snapshot.folder ? fill(text.folder, { folder: snapshot.folder }) : ""].filter(Boolean).join(" · "));
    const [low, high] = (snapshot.result?.interval ?? []).map((value) => percent(value, 2));
    say(interval, low ? fill(text.interval, { low, high }) : "");
    showFigures(snapshot);
  }

  /** @param {Snapshot} snapshot */
  function showFigures({ figures, state: phase, waiting }) {
    const share = figures ? (figures.epoch - 1 + figures.done / Math.max(1, figures.total)) / figures.epochs : 0;
    progress.value = Math.min(1, Math.max(0, share));
    const { epoch, images, speed, rate } = facts;
    if (!figures) return Object.values(facts).forEach((fact) => say(fact, "–"));
    say(epoch, fill(text.epochOf, { epoch: count(figures.epoch), epochs: count(figures.epochs) }));
    say(images, count(figures.images));
    say(speed, figures.speed > 0 && phase !== "paused" && !waiting ? count(Number(figures.speed.toPrecision(3))) : "–");
    say(rate, plain(figures.rate));
  }

  /**
   * Say what went wrong with a wish.
   * @param {unknown} error null if nothing did
   */
  function complain(error) {
    const sentence = error instanceof Refused && error.message ? inFormWords(error.message, error.fields)
      : error === null ? "" : sentenceOf(error);
    wrong.replaceChildren(...(sentence ? [h("p", { class: "notice bad" }, sentence)] : []));
  }

  return { element, standing, showState, showFigures, complain, focus: () => buttons.toggle.focus() };
}

/**
 * Say how a training stands, in a sentence or two.
 * @param {Training} training
 * @returns {string}
 */
function sentenceOn({ snapshot, alive, mine, stopping, connection }) {
  const { state, figures, result, message, fields, notice, waiting } = snapshot;
  if (connection === "shut out") return frame.otherLink;
  if (connection === "lost") return alive ? `${text.lost} ${text.lostAlive}` : text.lost;
  if (stopping) return text.stopping;
  if (alive && !mine) return fill(text.foreign, { state: text.foreignStates[/** @type {"paused"} */ (state)] });
  if (waiting && alive) return sentenceOnWaiting(waiting, state === "running");
  if (state === "finished" && result) {
    return fill(text.result, { share: percent(result.accuracy, 2), n: count(result.n) });
  }
  if (state === "failed") return notice || !message ? text.failed : `${text.failed} ${inFormWords(message, fields)}`;
  const images = figures?.images ?? 0;
  if (state === "stopped" && images === 0) return text.stoppedBefore;
  if (state === "paused" && images > 0) {
    return images === 1 ? text.pausedAtOne : fill(text.pausedAt, { n: count(images) });
  }
  return STATES[state] ?? "";
}

/**
 * Say of who waits for a turn where it is in the line.
 * @param {import("../server/messages.js").Waiting} waiting
 * @param {boolean} begun whether it has had a turn
 * @returns {string}
 */
function sentenceOnWaiting({ place, learning }, begun) {
  const said = text.waiting;
  return fill(begun ? said.again : said.first, {
    place: said.places[place] ?? fill(said.placeOf, { n: count(place) }),
    learning: said.learning[learning] ?? fill(said.learningOf, { n: count(learning) }),
  });
}

// One step of learning, in stages: forward, the error, the way back, and the step. Here are the stages' order, the
// buttons, keys and clock that move through them; each stage is a part of its own.

import { calm, fill, h, say, stylesheet } from "../elements/dom.js";
import { terms } from "../elements/terms.js";
import { createLead } from "../page/lead.js";
import { onwards } from "../page/links.js";
import { createLesson } from "./lesson.js";
import { createSetting } from "./setting.js";
import { createBack } from "./stages/back.js";
import { createError, createLoss } from "./stages/error.js";
import { createForward, createPixels, createProbabilities } from "./stages/forward.js";
import { createGradient } from "./stages/gradient.js";
import { createUpdate } from "./stages/update.js";
import { words } from "./words.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */
/** @typedef {import("./stages/parts.js").Stage} Stage */

/** @type {((lesson: Lesson) => Stage)[]} in the order of words.stages */
const STAGES = [createPixels, createForward, createProbabilities, createLoss, createError, createBack, createGradient,
  createUpdate];
const PAUSE = 6000; // milliseconds on each stage while playing

/**
 * @param {HTMLElement} host
 * @param {import("../page/app.js").App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  stylesheet("step/step.css");
  const lesson = createLesson(app);
  const setting = createSetting(lesson, app);
  const stages = createStages(lesson, app.keys);
  host.append(
    createLead("step", words.title, words.lead),
    setting.element, stages.element, onwards(app, "judge", words.onwards, words.toJudge));
  const update = () => {
    setting.update();
    stages.update();
  };
  const stop = [
    lesson.on(update),
    app.store.subscribe((_, changed) => { if (changed.has("step")) lesson.followLink(); }),
    app.on("theme", update),
    app.on("reading", () => { if (lesson.memory.source === "drawing") void lesson.load(); }),
    stages.dispose,
  ];
  update();
  void lesson.load();
  return () => stop.forEach((each) => each());
}

/**
 * The stages and the ways through them.
 * @param {Lesson} lesson
 * @param {import("../page/keys.js").Keys} keys
 */
function createStages(lesson, keys) {
  const { memory } = lesson;
  const text = words;
  const title = h("h2", { id: "step-stage" });
  const about = h("p");
  const panel = h("div", { class: "stage" });
  const position = h("span", { class: "number" });
  const status = h("p", { class: "hidden-text", role: "status" });
  const tabs = text.stages.map(({ name }, k) => h("button", { onclick: () => moveTo(k) },
    h("span", { class: "number" }, k + 1), " ", h("span", { class: "name" }, name)));
  const back = h("button", { onclick: () => moveTo(memory.stage - 1) }, text.back_);
  const play = h("button", { onclick: () => (timer ? pause() : start()) }, text.play);
  const next = h("button", { class: "primary", onclick: () => moveTo(memory.stage + 1) }, text.next);
  const card = h("section", { class: "card lesson", "aria-labelledby": "step-stage" },
    h("ol", { class: "steps", "aria-label": text.stagesLabel }, tabs.map((tab) => h("li", {}, tab))),
    h("div", { class: "player", role: "group", "aria-label": text.player }, back, play, next, position),
    h("div", { class: "about" }, title, about), panel, status);
  let shown = -1;
  let timer = 0;
  /** @type {Stage | null} */ let stage = null;
  /** @type {HTMLElement | null | undefined} */ let said; // undefined: nothing is said of the stage yet

  /**
   * Go to another stage; who goes by hand stops the clock.
   * @param {number} wanted
   * @param {boolean} [byHand]
   */
  function moveTo(wanted, byHand = true) {
    if (byHand) pause();
    if (wanted < 0 || wanted >= STAGES.length || wanted === memory.stage) return;
    panel.classList.toggle("moving", !byHand); // Who goes by hand sees all at once.
    lesson.goTo(wanted, byHand);
    say(status, fill(text.announce, { n: wanted + 1, all: STAGES.length, title: text.stages[wanted].title }));
    if (card.getBoundingClientRect().top < 0) {
      card.scrollIntoView({ block: "start", behavior: calm() ? "auto" : "smooth" });
    }
  }

  /** Let the stages follow one another; at the end, from the first again. */
  function start() {
    if (memory.stage === STAGES.length - 1) moveTo(0, false);
    timer = setInterval(() => {
      moveTo(memory.stage + 1, false);
      if (memory.stage === STAGES.length - 1) pause();
    }, PAUSE);
    showPlaying();
  }

  /** Stop the clock. */
  function pause() {
    clearInterval(timer);
    timer = 0;
    showPlaying();
  }

  function showPlaying() {
    say(play, timer ? text.pause : text.play);
  }

  /**
   * Show a stage.
   * @param {number} k
   */
  function show(k) {
    shown = k;
    stage?.dispose?.();
    stage = STAGES[k](lesson);
    panel.replaceChildren(stage.element);
    say(title, text.stages[k].title);
    said = undefined;
    showAbout();
    say(position, fill(text.position, { n: k + 1, all: STAGES.length }));
    tabs.forEach((tab, n) => {
      if (n === k) tab.setAttribute("aria-current", "step");
      else tab.removeAttribute("aria-current");
    });
    // Not "disabled": the focus would leave the button, and who presses Enter once more would go the other way.
    back.setAttribute("aria-disabled", String(k === 0));
    next.setAttribute("aria-disabled", String(k === STAGES.length - 1));
  }

  /** Say what the stage is about, but first what it asks, or said of a guess. */
  function showAbout() {
    const [first, asks] = [stage?.first?.() ?? null, stage?.asks?.() ?? false];
    panel.classList.toggle("asking", asks);
    if (first === said) return;
    const lead = h("span", { class: "about-words" }, terms(text.stages[shown].lead));
    about.replaceChildren(...(first ? [first, " "] : []), ...(asks ? [] : [lead]));
    if (first && !asks && said !== undefined) say(status, first.textContent ?? ""); // It came while one was here.
    said = first;
  }

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    if (!(event.target instanceof Element)) return;
    if (event.target.closest("input, select, textarea, dialog, [role=listbox], [role=region]")) return;
    if (event.key === "ArrowRight") moveTo(memory.stage + 1);
    else if (event.key === "ArrowLeft") moveTo(memory.stage - 1);
    else return;
    event.preventDefault();
  }
  addEventListener("keydown", onkeydown);
  const offSpace = keys.space(() => play.click());

  return {
    element: card,
    update() {
      if (shown !== memory.stage) show(memory.stage);
      panel.hidden = !lesson.now;
      if (lesson.now) stage?.update(lesson.now);
      showAbout();
    },
    dispose() {
      clearInterval(timer);
      stage?.dispose?.();
      removeEventListener("keydown", onkeydown);
      offSpace();
    },
  };
}

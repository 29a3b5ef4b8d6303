// Watch it learn: the form, the buttons, and all that is to be seen of a network while it learns, put together.

import { h, stylesheet } from "../dom.js";
import { createConfusion } from "../learn/confusion.js";
import { createControls, possible } from "../learn/controls.js";
import { createCurves } from "../learn/curves.js";
import { createDrawing, createLook, createWeights } from "../learn/live.js";
import { createNotices } from "../learn/notices.js";
import { pace } from "../learn/pace.js";
import { formOf, fromText, toText } from "../learn/presets.js";
import { createSettings } from "../learn/settings.js";
import { createTraining } from "../learn/training.js";
import { createUse } from "../learn/use.js";
import { words } from "../words/en.js";

/** @typedef {import("../learn/controls.js").Wish} Wish */

const FIGURES = 250; // milliseconds between two sets of figures: faster, nobody can read them
const LINES = 100; // the same for curves: more often they would take from the training what they show of it
const OPERATED = "input, select, textarea, button, a, summary, dialog"; // what has its own use for the space bar

/**
 * @param {HTMLElement} host
 * @param {import("../app.js").App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  stylesheet("views/learn.css");
  const training = createTraining(heard);
  const controls = createControls(wish);
  const notices = createNotices((changed) => {
    settings.write({ ...formOf(training.snapshot.settings), ...changed });
    showOffer();
    if (!offer.hidden) again.focus();
    else controls.focus();
  });
  const settings = createSettings(() => {
    showOffer();
    keepInLink();
  });
  const again = h("button", { type: "button", class: "primary", "data-wish": "again", onclick: () => start(false) },
    words.learn.settings.again);
  const offer = h("div", { class: "offer" }, h("p", { class: "small" }, words.learn.settings.differ), again);
  const curves = createCurves(() => lines.ask(true));
  const confusion = createConfusion();
  const weights = createWeights();
  const drawing = createDrawing(app);
  const use = createUse(app);
  const look = createLook(() => training.visible, (model) => {
    weights.show(model);
    drawing.take(model);
    use.take(model);
  });
  const lines = pace(() => {
    curves.show(training.snapshot);
    confusion.show(training.snapshot);
    weights.showDead(training.snapshot);
  }, LINES);
  const figures = pace(() => controls.showFigures(training.snapshot), FIGURES);
  const whole = pace(() => {
    controls.showState(training);
    notices.show(training.snapshot, training.mine || !training.alive);
    showOffer();
  });

  controls.element.append(offer, notices.element, use.element);
  host.append(
    h("header", { class: "lead" }, h("h1", {}, words.learn.title), h("p", { class: "muted" }, words.learn.lead)),
    settings.presets,
    controls.element,
    h("div", { class: "watch" }, curves.element, h("div", { class: "pair" }, weights.element,
      h("div", { class: "stack" }, drawing.element, confusion.element))),
    settings.element);

  /** @param {"snapshot" | "figures" | "state" | "connection"} news */
  function heard(news) {
    if (news === "figures") figures.ask();
    else whole.ask(true);
    lines.ask(news !== "figures");
    look.ask();
  }

  /** Offer to begin anew where the form says something else than the training that goes on. */
  function showOffer() {
    const own = training.ownSettings;
    offer.hidden = !(training.alive && training.mine) || own === null || settings.holds(formOf(own));
  }

  /** Let the link say what the form says, as long as it can be used. */
  function keepInLink() {
    try {
      app.store.set({ settings: toText(settings.read(true)) });
    } catch {
      return; // The link keeps what was last of use.
    }
  }

  /** @param {boolean} paused */
  async function start(paused) {
    await attempt(() => training.start(settings.read(), paused));
  }

  /**
   * Do something, and say what went wrong.
   * @param {() => Promise<void>} what
   */
  async function attempt(what) {
    controls.complain(null);
    try {
      await what();
      return true;
    } catch (error) {
      controls.complain(error);
      return false;
    }
  }

  /** Do what a button, or the space bar, asks for. @param {Wish} asked */
  async function wish(asked) {
    const { snapshot, alive, mine } = training;
    if (asked === "toggle") {
      if (!alive || !mine) return start(false);
      return void attempt(() => training.act(snapshot.state === "running" ? "pause" : "run"));
    }
    if (asked === "rewind" || asked === "stop") return void attempt(() => training.act(asked));
    if (!alive && !(await attempt(() => training.start(settings.read(), true)))) return;
    await attempt(() => training.act("step", asked));
  }

  /** Space goes on or holds, wherever it has no other meaning. @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.key !== " " || event.ctrlKey || event.altKey || event.metaKey || event.repeat) return;
    if (event.target instanceof Element && event.target.closest(OPERATED)) return;
    event.preventDefault();
    if (possible(training).has("toggle")) void wish("toggle");
  }

  addEventListener("keydown", pressed);
  const off = app.on("theme", () => look.ask());
  const own = training.ownSettings;
  if (app.store.state.settings) settings.write(fromText(app.store.state.settings));
  else if (own) settings.write(formOf(own));
  whole.ask(true);
  lines.ask(true);
  return () => {
    removeEventListener("keydown", pressed);
    off();
    training.close();
    look.close();
    [figures, lines, whole].forEach((paced) => paced.stop());
    [curves, drawing, use].forEach((part) => part.dispose());
  };
}

// The form and the buttons: what is to be trained and how it goes on, and what is said of it.

import { fill, h, say } from "../elements/dom.js";
import { Refused, getData } from "../server/api.js";
import { createControls, possible } from "./controls.js";
import { createSettings } from "./form/form.js";
import { createWorth } from "./form/preset-buttons.js";
import { formOf, fromText, toText } from "./form/presets.js";
import { createNotices } from "./notices.js";
import { pace } from "./pace.js";
import { createSeriesCard } from "./series/card.js";
import { words } from "./words.js";

/** @typedef {import("./controls.js").Wish} Wish */
/** @typedef {import("./form/presets.js").Form} Form */

const FIGURES = 250; // milliseconds between two sets of figures: faster, nobody can read them

/**
 * @param {import("../page/app.js").App} app
 * @param {import("./training/training.js").Training} training
 * @param {HTMLElement} use what leads from here to the other parts of the page
 * @returns {{worth: HTMLElement, controls: HTMLElement, standing: HTMLElement, settings: HTMLElement, series: HTMLElement,
 *            hear: (news: "snapshot" | "figures" | "state" | "connection") => void, dispose: () => void}}
 */
export function createCommands(app, training, use) {
  const { store } = app;
  const again = h("button", { type: "button", class: "primary", "data-wish": "again", onclick: () => start(false) },
    words.settings.again);
  const offer = h("div", { class: "offer", hidden: true },
    h("p", { class: "small" }, words.settings.differ), again);
  const resume = h("button", { type: "button", "data-wish": "resume", onclick: () => attempt(training.resume) },
    words.left.goOn);
  const leftWords = h("p", { class: "small" });
  const left = h("div", { class: "offer", hidden: true }, leftWords, resume);
  const notices = createNotices(change);
  const settings = createSettings(formChanged);
  const rest = { drawer: settings.handle, notices: notices.element, use, offers: [left, offer] };
  const controls = createControls(wish, rest);
  const series = createSeriesCard(app, training, settings, attempt);
  const worth = createWorth(settings.write, series.button);
  const figures = pace(() => controls.showFigures(training.snapshot), FIGURES);
  const whole = pace(() => {
    controls.showState(training);
    notices.show(training.snapshot, training.mine || !training.alive);
    showOffer();
    const { state, folder } = training.snapshot;
    left.hidden = state !== "none" || !folder;
    say(leftWords, fill(words.left.about, { folder: folder ?? "" }));
  });

  /** Offer to begin anew where the form says something else than the training that goes on. */
  function showOffer() {
    const { ownSettings: own, snapshot: { state } } = training;
    const going = training.alive && training.mine && state !== "starting";
    offer.hidden = !going || own === null || settings.holds(formOf(own));
  }

  /** Follow the form: what it offers, which of the settings worth trying it holds, and the link. */
  function formChanged() {
    showOffer();
    worth.follow(settings.holds);
    series.follow();
    try {
      store.set({ settings: toText(settings.read(true)) });
    } catch {
      return; // What cannot be used is in no link: it keeps what was last of use.
    }
  }

  /** Change in the form what a notice advises. @param {Partial<Form>} changed */
  function change(changed) {
    settings.write({ ...formOf(training.snapshot.settings), ...changed });
    if (offer.hidden) controls.focus();
    else again.focus();
  }

  /** @param {boolean} paused */
  function start(paused) {
    return attempt(() => training.start(settings.read(), paused));
  }

  /**
   * Do something, and say what went wrong.
   * @param {() => Promise<void>} what
   * @returns {Promise<boolean>} whether it was done
   */
  async function attempt(what) {
    controls.complain(null);
    try {
      await what();
      return true;
    } catch (error) {
      controls.complain(error);
      if (error instanceof Refused) settings.pointOut(error.fields);
      return false;
    }
  }

  /** Do what a button, or the space bar, asks for. @param {Wish} asked */
  async function wish(asked) {
    const { snapshot, alive, mine } = training;
    if (asked === "toggle") {
      if (alive && !mine) return void attempt(() => training.takeOver());
      if (!alive) return void start(false);
      return void attempt(() => training.act(snapshot.state === "running" ? "pause" : "run"));
    }
    if (asked === "stop") series.stop();
    if (asked === "rewind" || asked === "stop") return void attempt(() => training.act(asked));
    if (!alive && !(await start(true))) return;
    await attempt(() => training.act("step", asked));
  }

  /** Let the form say what the link says. */
  function followLink() {
    settings.write(fromText(store.state.settings));
  }

  if (store.state.settings) followLink();
  else if (training.ownSettings) settings.write(formOf(training.ownSettings));
  worth.follow(settings.holds);
  void expectImages(settings);
  whole.ask(true);
  const offSpace = app.keys.space(() => possible(training).has("toggle") && wish("toggle"));
  const off = store.subscribe((state, changed) => {
    if (changed.has("settings") && !settings.holds(fromText(state.settings))) followLink();
  });
  return {
    worth: worth.element,
    controls: controls.element,
    standing: controls.standing,
    settings: settings.element,
    series: series.element,
    hear(news) {
      if (news !== "figures") series.hear();
      if (news === "connection" && training.connection === "open") controls.complain(null); // The server is back.
      if (news === "figures" && training.snapshot.state === "running") figures.ask();
      else whole.ask(true);
    },
    dispose() {
      offSpace();
      off();
      series.dispose();
      figures.stop();
      whole.stop();
    },
  };
}

/**
 * Tell the form how many images there are; if the server does not say, it will itself refuse what is too much.
 * @param {ReturnType<typeof createSettings>} settings
 */
async function expectImages(settings) {
  const data = await getData().catch(() => null);
  if (data) settings.expect(data.train);
}

// How good is the network? Everything that its answers to the test images tell, from one figure down to single images.

import { h, say, stylesheet } from "../elements/dom.js";
import { terms } from "../elements/terms.js";
import { isFollowed, isGone } from "../page/followed.js";
import { createLead } from "../page/lead.js";
import { onwards } from "../page/links.js";
import { askJson, sentenceOf } from "../server/api.js";
import { createClasses } from "./sections/classes.js";
import { createHeadline } from "./sections/headline.js";
import { createMatrix } from "./sections/matrix.js";
import { createMistakes } from "./sections/mistakes.js";
import { createOneImage } from "./sections/one-image.js";
import { createReliability } from "./sections/reliability.js";
import { createRobustness } from "./sections/robustness.js";
import { createThreshold } from "./sections/threshold.js";
import { words } from "./words.js";

/** @typedef {import("../page/app.js").App} App */
/** @typedef {import("../server/messages.js").Judgement} Judgement */

const PARTS = [createHeadline, createMatrix, createClasses, createThreshold, createReliability, createMistakes,
  createOneImage, createRobustness];

/** Keep the judgement of the network served, which never changes: who comes back need not wait again. */
const createKept = () => ({ served: /** @type {Judgement | null} */ (null) });

/**
 * @param {HTMLElement} host
 * @param {App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  stylesheet("charts/figures.css");
  stylesheet("judge/judge.css");
  const kept = app.once(createKept);
  const said = words;
  const which = h("p", { class: "notice", hidden: true }, said.training);
  const news = h("div", { class: "notice row", role: "status", hidden: true }, h("span", {}, said.learned),
    h("button", { onclick: () => void load() }, said.again));
  const body = h("div", { class: "judgement" });
  host.append(createLead("judge", said.title, ...terms(said.lead)),
    which, news, body, onwards(app, "break", said.onwards, said.toBreak));
  /** @type {{element: HTMLElement, dispose: () => void}[]} */ let parts = [];
  let shown = { of: "", model: app.model };
  let asked = 0;

  const clear = () => {
    parts.forEach((part) => part.dispose());
    parts = [];
  };

  /** Fetch the judgement of the network that the page reads with, and show it. */
  async function load() {
    const mine = ++asked;
    const of = app.store.state.model;
    shown = { of, model: app.model };
    which.hidden = of !== "training";
    news.hidden = true;
    clear();
    const waiting = h("p", { class: "empty", role: "status" });
    body.replaceChildren(waiting);
    say(waiting, said.loading);
    if (!isFollowed(app)) return; // The network in training is still to come, or there is none.
    try {
      const known = of === "served" ? kept.served : null;
      const judgement = known ?? /** @type {Judgement} */ (await askJson(`api/judgement?of=${of}`));
      if (of === "served") kept.served = judgement;
      if (mine !== asked) return;
      parts = PARTS.map((create) => create(app, judgement));
      body.replaceChildren(...parts.map((part) => part.element));
    } catch (error) {
      if (mine !== asked || isGone(app, error)) return;
      body.replaceChildren(h("div", { class: "notice bad row", role: "alert" },
        h("span", {}, sentenceOf(error)), h("button", { onclick: () => void load() }, said.retry)));
    }
  }

  /** Judge another network; but one in training changes many times a minute, and is judged anew only when asked for. */
  function follow() {
    const of = app.store.state.model;
    if (shown.of === of && shown.model === app.model && parts.length) return;
    if (shown.of === "training" && of === "training" && parts.length) news.hidden = false;
    else void load();
  }

  void load();
  const stops = [app.on("model", follow),
    app.store.subscribe((_, changed) => changed.has("model") && follow())];
  return () => {
    asked++;
    stops.forEach((stop) => stop());
    clear();
  };
}

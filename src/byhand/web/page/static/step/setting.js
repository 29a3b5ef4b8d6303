// What the step is made with: the image and its label, and the network.

import { count, percent } from "../charts/numbers.js";
import { paintInk } from "../charts/paint.js";
import { fill, h, say, sayAloud } from "../elements/dom.js";
import { hasTraining } from "../server/api.js";
import { words } from "./words.js";

/** @typedef {import("./lesson.js").Lesson} Lesson */

/**
 * @param {Lesson} lesson
 * @param {import("../page/app.js").App} app
 * @returns {{element: HTMLElement, update: () => void}}
 */
export function createSetting(lesson, app) {
  const text = words.setting;
  const { memory } = lesson;
  const canvas = h("canvas", { class: "pixelated thumb", role: "img" });
  const options = (/** @type {[string, string][]} */ list) => list.map(([value, name]) => h("option", { value }, name));

  const source = h("select", { id: "step-source", onchange: () => lesson.set({
    source: /** @type {import("./lesson.js").Source} */ (source.value), label: null }) },
  options([["train", text.train], ["drawing", text.drawing]]));
  let typing = false; // Nothing is written over before it is finished.
  const index = h("input", { type: "number", id: "step-index", min: "0", step: "1", oninput: () => { typing = true; },
    onchange: () => {
      typing = false;
      lesson.set({ index: Math.max(0, Math.round(Number(index.value)) || 0) });
    } });
  const random = h("button", { onclick: () => lesson.set({
    index: Math.floor(Math.random() * (memory.images || 1)) }) }, text.random);
  const label = h("select", { id: "step-label",
    onchange: () => lesson.set({ label: Number(label.value), labelled: "" }) });
  const numbered = h("div", { class: "row" }, field("step-index", text.index, index), random);
  const labelled = h("div", { class: "row" }, field("step-label", text.label, label));
  const draw = h("button", { class: "quiet", onclick: () => app.store.go({ view: "draw" }) }, text.toDraw);
  const drawn = h("p", { class: "small muted" }, text.drawn, " ", draw);

  const network = h("select", { id: "step-network", onchange: () => lesson.set({
    network: /** @type {import("./lesson.js").Network} */ (network.value), baseName: "" }) },
  options([["fresh", text.fresh], ["own", text.own]]));
  const fresh = network.options[0];
  const [before] = options([["before", text.before]]);
  const reseed = h("button", { onclick: () => lesson.set({ seed: memory.seed + 1 }) }, text.reseed);
  const answer = h("p", { class: "answer" });
  const told = h("p", { class: "small muted" });
  const status = h("p", { class: "hidden-text", role: "status" }); // says the answer when it is another image or network
  let shown = "";
  const change = h("button", { class: "change", "aria-expanded": "false", onclick: () => {
    change.setAttribute("aria-expanded", String(element.classList.toggle("open")));
  } }, text.change);
  const problem = h("p", { class: "notice bad", role: "alert", hidden: true });

  void hasTraining().then((is) => {
    if (is || memory.network === "training") network.append(...options([["training", text.training]]));
    update();
  }, () => {}); // Without an answer there is no network in training to choose.

  /** Show what is chosen, and what the network says before the step. */
  function update() {
    const { now } = lesson;
    source.value = memory.source;
    if (memory.network === "before") network.append(before);
    network.value = memory.network;
    if (!typing) index.value = String(memory.index);
    if (memory.images) index.max = String(memory.images - 1);
    numbered.hidden = memory.source !== "train";
    labelled.hidden = drawn.hidden = memory.source !== "drawing";
    reseed.hidden = memory.network !== "fresh";
    say(fresh, lesson.steps || lesson.stepsToMake ? text.freshMoved : text.fresh);
    const untouched = { fresh: text.freshWhy, own: text.ownWhy, training: text.trainingWhy, before: text.beforeWhy }[memory.network];
    if (lesson.stepsToMake) say(told, fill(text.again, { n: count(lesson.stepsToMake) }));
    else say(told, lesson.steps === 0 ? untouched
      : fill(lesson.steps === 1 ? text.oneStep : text.steps, { n: count(lesson.steps) }));
    problem.hidden = !lesson.problem;
    say(problem, lesson.problem);
    if (!now) return;
    const { model, image, pass, label: right } = now;
    const [height, width] = model.imageShape;
    paintInk(canvas, image, width, height, 255);
    sayAloud(canvas, fill(text.thumb, { name: model.classes[right] }));
    if (label.length !== model.classes.length || label.options[0].text !== model.classes[0]) {
      label.replaceChildren(...options(model.classes.map((name, k) => [String(k), name])));
    }
    label.value = String(right);
    const p = pass.probabilities;
    const best = p.indexOf(Math.max(...p));
    say(answer, image.every((pixel) => pixel === 0) ? text.empty
      : fill(best === right ? text.saysRight : text.says, {
        best: model.classes[best], p: percent(p[best]), name: model.classes[right], q: percent(p[right]) }));
    const mine = `${memory.shownImage} ${memory.baseName}`;
    if (shown && shown !== mine) say(status, answer.textContent ?? "");
    shown = mine;
  }

  const element = h("section", { class: "card setting", "aria-labelledby": "step-setting" },
    h("h2", { id: "step-setting", class: "hidden-text" }, text.title),
    canvas,
    h("div", { class: "said" }, answer, told, problem, status), change,
    h("div", { class: "choice row" }, field("step-source", text.source, source), numbered, labelled, drawn),
    h("div", { class: "choice row" }, field("step-network", text.network, network), reseed));
  return { element, update };
}

/**
 * A control with its label above it.
 * @param {string} id
 * @param {string} name
 * @param {HTMLElement} control
 */
function field(id, name, control) {
  return h("div", { class: "field" }, h("label", { for: id }, name), control);
}

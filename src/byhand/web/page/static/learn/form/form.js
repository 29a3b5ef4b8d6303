// The form for everything that a training can be told.

import { count } from "../../charts/numbers.js";
import { fill, h } from "../../elements/dom.js";
import { Told } from "../../server/api.js";
import { exported } from "../../server/carrying.js";
import { facts } from "../../server/facts.js";
import { plain } from "../summary.js";
import { words } from "../words.js";
import { createDrawer } from "./drawer.js";
import { changeText, choiceControl, layersControl, numberControl, sliderControl } from "./fields.js";
import { CHANGES, START, changes, strengthOf, suitingRate } from "./presets.js";

/** @typedef {import("./presets.js").Form} Form */
/** @typedef {import("./presets.js").Change} Change */
/** @typedef {import("./fields.js").Control} Control */
/** @typedef {Control & {input: HTMLInputElement}} Slider */

const text = words.settings;

/**
 * @param {() => void} changed is called whenever the form says something else
 * @returns {{element: HTMLElement, handle: HTMLElement, read: (quietly?: boolean) => Form, write: (form: Form) => void,
 *            holds: (form: Form) => boolean, expect: (images: number) => void, pointOut: (names: string[]) => void}}
 *   `read` throws what is Told, and goes to the field, if something cannot be used; `expect` tells the form how many
 *   images there are
 */
export function createSettings(changed) {
  const { controls, sliders, strength } = createControls();
  const { element, handle, open } = createDrawer(arrange(controls, strength, heard));
  let images = Infinity;

  /** Follow what was typed. @param {Event} event */
  function heard(event) {
    if (event.target === strength.input) {
      const all = changes(strength.input.valueAsNumber / 100);
      for (const [name, value] of Object.entries(all)) controls[name].write(value);
    } else if (event.target instanceof HTMLInputElement && event.target.name in CHANGES) {
      showStrength();
    }
    if (event.target instanceof Element) event.target.removeAttribute("aria-invalid");
    showRate();
    changed();
  }

  /** Let the one slider for all changes stand where the others do. */
  function showStrength() {
    const now = Object.fromEntries(Object.entries(sliders).map(([name, slider]) => [name, slider.read()]));
    strength.write(Math.round(20 * strengthOf({ ...START, ...now })) * 5);
  }

  /** Say in the empty field which learning rate would be taken. */
  function showRate() {
    const batch = /** @type {HTMLInputElement} */ (controls.batch_size.input).valueAsNumber || START.batch_size;
    const rate = plain(suitingRate(facts.rates, controls.optimizer.input.value, batch));
    /** @type {HTMLInputElement} */ (controls.learning_rate.input).placeholder = fill(text.suits, { rate });
  }

  /** @param {boolean} [quietly] whether what cannot be used shall not be pointed out @returns {Form} */
  function read(quietly = false) {
    const form = /** @type {Form} */ (Object.fromEntries(Object.entries(controls).map(([name, control]) => {
      try {
        return [name, control.read()];
      } catch (error) {
        if (!quietly) show(control);
        throw error;
      }
    })));
    const left = images - form.validation;
    if (left < Math.max(1, form.limit ?? 1)) {
      if (!quietly) show(left < 1 ? controls.validation : controls.limit);
      throw new Told(fill(left < 1 ? text.noneLeft : text.tooMany,
        { images: count(images), aside: count(form.validation), left: count(left) }));
    }
    return form;
  }

  /** Show a field that cannot be used. @param {Control} control */
  function show(control) {
    open();
    pointOut(control);
  }

  /** @param {Form} values */
  function put(values) {
    for (const [name, control] of Object.entries(controls)) {
      control.write(values[/** @type {keyof Form} */ (name)]);
      control.input.removeAttribute("aria-invalid");
    }
    showStrength();
    showRate();
  }

  /** @param {Form} values */
  function write(values) {
    put(values);
    changed();
  }

  /** @param {Form} values @returns {boolean} whether the form says just that */
  function holds(values) {
    try {
      const now = read(true);
      const names = /** @type {(keyof Form)[]} */ (Object.keys(now));
      return names.every((name) => String(values[name]) === String(now[name]));
    } catch {
      return false; // It cannot even be read.
    }
  }

  put(START);
  return {
    element, handle, read, write, holds,
    expect: (n) => { images = n; },
    /** Show which fields the server cannot use, and go to the first of them. */
    pointOut: (names) => names.toReversed().forEach((name) => Object.hasOwn(controls, name) && show(controls[name])),
  };
}

/** @returns {{controls: Record<string, Control>, sliders: Record<Change, Slider>, strength: Slider}} */
function createControls() {
  const strength = sliderControl("strength", 100, 5, (value) => (value ? `${value}\u00a0%` : text.off));
  const sliders = /** @type {Record<Change, Slider>} */ (Object.fromEntries(Object.entries(CHANGES).map(
    ([name, { most, step }]) => [name, sliderControl(name, most, step, changeText(name))])));
  const controls = {
    layers: layersControl(facts.most),
    learning_rate: numberControl("learning_rate", { whole: false, empty: text.suits }),
    batch_size: numberControl("batch_size", { least: 1, most: facts.most.batch_size }),
    optimizer: choiceControl("optimizer", text.optimizers),
    epochs: numberControl("epochs", { least: 1, most: facts.most.epochs }),
    limit: numberControl("limit", { least: 1, empty: text.all }),
    seed: numberControl("seed", { most: facts.most.seed }),
    activation: choiceControl("activation", text.activations),
    schedule: choiceControl("schedule", text.schedules),
    validation: numberControl("validation", {}),
    ...sliders,
  };
  return { controls, sliders, strength };
}

/**
 * Put the fields together.
 * @param {Record<string, Control>} controls
 * @param {Control} strength
 * @param {(event: Event) => void} heard
 * @returns {HTMLFormElement}
 */
function arrange(controls, strength, heard) {
  const part = (/** @type {string[]} */ ...names) => names.map((name) => controls[name].element);
  const stay = (/** @type {Event} */ event) => event.preventDefault(); // Enter would send the form away.
  return h("form", { noValidate: true, oninput: heard, onsubmit: stay },
    h("fieldset", {}, h("legend", {}, text.network), part("layers")),
    h("fieldset", { class: "pairs" }, h("legend", {}, text.learning),
      part("learning_rate", "batch_size", "optimizer", "epochs")),
    h("fieldset", {}, h("legend", {}, text.images), part("limit"),
      exported ? [] : [strength.element, h("details", {}, h("summary", {}, text.changes),
        h("div", { class: "inside" }, part(...Object.keys(CHANGES))))]),
    h("details", {}, h("summary", {}, text.more),
      h("div", { class: "inside pairs" }, part("activation", "schedule", "validation", "seed"))));
}

/** Show which field cannot be used, and go there. @param {Control} control */
function pointOut({ input }) {
  input.setAttribute("aria-invalid", "true");
  input.closest("details")?.setAttribute("open", "");
  input.focus();
}

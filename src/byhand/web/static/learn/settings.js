// The form for everything that a training can be told, with settings worth trying, one button each.

import { fill, h, say } from "../dom.js";
import { count, number, percent } from "../scale.js";
import { words } from "../words/en.js";
import { CHANGES, MOST, PRESETS, START, changes, strengthOf } from "./presets.js";

/** @typedef {import("./presets.js").Form} Form */
/** @typedef {import("./presets.js").Change} Change */
/**
 * @typedef {object} Control one field of the form
 * @property {HTMLElement} element
 * @property {HTMLInputElement | HTMLSelectElement} input
 * @property {() => unknown} read throws an Error, in words, if it cannot be read
 * @property {(value: any) => void} write
 */

const text = words.learn.settings;
/** @type {Record<string, {label: string, hint?: string, unit?: string}>} */ const FIELDS = text.fields;

/**
 * Make a label, the control and what is to be said of it.
 * @param {string} name
 * @param {HTMLInputElement | HTMLSelectElement} input
 */
function field(name, input) {
  const { label, hint } = FIELDS[name];
  input.id = `learn-${name}`;
  input.name = name;
  const below = hint ? h("span", { class: "hint", id: `learn-${name}-hint` }, hint) : null;
  if (below) input.setAttribute("aria-describedby", below.id);
  return h("div", { class: "field" }, h("label", { for: input.id }, label), input, below);
}

/**
 * @param {string} name
 * @param {{least?: number, most?: number, whole?: boolean, empty?: string}} rules for whole numbers, least and most;
 *   for others, 0 is too little. `empty`: what an empty field means
 * @returns {Control}
 */
function numberControl(name, { least = 0, most = Infinity, whole = true, empty }) {
  const input = h("input", {
    type: "number", min: String(least), max: most === Infinity ? undefined : String(most), step: whole ? "1" : "any",
    placeholder: empty, inputMode: whole ? "numeric" : "decimal",
  });
  const rule = whole ? (most === Infinity ? text.notWhole : text.notBetween) : text.notNumber;
  return {
    element: field(name, input),
    input,
    read() {
      const value = input.value.trim() === "" && !input.validity.badInput ? null : input.valueAsNumber;
      if (value === null && empty !== undefined) return null;
      const fits = value !== null && Number.isFinite(value) &&
        (whole ? Number.isInteger(value) && value >= least && value <= most : value > 0);
      if (!fits) throw new Error(fill(rule, { label: FIELDS[name].label, least, most: count(most) }));
      return value;
    },
    write(value) {
      input.value = value === null ? "" : String(value);
    },
  };
}

/**
 * @param {string} name
 * @param {Record<string, string>} choices
 * @returns {Control}
 */
function choiceControl(name, choices) {
  const input = h("select", {}, Object.entries(choices).map(([value, label]) => h("option", { value }, label)));
  return {
    element: field(name, input),
    input,
    read: () => input.value,
    write(value) {
      if (Object.hasOwn(choices, value)) input.value = value; // A link may say anything.
    },
  };
}

/** @returns {Control} for the sizes of the hidden layers */
function layersControl() {
  const input = h("input", { type: "text", autocomplete: "off", spellcheck: false });
  return {
    element: field("layers", input),
    input,
    read() {
      const parts = input.value.split(/[\s,;×x–-]+/).filter((part) => part !== "" && part !== "none");
      const sizes = parts.map(Number);
      const fit = sizes.length <= MOST.layers &&
        sizes.every((size) => Number.isInteger(size) && size >= 1 && size <= MOST.units);
      if (!fit) throw new Error(fill(text.notLayers, { layers: MOST.layers, units: count(MOST.units) }));
      return sizes;
    },
    write(/** @type {number[]} */ sizes) {
      input.value = sizes.join(", ");
    },
  };
}

/**
 * A slider with its value in words beside its label.
 * @param {string} name
 * @param {number} most
 * @param {number} step
 * @param {(value: number) => string} tell
 * @returns {Control & {input: HTMLInputElement}}
 */
function sliderControl(name, most, step, tell) {
  const input = h("input", { type: "range", min: "0", max: String(most), step: String(step) });
  const element = field(name, input);
  const value = h("output", { class: "number", for: input.id });
  /** @type {Element} */ (element.firstElementChild).append(" ", value);
  const show = () => say(value, tell(input.valueAsNumber));
  input.addEventListener("input", show);
  return {
    element,
    input,
    read: () => input.valueAsNumber,
    write(now) {
      input.value = String(now);
      show();
    },
  };
}

/**
 * @param {string} name of a change
 * @returns {(value: number) => string}
 */
function changeText(name) {
  const { unit = "{n}" } = FIELDS[name];
  const digits = CHANGES[/** @type {Change} */ (name)].step < 1 ? 1 : 0;
  return (value) => fill(unit, { n: unit === "{n}" ? percent(value, 0) : number(value, digits) });
}

/**
 * @param {() => void} changed is called whenever the form says something else
 * @returns {{element: HTMLElement, presets: HTMLElement, read: (quietly?: boolean) => Form,
 *            write: (form: Form) => void, holds: (form: Form) => boolean}}
 *   `read` throws an Error in words, and goes to the field, if something cannot be used
 */
export function createSettings(changed) {
  const strength = sliderControl("strength", 100, 5, (value) => (value ? `${value}\u00a0%` : text.off));
  const sliders = /** @type {Record<Change, Control>} */ (Object.fromEntries(Object.entries(CHANGES).map(
    ([name, { most, step }]) => [name, sliderControl(name, most, step, changeText(name))])));
  /** @type {Record<string, Control>} */ const controls = {
    layers: layersControl(),
    learning_rate: numberControl("learning_rate", { whole: false, empty: text.suits }),
    batch_size: numberControl("batch_size", { least: 1, most: MOST.batch_size }),
    optimizer: choiceControl("optimizer", text.optimizers),
    epochs: numberControl("epochs", { least: 1, most: MOST.epochs }),
    limit: numberControl("limit", { least: 1, empty: text.all }),
    seed: numberControl("seed", { most: MOST.seed }),
    activation: choiceControl("activation", text.activations),
    schedule: choiceControl("schedule", text.schedules),
    validation: numberControl("validation", {}),
    ...sliders,
  };
  const part = (/** @type {string[]} */ ...names) => names.map((name) => controls[name].element);
  const stay = (/** @type {Event} */ event) => event.preventDefault(); // Enter would send the form away.
  const form = h("form", { noValidate: true, oninput: heard, onsubmit: stay },
    h("fieldset", {}, h("legend", {}, text.network), part("layers")),
    h("fieldset", { class: "pairs" }, h("legend", {}, text.learning),
      part("learning_rate", "batch_size", "optimizer", "epochs")),
    h("fieldset", {}, h("legend", {}, text.images), part("limit"), strength.element,
      h("details", {}, h("summary", {}, text.changes), h("div", { class: "inside" }, part(...Object.keys(CHANGES))))),
    h("details", {}, h("summary", {}, text.more),
      h("div", { class: "inside pairs" }, part("activation", "schedule", "validation", "seed"))));
  const buttons = Object.fromEntries(Object.keys(PRESETS).map((name) => [name, h("button", {
    type: "button", "data-preset": name, "aria-pressed": "false", "aria-describedby": `preset-${name}`,
    onclick: () => write({ ...START, ...PRESETS[name] }),
  }, words.learn.presets[/** @type {"plain"} */ (name)].title)]));
  const presets = h("section", { class: "try", "aria-labelledby": "learn-try" },
    h("h2", { id: "learn-try" }, text.try),
    h("ul", { class: "presets" }, Object.entries(buttons).map(([name, button]) => h("li", {}, button,
      h("span", { class: "hint", id: `preset-${name}` }, words.learn.presets[/** @type {"plain"} */ (name)].about)))));
  const element = h("section", { class: "card settings", "aria-labelledby": "learn-settings" },
    h("h2", { id: "learn-settings" }, text.title), form);

  /** Follow what was typed. @param {Event} event */
  function heard(event) {
    if (event.target === strength.input) {
      const all = changes(strength.input.valueAsNumber / 100);
      for (const [name, value] of Object.entries(all)) controls[name].write(value);
    } else if (event.target instanceof HTMLInputElement && event.target.name in CHANGES) {
      showStrength();
    }
    if (event.target instanceof Element) event.target.removeAttribute("aria-invalid");
    follow();
    changed();
  }

  /** Let the one slider for all changes stand where the others do. */
  function showStrength() {
    const now = Object.fromEntries(Object.entries(sliders).map(([name, slider]) => [name, slider.read()]));
    strength.write(Math.round(20 * strengthOf({ ...START, ...now })) * 5);
  }

  /** @param {boolean} [quietly] whether what cannot be used shall not be pointed out @returns {Form} */
  function read(quietly = false) {
    return /** @type {Form} */ (Object.fromEntries(Object.entries(controls).map(([name, control]) => {
      try {
        return [name, control.read()];
      } catch (error) {
        if (quietly) throw error;
        control.input.setAttribute("aria-invalid", "true");
        control.input.closest("details")?.setAttribute("open", "");
        control.input.focus();
        throw error;
      }
    })));
  }

  /** @param {Form} values */
  function write(values) {
    put(values);
    changed();
  }

  /** @param {Form} values */
  function put(values) {
    for (const [name, control] of Object.entries(controls)) {
      control.write(values[/** @type {keyof Form} */ (name)]);
      control.input.removeAttribute("aria-invalid");
    }
    showStrength();
    follow();
  }

  /** Show which of the settings worth trying the form holds. */
  function follow() {
    for (const [name, button] of Object.entries(buttons)) {
      button.setAttribute("aria-pressed", String(holds({ ...START, ...PRESETS[name] })));
    }
  }

  /**
   * @param {Form} values
   * @returns {boolean} whether the form says just that
   */
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
  return { element, presets, read, write, holds };
}

/**
 * Say in one line what a training was told.
 * @param {Record<string, unknown>} settings
 * @param {number[]} sizes
 * @returns {string}
 */
export function summary(settings, sizes) {
  const { optimizer, learning_rate: rate, batch_size: batch, limit, seed } = settings;
  /** @type {Record<string, string>} */ const optimizers = text.optimizers;
  const drawn = Object.keys(CHANGES).some((name) => Number(settings[name]) > 0);
  return [
    sizes.join("–"),
    optimizers[String(optimizer)]?.toLowerCase(),
    typeof rate === "number" ? fill(text.rateOf, { rate: String(rate) }) : "",
    Number(batch) === 1 ? text.oneByOne : fill(text.batchOf, { n: count(Number(batch)) }),
    typeof limit === "number" ? fill(text.limitOf, { n: count(limit) }) : "",
    drawn ? text.drawnAnew : "",
    fill(text.seedOf, { seed: String(seed ?? 0) }),
  ].filter(Boolean).join(" · ");
}

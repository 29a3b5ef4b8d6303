// Settings worth trying, one button each.

import { h } from "../../elements/dom.js";
import { words } from "../words.js";
import { PRESETS, START } from "./presets.js";

/** @typedef {import("./presets.js").Form} Form */
/** @typedef {keyof typeof words.presets} Name */

/**
 * @param {(form: Form) => void} choose
 * @returns {{element: HTMLElement, follow: (holds: (form: Form) => boolean) => void}} `follow` marks the one chosen
 */
export function createWorth(choose) {
  const forms = Object.entries(PRESETS).map(([name, preset]) => ({ name, form: { ...START, ...preset } }));
  const buttons = forms.map(({ name, form }) => h("button", {
    type: "button", "data-preset": name, "aria-pressed": "false", "aria-describedby": `preset-${name}`,
    onclick: () => choose(form),
  }, words.presets[/** @type {Name} */ (name)].title));
  const element = h("section", { class: "try", "aria-labelledby": "learn-try" },
    h("h2", { id: "learn-try" }, words.settings.try),
    h("ul", { class: "presets" }, forms.map(({ name }, place) => h("li", {}, buttons[place],
      h("span", { class: "hint", id: `preset-${name}` }, words.presets[/** @type {Name} */ (name)].about)))));
  return {
    element,
    follow: (holds) => forms.forEach(({ form }, place) =>
      buttons[place].setAttribute("aria-pressed", String(holds(form)))),
  };
}

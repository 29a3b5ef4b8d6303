// Settings worth trying, one button each.

import { h, say } from "../../elements/dom.js";
import { words } from "../words.js";
import { PRESETS, START } from "./presets.js";

/** @typedef {import("./presets.js").Form} Form */
/** @typedef {keyof typeof words.presets} Name */

/**
 * @param {(form: Form) => void} choose
 * @param {HTMLElement} more what else is worth trying
 * @returns {{element: HTMLElement, follow: (holds: (form: Form) => boolean) => void}} `follow` marks the one chosen
 */
export function createWorth(choose, more) {
  const forms = Object.entries(PRESETS).map(([name, preset]) => ({ name, form: { ...START, ...preset } }));
  const buttons = forms.map(({ name, form }) => h("button", {
    type: "button", "data-preset": name, "aria-pressed": "false", "aria-describedby": `preset-${name}`,
    onclick: () => choose(form),
  }, words.presets[/** @type {Name} */ (name)].title));
  const said = h("p", { class: "hint said", "aria-hidden": "true" }); // It says what the chosen button is described by.
  const element = h("section", { class: "try", "aria-labelledby": "learn-try" },
    h("h2", { id: "learn-try" }, words.settings.try),
    h("ul", { class: "presets" }, forms.map(({ name }, place) => h("li", {}, buttons[place],
      h("span", { hidden: true, id: `preset-${name}` }, words.presets[/** @type {Name} */ (name)].about))), more),
    said);
  return {
    element,
    follow(holds) {
      const chosen = forms.findIndex(({ form }) => holds(form));
      buttons.forEach((button, place) => button.setAttribute("aria-pressed", String(place === chosen)));
      say(said, chosen < 0 ? words.settings.own : words.presets[/** @type {Name} */ (forms[chosen].name)].about);
    },
  };
}

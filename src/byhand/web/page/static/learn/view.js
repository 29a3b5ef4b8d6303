// Watch it learn: the form, the buttons, and all that is to be seen of a network while it learns, put together.

import { h, stylesheet } from "../elements/dom.js";
import { createLead } from "../page/lead.js";
import { onwards } from "../page/links.js";
import { createCommands } from "./commands.js";
import { createTraining } from "./training/training.js";
import { createWatch } from "./watch/watch.js";
import { words } from "./words.js";

/**
 * @param {HTMLElement} host
 * @param {import("../page/app.js").App} app
 * @returns {() => void} to take it down
 */
export function mount(host, app) {
  stylesheet("learn/learn.css");
  const text = words;
  const training = createTraining((news) => {
    commands.hear(news);
    watch.hear(news);
  });
  const watch = createWatch(app, training);
  const commands = createCommands(app, training, watch.use);
  const lead = createLead("learn", text.title, text.lead);
  if (matchMedia("(max-width: 40rem)").matches) lead.querySelector("details")?.removeAttribute("open");
  commands.standing.prepend(watch.seen);
  watch.others.prepend(commands.series);
  host.append(
    h("div", { class: "opening" }, lead, commands.worth),
    h("div", { class: "cockpit" }, commands.controls, commands.standing, watch.curves, watch.weights),
    commands.settings, watch.others,
    onwards(app, "step", text.onwards, text.toStep));
  return () => {
    commands.dispose();
    watch.dispose();
    training.close();
  };
}

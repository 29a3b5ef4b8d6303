// Which of the former trainings is drawn beside the present one: they are kept as long as the page is open, each named by
// what is otherwise now.

import { fill, h } from "../../elements/dom.js";
import { difference } from "../difference.js";
import { words } from "../words.js";

/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("./memory.js").Memory} Memory */
/** @typedef {import("./memory.js").Run} Run */

const text = words.runs;
const NONE = "none";

/**
 * @param {Memory} memory
 * @param {() => void} changed is called when somebody chooses another one
 */
export function createRuns(memory, changed) {
  const select = h("select", { class: "before", "aria-label": text.label, onchange: () => {
    memory.chooseBeside(select.value === NONE ? null : Number(select.value));
    changed();
  } });
  const element = h("span", { class: "beside-run", hidden: true },
    h("span", { class: "stroke grey", "aria-hidden": "true" }), select);
  let listed = "";
  /** @type {Record<string, unknown>} */ let now = {};

  /** @param {Run} run */
  const nameOf = ({ settings }) => difference(settings, now);

  return {
    element,
    /** @returns {{curve: Run["curve"], name: string} | null} what is drawn beside the present one */
    get beside() {
      const run = memory.beside;
      return run && { curve: run.curve, name: fill(text.grey, { name: nameOf(run) }) };
    },
    /** @param {Snapshot} snapshot */
    show({ settings }) {
      const { runs, beside } = memory;
      now = settings;
      element.hidden = runs.length === 0;
      const names = runs.map((run) => fill(text.option, { n: run.n, name: nameOf(run) }));
      if (names.join("\n") !== listed) {
        listed = names.join("\n");
        select.replaceChildren(
          ...runs.map(({ n }, k) => h("option", { value: String(n) }, names[k])).reverse(),
          h("option", { value: NONE }, text.noOne));
      }
      select.value = beside ? String(beside.n) : NONE;
    },
  };
}

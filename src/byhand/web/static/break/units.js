// The hidden units as switches, fuller in colour the more a unit puts out for the image below.

import { fill, h, oncePerFrame, say } from "../dom.js";
import { number } from "../scale.js";
import { words } from "../words/en.js";
import { roving } from "../judge/roving.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("../nn.js").Pass} Pass */

const DARKEST = 85; // percent of ink: the border of a unit stays to be seen
const AT_RANDOM = 10;

/**
 * @param {Lab} lab
 * @returns {{element: HTMLElement, show: (whole: Pass, broken: Pass) => void, dispose: () => void}}
 */
export function createUnits(lab) {
  const said = words.break.units;
  const { sizes } = lab.whole;
  const hidden = sizes.slice(1, -1);
  /** @type {{whole: Pass, broken: Pass} | null} */ let passes = null;
  let pointed = { layer: -1, unit: -1 };
  const hint = h("p", { class: "small muted unit-hint" }, said.hint);
  const random = h("button", { onclick: atRandom }, fill(said.random, { n: AT_RANDOM }));
  const grids = hidden.map((size, layer) => createGrid(size, layer, toggle, (unit) => {
    pointed = { layer, unit };
    tell();
  }));

  /**
   * @param {number} layer
   * @param {number} unit
   */
  function toggle(layer, unit) {
    const off = lab.damage.off.map((units) => new Set(units));
    const wasOff = off[layer].delete(unit);
    if (!wasOff) off[layer].add(unit);
    const values = { layer: layer + 1, unit: unit + 1 };
    lab.change("unit", fill(wasOff ? said.on : said.off, values), { off });
  }

  function atRandom() {
    const off = lab.damage.off.map((units) => new Set(units));
    const left = hidden.flatMap((size, layer) =>
      Array.from({ length: size }, (_, unit) => ({ layer, unit })).filter(({ unit }) => !off[layer].has(unit)));
    const n = Math.min(AT_RANDOM, left.length);
    for (let k = 0; k < n; k++) {
      const [{ layer, unit }] = left.splice(Math.floor(Math.random() * left.length), 1);
      off[layer].add(unit);
    }
    lab.change("random", fill(said.randomOff, { n }), { off });
  }

  /** Say which unit the pointer or the focus is on. */
  function tell() {
    const { layer, unit } = pointed;
    if (layer < 0 || passes === null) return say(hint, said.hint);
    const off = lab.damage.off[layer].has(unit);
    const value = number(passes.broken.inputs[layer + 1][unit], 2);
    say(hint, fill(off ? said.isOff : said.isOn, { layer: layer + 1, unit: unit + 1, value }));
  }

  const update = oncePerFrame(() => {
    grids.forEach((grid, layer) => grid.show(lab.damage.off[layer], passes?.whole.inputs[layer + 1],
      passes?.broken.inputs[layer + 1]));
    random.disabled = lab.damage.off.every((units, layer) => units.size === hidden[layer]);
    tell();
  });
  update(undefined);

  const element = h("section", { class: "card units", "aria-labelledby": "units-title" },
    h("h2", { id: "units-title" }, said.title),
    h("p", {}, hidden.length ? said.lead : said.none),
    grids.map((grid) => grid.element),
    hidden.length > 0 && hint,
    h("div", { class: "row" }, hidden.length > 0 && random));
  return {
    element,
    show(whole, broken) {
      passes = { whole, broken };
      update(undefined);
    },
    dispose: lab.on(() => update(undefined)),
  };
}

/**
 * The units of one layer.
 * @param {number} size
 * @param {number} layer
 * @param {(layer: number, unit: number) => void} toggle
 * @param {(unit: number) => void} point
 */
function createGrid(size, layer, toggle, point) {
  const said = words.break.units;
  const title = h("h3", { id: `units-${layer}` });
  const cells = Array.from({ length: size }, (_, unit) => h("button", {
    class: "unit",
    role: "switch",
    "aria-checked": "true",
    "aria-label": fill(said.unit, { unit: unit + 1, layer: layer + 1 }),
    "data-unit": `${layer}-${unit}`,
  }));
  const grid = h("div", { class: "unit-grid", role: "group", "aria-labelledby": `units-${layer}` }, cells);
  roving(grid, ".unit");
  const which = (/** @type {Event} */ event) => cells.indexOf(/** @type {any} */ (event.target));
  grid.addEventListener("click", (event) => {
    if (which(event) >= 0) toggle(layer, which(event));
  });
  for (const happening of ["pointerover", "focusin"]) {
    grid.addEventListener(happening, (event) => {
      if (which(event) >= 0) point(which(event));
    });
  }
  return {
    element: h("div", { class: "layer" }, title, grid),
    /**
     * @param {ReadonlySet<number>} off
     * @param {Float32Array} [whole] what the units put out in the whole network
     * @param {Float32Array} [broken] and in this one
     */
    show(off, whole, broken) {
      say(title, fill(off.size ? said.layerOff : said.layer, { layer: layer + 1, n: size, off: off.size }));
      const most = whole?.reduce((top, value) => Math.max(top, Math.abs(value)), 0) || 1;
      cells.forEach((cell, unit) => {
        const share = off.has(unit) || !broken ? 0 : Math.min(Math.abs(broken[unit]) / most, 1);
        const checked = String(!off.has(unit));
        if (cell.getAttribute("aria-checked") !== checked) cell.setAttribute("aria-checked", checked);
        cell.style.setProperty("--ink-share", `${Math.round(DARKEST * share)}%`);
      });
    },
  };
}

// The hidden units as switches, fuller in colour the more a unit puts out for the image below.

import { count, greatest, number } from "../charts/numbers.js";
import { fill, h, oncePerFrame, say } from "../elements/dom.js";
import { roving } from "../elements/roving.js";
import { terms } from "../elements/terms.js";
import { shuffled } from "../network/random.js";
import { gridShape } from "../units/arrange.js";
import { createGuess } from "./guess.js";
import { createOrder } from "./order.js";
import { words } from "./words.js";
import { byWorth } from "./worth.js";

/** @typedef {import("./lab.js").Lab} Lab */
/** @typedef {import("../network/nn.js").Pass} Pass */

const DARKEST = 85; // percent of ink: the border of a unit stays to be seen
const AT_RANDOM = 10;
const SIGNED = ["tanh", "leaky_relu"]; // Units of these kinds also put out numbers below 0.

/**
 * @param {Lab} lab
 * @returns {{element: HTMLElement, show: (whole: Pass, broken: Pass) => void, dispose: () => void}}
 */
export function createUnits(lab) {
  const said = words.units;
  const { sizes, activation } = lab.whole;
  const hidden = sizes.slice(1, -1);
  /** @type {{whole: Pass, broken: Pass} | null} */ let passes = null;
  let pointed = { layer: -1, unit: -1 };
  const hint = h("p", { class: "small muted unit-hint" }, said.hint);
  const guess = createGuess(lab);
  const random = h("button", { onclick: () => guess.before(atRandom) }, fill(said.random, { n: AT_RANDOM }));
  const order = createOrder(lab.whole, (worth) => grids.forEach((grid, layer) => grid.sort(worth[layer])), tell);
  const grids = hidden.map((size, layer) => createGrid(size, layer, SIGNED.includes(activation), switchOne, (unit) => {
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

  /**
   * Switch a unit, and ask for a guess before it is cut.
   * @param {number} layer
   * @param {number} unit
   */
  function switchOne(layer, unit) {
    if (lab.damage.off[layer].has(unit)) toggle(layer, unit);
    else guess.before(() => toggle(layer, unit));
  }

  function atRandom() {
    const off = lab.damage.off.map((units) => new Set(units));
    const left = hidden.flatMap((size, layer) =>
      Array.from({ length: size }, (_, unit) => ({ layer, unit })).filter(({ unit }) => !off[layer].has(unit)));
    if (!left.length) return;
    const chosen = shuffled(left).slice(0, AT_RANDOM);
    for (const { layer, unit } of chosen) off[layer].add(unit);
    lab.change("random", fill(chosen.length === 1 ? said.oneOff : said.randomOff, { n: chosen.length }), { off });
  }

  /** Say which unit the pointer or the focus is on. */
  function tell() {
    const { layer, unit } = pointed;
    if (layer < 0 || passes === null) return say(hint, said.hint);
    const off = lab.damage.off[layer].has(unit);
    const value = number(passes.broken.inputs[layer + 1][unit], 2);
    say(hint, [fill(off ? said.isOff : said.isOn, { layer: layer + 1, unit: unit + 1, value }),
      order.tell(layer, unit)].join(" "));
  }

  const update = oncePerFrame(() => {
    grids.forEach((grid, layer) => grid.show(lab.damage.off[layer], passes?.whole.inputs[layer + 1],
      passes?.broken.inputs[layer + 1]));
    const none = lab.damage.off.every((units, layer) => units.size === hidden[layer]);
    random.setAttribute("aria-disabled", String(none)); // It keeps the focus, unlike a disabled one.
    tell();
  });
  update(undefined);
  const stop = lab.on(() => update(undefined));

  const element = h("section", { class: "card units", "aria-labelledby": "units-title" },
    h("h2", { id: "units-title" }, said.title),
    h("p", {}, hidden.length ? terms(said.lead) : said.none),
    hidden.length > 0 && legend(activation),
    h("div", { class: "row" }, hidden.length > 0 && [random, order.button, guess.button]),
    order.element, guess.element, hidden.length > 0 && hint,
    h("div", { class: "layers" }, grids.map((grid) => grid.element)));
  return {
    element,
    show(whole, broken) {
      passes = { whole, broken };
      update(undefined);
    },
    dispose() {
      stop();
      guess.dispose();
      order.dispose();
    },
  };
}

/**
 * What the looks of a unit mean.
 * @param {string} activation
 */
function legend(activation) {
  const said = words.units;
  const sample = (/** @type {string} */ look, /** @type {string} */ name) =>
    h("span", { class: "legend" }, h("span", { class: `swatch unit-${look}` }), name);
  return h("p", { class: "row" },
    ...(SIGNED.includes(activation) ? [sample("above", said.above), sample("below", said.below)]
      : [sample("full", said.full)]),
    sample("silent", said.silent), sample("off", said.crossed));
}

/**
 * The units of one layer, laid out as in the Draw view.
 * @param {number} size
 * @param {number} layer
 * @param {boolean} signed whether units may put out numbers below 0
 * @param {(layer: number, unit: number) => void} toggle
 * @param {(unit: number) => void} point
 */
function createGrid(size, layer, signed, toggle, point) {
  const said = words.units;
  const title = h("h3", { id: `units-${layer}` });
  const cells = Array.from({ length: size }, (_, unit) => h("button", {
    class: "unit",
    role: "switch",
    "aria-checked": "true",
    "aria-label": fill(said.unit, { unit: unit + 1, layer: layer + 1 }),
    "data-unit": `${layer}-${unit}`,
  }));
  const grid = h("div", { class: "unit-grid", role: "group", "aria-labelledby": `units-${layer}` }, cells);
  const element = h("div", { class: "layer" }, title, grid);
  element.style.setProperty("--columns", String(gridShape(size, false).columns));
  const refresh = roving(grid, ".unit");
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
    element,
    /**
     * Put the units into another order, or back into their own.
     * @param {Float64Array | undefined} worth of each; the greatest comes first
     */
    sort(worth) {
      grid.replaceChildren(...(worth ? byWorth(worth).map((unit) => cells[unit]) : cells));
      refresh();
    },
    /**
     * @param {ReadonlySet<number>} off
     * @param {Float32Array} [whole] what the units put out in the whole network
     * @param {Float32Array} [broken] and in this one
     */
    show(off, whole, broken) {
      say(title, fill(off.size ? said.layerOff : said.layer,
        { layer: layer + 1, n: count(size), off: count(off.size) }));
      const most = greatest(whole ?? []) || 1;
      cells.forEach((cell, unit) => {
        const share = off.has(unit) || !broken ? 0 : Math.min(Math.abs(broken[unit]) / most, 1);
        const checked = String(!off.has(unit));
        if (cell.getAttribute("aria-checked") !== checked) cell.setAttribute("aria-checked", checked);
        cell.style.setProperty("--ink-share", `${Math.round(DARKEST * share)}%`);
        cell.classList.toggle("above", signed && !!broken && broken[unit] > 0);
        cell.classList.toggle("below", signed && !!broken && broken[unit] < 0);
      });
    },
  };
}

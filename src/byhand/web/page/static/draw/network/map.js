// A map of test images as a layer sees them, with what is read now on it: it moves while the pen moves. From layer to
// layer one sees the classes part.

import { count, percent } from "../../charts/numbers.js";
import { paintBytes } from "../../charts/paint.js";
import { calm, createWatcher, fill, h, oncePerFrame, say } from "../../elements/dom.js";
import { whenSeen } from "../../elements/seen.js";
import { SIDE } from "../../ink/prepare.js";
import { toInput } from "../../network/nn.js";
import { principal, project, together } from "../../network/principal.js";
import { sentenceOf } from "../../server/api.js";
import { words } from "../words.js";
import { createGallery } from "./gallery.js";
import { coloursOf, fitting, nextPlace, paintMap, placeAt, signsOf } from "./map-paint.js";
import { isBlank } from "./network.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../network/nn.js").Pass} Pass */
/** @typedef {import("./gallery.js").Gallery} Gallery */
/** @typedef {import("./map-paint.js").Point} Point */
/** @typedef {{of: unknown, layer: number, principal: import("../../network/principal.js").Principal, points: Point[]}} Map */

const NEAR = 5; // images that are named
const REACH = 14; // pixels from a sign that still mean it
const TRAVEL = 500; // milliseconds from one layer to the next
const text = words.map;
/** @type {Record<string, Point>} */
const WAYS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createMap(app) {
  const gallery = app.once(createGallery, app);
  const canvas = h("canvas", { "aria-hidden": "true" });
  const you = h("span", { class: "you", hidden: true, "aria-hidden": "true" });
  const mark = h("span", { class: "mark", role: "option", "aria-selected": "false", hidden: true });
  const surface = h("div", { class: "map-surface", role: "listbox", tabIndex: 0, "aria-label": text.label, onkeydown,
    onclick: (/** @type {MouseEvent} */ event) => choose(at(event)),
    onpointermove: (/** @type {PointerEvent} */ event) => point(at(event)),
    onpointerleave: () => point(-1),
    onfocus: () => surface.matches(":focus-visible") && point(Math.max(active, 0)), onblur: () => point(-1) }, canvas, you, mark);
  const layers = h("div", { class: "row", role: "group", "aria-label": text.layers });
  const [status, near, told] = [h("p", { class: "small", role: "status" }), h("p"), h("p", { class: "small muted" })];
  const small = h("canvas", { class: "pixelated", "aria-hidden": "true", hidden: true });
  const key = h("div", { class: "row" });
  const element = h("details", { class: "card map", ontoggle: toggled },
    h("summary", {}, h("h2", {}, text.title)),
    h("div", { class: "mapped" }, layers, surface, near, h("div", { class: "pointed" }, small, status), key,
      h("p", { class: "small muted" }, text.lead), told));
  /** @type {Gallery | null} */ let shown = null;
  /** @type {Map | null} */ let map = null;
  /** @type {string[]} */ let names = [];
  /** @type {number[]} */ let kinds = [];
  /** @type {Point[]} */ let places = []; // in pixels
  let [layer, active, side, asked] = [0, -1, 0, 0];

  /** Find the map of the layer chosen. */
  async function look() {
    const mine = ++asked;
    const { model } = app;
    const wanted = () => mine === asked && element.isConnected;
    say(status, text.looking);
    try {
      const found = await gallery();
      if (!found || !wanted()) return;
      const rows = layer === 0 ? found.samples.map(({ pixels }) => toInput(pixels)) : found.outputs[layer - 1];
      const directions = await principal(rows, wanted);
      if (!directions || !wanted()) return;
      names = [...new Set([...model.classes, ...found.samples.map(({ name }) => name)])];
      kinds = found.samples.map(({ name }) => names.indexOf(name));
      shown = found;
      map = { of: model, layer, principal: directions, points: rows.map((row) => project(directions, row)) };
      say(status, text.hint);
      tell(map);
      place(true);
    } catch (error) {
      if (mine === asked) say(status, sentenceOf(error));
    }
  }

  /** Say what the map is worth. @param {Map} of */
  function tell({ principal: { shares: [first, second] }, points, layer: of }) {
    const signs = signsOf(names);
    const colours = coloursOf(names.length);
    const classes = app.model.classes.length;
    const corners = of === app.model.sizes.length - 1 && classes > 3 ? text.corners : "";
    say(told, fill(text.told, { n: count(points.length), together: percent(together(points, kinds), 0),
      share: percent(first + second, 0) }) + fill(corners, { n: classes, less: classes - 1 }));
    key.replaceChildren(...(signs.every((sign, k) => sign === names[k]) ? [] : names.map((name, k) => {
      const sign = h("b", {}, signs[k]);
      sign.style.color = colours[k];
      return h("span", { class: "legend" }, sign, name);
    })));
  }

  /**
   * Give every image its place, and what is read now.
   * @param {boolean} [travel] whether the signs are seen to go there
   */
  function place(travel = false) {
    if (!map || !side || !element.open) return;
    const fit = fitting(map.points, side);
    const [from, to] = [places, map.points.map(fit)];
    places = to;
    active = Math.min(active, places.length - 1);
    point(-1);
    if (travel && from.length === to.length && !calm()) return void go(from, to, performance.now());
    paintMap(canvas, side, places, kinds, signsOf(names));
    follow(null);
  }

  /** Let the signs travel. @param {Point[]} from @param {Point[]} to @param {number} began */
  function go(from, to, began) {
    const way = Math.min(1, (performance.now() - began) / TRAVEL);
    const eased = way * way * (3 - 2 * way);
    const between = to.map(([x, y], k) => /** @type {Point} */ (
      [from[k][0] + eased * (x - from[k][0]), from[k][1] + eased * (y - from[k][1])]));
    if (to !== places) return; // They go elsewhere by now.
    paintMap(canvas, side, between, kinds, signsOf(names));
    if (way < 1) requestAnimationFrame(() => go(from, to, began));
    else follow(null);
  }

  /** Put what is read now in its place. */
  const follow = oncePerFrame(() => {
    if (!seen.visible() || !map || map.of !== app.model || !side) return;
    you.hidden = isBlank(app);
    if (you.hidden) return say(near, text.nothing);
    const { inputs, probabilities } = app.reading.pass;
    const here = fitting(map.points, side)(project(map.principal, inputs[map.layer] ?? probabilities));
    you.style.translate = `${here[0]}px ${here[1]}px`;
    const apart = places.map(([x, y]) => Math.hypot(x - here[0], y - here[1]));
    const nearest = [...apart.keys()].sort((one, other) => apart[one] - apart[other]).slice(0, NEAR);
    say(near, fill(text.near, { names: nearest.map((k) => names[kinds[k]]).join(", ") }));
  });

  /** @param {MouseEvent} event @returns {number} the image at the pointer; −1 if there is none */
  function at(event) {
    const { left, top } = canvas.getBoundingClientRect();
    return placeAt(places, [event.clientX - left, event.clientY - top], REACH);
  }

  /** Look at an image; −1 at none. @param {number} index */
  function point(index) {
    mark.hidden = small.hidden = index < 0 || !shown;
    surface.classList.toggle("pointing", !mark.hidden);
    if (!shown || index < 0) return;
    active = index;
    const { pixels, name, index: number } = shown.samples[index];
    const [x, y] = places[index];
    mark.style.translate = `${x}px ${y}px`;
    mark.id = `map-${index}`; // A new name for each, so that a screen reader reads it out.
    mark.ariaLabel = fill(words.strip.image, { index: number, label: name });
    surface.setAttribute("aria-activedescendant", mark.id);
    paintBytes(small, pixels, SIDE, SIDE);
    say(status, fill(text.pointed, { index: count(number), label: name }));
  }

  /** @param {number} index */
  function choose(index) {
    if (shown && index >= 0) app.useSample(shown.samples[index], "test");
  }

  /** @param {KeyboardEvent} event */
  function onkeydown(event) {
    if (event.ctrlKey || event.altKey || event.metaKey || !places.length) return;
    if (event.key in WAYS) point(active < 0 ? 0 : nextPlace(places, active, WAYS[event.key]));
    else if (event.key === "Enter" || event.key === " ") choose(active);
    else return;
    event.preventDefault();
    event.stopPropagation();
  }

  /** Offer the layers that the network has. */
  function offer() {
    const { sizes } = app.model;
    layer = Math.min(layer, sizes.length - 1);
    layers.replaceChildren(...sizes.map((_, k) => h("button", { type: "button", "aria-pressed": String(k === layer),
      onclick: () => {
        layer = k;
        [...layers.children].forEach((each, other) => each.setAttribute("aria-pressed", String(other === k)));
        void look();
      },
    }, k === 0 ? text.image : k === sizes.length - 1 ? text.output : fill(text.hidden, { layer: k }))));
  }

  function opened() {
    if (element.open && map?.of !== app.model) void look();
    else place();
  }

  /** Opened, it stands beside the pad, and closed in its row again: whoever did that goes along. */
  function toggled() {
    opened();
    element.scrollIntoView({ block: element.open ? "start" : "nearest" });
  }

  const watcher = createWatcher(([{ contentRect: { width } }]) => {
    if (Math.round(width) === side) return;
    side = Math.round(width);
    place();
  });
  watcher.observe(surface);
  const seen = whenSeen(surface, () => follow(null));
  offer();
  const off = [
    app.on("reading", () => follow(null)),
    app.on("theme", () => {
      place();
      if (map) tell(map);
    }),
    app.on("model", () => {
      offer();
      opened();
    }),
    () => { asked++; },
    () => watcher.disconnect(),
    seen.dispose,
  ];
  return { element, dispose: () => off.forEach((stop) => stop()) };
}

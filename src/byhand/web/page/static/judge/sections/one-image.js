// One image, moved by a slider: the picture, the answer and the point at which it flips change under the hand.

import { axes, createChart, dot, line, percentTick, plot, text } from "../../charts/chart.js";
import { count, number, percent } from "../../charts/numbers.js";
import { paintBytes } from "../../charts/paint.js";
import { createBar } from "../../elements/bar.js";
import { fill, h, oncePerFrame, say, sayAloud } from "../../elements/dom.js";
import { whenSeen } from "../../elements/seen.js";
import { judge } from "../../network/answer.js";
import { getData, getImages, sentenceOf } from "../../server/api.js";
import { exported } from "../../server/carrying.js";
import { fromText, toText } from "../link.js";
import { WAYS, amountsOf, best, flips, lines, walk } from "../walk.js";
import { words } from "../words.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("../../server/api.js").Sample} Sample */
/** @typedef {import("../walk.js").Walk} Walk */
/** @typedef {import("./image-changes.js").Way} Way */

const NAMES = /** @type {Way[]} */ (Object.keys(WAYS));
const said = words.oneImage;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createOneImage(app) {
  const { model } = app;
  const bars = createBars(model.classes);
  const picture = h("canvas", { class: "pixelated", role: "img", "aria-label": said.title });
  const [sentence, turning, status] = [h("p", { class: "answer", role: "status" }), h("p"), h("p", { class: "small muted" })];
  const value = h("output", { class: "number", for: "one-image-slider" });
  const slider = h("input", { id: "one-image-slider", type: "range", min: "0", step: "1",
    oninput: () => show(null), onchange: remember });
  const label = h("label", { for: "one-image-slider" });
  const buttons = NAMES.map((name) => h("button", { type: "button", "data-way": name, onclick: () => {
    use(name, WAYS[name].still);
    remember();
    void go();
  } }, said.ways[name].name));
  const mine = h("button", { type: "button", onclick: () => void take(null) }, said.mine);
  const another = h("button", { type: "button", onclick: () => void take(-1) }, said.another);
  const chart = createChart(220, (width, height) => (walked ? draw(width, height, walked, place(), way, model.classes) : []));
  let way = /** @type {Way} */ ("rotation");
  /** @type {Sample | null} */ let sample = null; // null: what Draw shows
  /** @type {Walk | null} */ let walked = null;
  let asked = 0;

  const place = () => slider.valueAsNumber;
  const drawn = () => app.reading.image.length === model.sizes[0] && app.reading.image.some((pixel) => pixel > 0);

  /** Let the network read the image on all the way. */
  async function go() {
    const mineNow = ++asked;
    const found = await walk(model, sample?.pixels ?? app.reading.image, way, () => mineNow === asked);
    if (!found || mineNow !== asked) return;
    walked = found;
    say(status, sample ? fill(said.sample, { index: count(sample.index), label: sample.name }) : said.drawing);
    const { before, after } = flips(found);
    const start = model.classes[best(found.probabilities[found.still])];
    const told = [before, after].flatMap((flip) => (flip
      ? [fill(said.flips, { at: amountText(way, found.amounts[flip.at]), to: model.classes[flip.to] })] : []));
    say(turning, told.length ? fill(said.turning, { start, flips: told.join(said.and) }) : fill(said.never, { start }));
    show(null);
  }

  const show = oncePerFrame(() => {
    if (!walked) return;
    const at = place();
    const [height, width] = model.imageShape;
    const [p, amount] = [walked.probabilities[at], amountText(way, walked.amounts[at])];
    const name = model.classes[best(p)];
    paintBytes(picture, walked.images[at], width, height);
    sayAloud(picture, fill(said.picture, { amount }));
    say(value, amount);
    slider.setAttribute("aria-valuetext", amount);
    say(sentence, fill(judge(model, p).name === null ? said.guesses : said.reads, { name, p: percent(p[best(p)]) }));
    sentence.classList.toggle("flipped", best(p) !== best(walked.probabilities[walked.still]));
    bars.show(p);
    chart.describe(fill(said.chart, { way: said.ways[way].axis, amount, name, p: percent(p[best(p)]) }));
    chart.redraw();
  });

  /**
   * Change the image in this way from now on.
   * @param {Way} name
   * @param {number} amount
   */
  function use(name, amount) {
    const amounts = amountsOf(name);
    way = name;
    walked = null;
    slider.max = String(amounts.length - 1);
    const apart = amounts.map((each) => Math.abs(each - amount));
    slider.value = String(apart.indexOf(Math.min(...apart)));
    say(label, said.ways[name].slider);
    buttons.forEach((button, k) => button.setAttribute("aria-pressed", String(NAMES[k] === name)));
  }

  /** @param {number | null} index of a test image; −1 any; null what Draw shows */
  async function take(index) {
    try {
      sample = index === null ? null : (await getImages("test", [index < 0 ? await any() : index]))[0];
      mine.hidden = sample === null || !drawn();
      remember();
      await go();
    } catch (error) {
      say(status, sentenceOf(error));
    }
  }

  function remember() {
    const { store } = app;
    const moved = { way, amount: amountsOf(way)[place()], image: sample?.index ?? null };
    const start = sample === null && moved.amount === WAYS[way].still && way === "rotation";
    store.set({ judge: toText({ ...fromText(store.state.judge), moved: start ? null : moved }) });
  }

  /** Begin with what the link names, or with what Draw shows, or with the first test image. */
  function begin() {
    if (walked) return;
    const { moved } = fromText(app.store.state.judge);
    use(moved?.way ?? way, moved?.amount ?? WAYS[way].still);
    const index = moved?.image ?? null;
    void take(index === null && !drawn() ? exported?.indices[0] ?? 0 : index);
  }

  const element = h("section", { class: "card one-image", "aria-labelledby": "one-image-title" },
    h("h2", { id: "one-image-title" }, said.title), h("p", {}, said.lead),
    h("div", { class: "walk" },
      h("div", { class: "walked" }, picture,
        h("div", { class: "field" }, sentence, status, h("div", { class: "row" }, another, mine))),
      h("div", { class: "field walking" },
        h("div", { class: "row", role: "group", "aria-label": said.group }, buttons),
        h("div", { class: "row spread" }, label, value), slider, chart.element, key(), turning),
      bars.element));
  use(way, WAYS[way].still);
  chart.describe(said.title);
  const seen = whenSeen(element, begin);
  const off = app.on("theme", () => show(null));
  return {
    element,
    dispose() {
      asked++;
      off();
      seen.dispose();
      chart.dispose();
    },
  };
}

/** @returns {Promise<number>} the number of some test image */
async function any() {
  const all = exported?.indices ?? (await getData()).test;
  return typeof all === "number" ? Math.floor(Math.random() * all) : all[Math.floor(Math.random() * all.length)];
}

/** Say what the lines are. */
function key() {
  const part = (/** @type {string} */ kind, /** @type {string} */ meaning) =>
    h("span", { class: "legend" }, h("span", { class: `stroke ${kind}` }), meaning);
  return h("div", { class: "row" }, part("own", said.own), part("rival", said.rival));
}

/**
 * Write an amount of change.
 * @param {Way} way
 * @param {number} amount
 */
function amountText(way, amount) {
  const { less, more, none } = said.ways[way];
  const still = WAYS[way].still;
  if (amount === still) return none;
  const shown = way === "size" ? percent(amount, 0) : number(Math.abs(amount), way === "rotation" ? 0 : 2);
  return fill(amount < still ? less : more, { amount: shown });
}

/**
 * Draw how probable the first answer and the best other one are, all the way along, and where the answer flips.
 * @param {number} width
 * @param {number} height
 * @param {Walk} walked
 * @param {number} at where the slider stands
 * @param {Way} way
 * @param {string[]} classes
 * @returns {SVGElement[]}
 */
function draw(width, height, walked, at, way, classes) {
  const { amounts, probabilities } = walked;
  const frame = axes(width, height,
    { range: [amounts[0], amounts[amounts.length - 1]], title: said.ways[way].axis,
      text: way === "size" ? percentTick : undefined },
    { range: [0, 1], title: said.vertical, text: percentTick });
  const { x, y, top, bottom } = frame;
  const { own, rival } = lines(walked);
  const marks = Object.values(flips(walked)).flatMap((flip) => (flip === null ? [] : [
    line(x(amounts[flip.at]), top, x(amounts[flip.at]), bottom, "flip"),
    text(x(amounts[flip.at]), top - 6, fill(said.flip, { to: shortened(classes[flip.to]) }), "middle", "halo")]));
  return [...frame.parts, ...marks, plot(amounts, rival, frame, "second dashed"), plot(amounts, own, frame),
    line(x(amounts[at]), top, x(amounts[at]), bottom, "here"),
    dot(x(amounts[at]), y(Math.max(...probabilities[at])), 6, "dot now")];
}

/** @param {string} name @returns {string} */
const shortened = (name) => (name.length > 10 ? `${name.slice(0, 9)}…` : name);

/**
 * A bar and a number for every class.
 * @param {string[]} classes
 */
function createBars(classes) {
  const rows = classes.map(() => ({ bar: createBar(), share: h("span", { class: "number small" }) }));
  const element = h("div", { class: "bars" },
    classes.flatMap((name, k) => [h("span", { class: "name", title: name }, name), rows[k].bar.element, rows[k].share]));

  /** @param {Float32Array} p */
  function show(p) {
    rows.forEach(({ bar, share }, k) => {
      bar.set(p[k]);
      bar.element.classList.toggle("best", k === best(p));
      say(share, percent(p[k]));
    });
  }
  return { element, show };
}

// The button that begins a series, and the card that shows what it has found.

import { axes, createChart, dot, line, mark, percentTick, plot, text as textAt } from "../../charts/chart.js";
import { count, percent } from "../../charts/numbers.js";
import { calm, fill, h, say } from "../../elements/dom.js";
import { getData } from "../../server/api.js";
import { facts } from "../../server/facts.js";
import { words } from "../words.js";
import { leftByTenfold, sizesOf } from "./plan.js";
import { createMemory, createSeries } from "./series.js";

/** @typedef {import("../form/presets.js").Form} Form */
/** @typedef {import("./series.js").Memory} Memory */

const text = words.series;
const HEIGHT = 240; // of the chart, in sixteenths of a rem

/**
 * @param {import("../../page/app.js").App} app
 * @param {import("../training/training.js").Training} training
 * @param {{read: (quietly?: boolean) => Form}} settings
 * @param {(what: () => Promise<void>) => Promise<boolean>} attempt does something, and says what went wrong with it
 */
export function createSeriesCard(app, training, settings, attempt) {
  const memory = app.once(createMemory);
  const series = createSeries(training, memory, facts.most.epochs, attempt, show);
  const button = h("button", {
    type: "button", "data-series": "start", "aria-describedby": "series-about",
    onclick: () => button.getAttribute("aria-disabled") !== "true" && void start(),
  });
  const chart = createChart(HEIGHT, (width, height) => draw(memory, app.model.classes.length, width, height));
  const title = h("h2", { id: "learn-series", tabIndex: -1 }, text.title);
  const found = h("p", { class: "answer", role: "status" });
  const element = h("section", { class: "card series", "aria-labelledby": "learn-series", hidden: true },
    title, found, chart.element,
    h("p", { class: "small muted" }, text.how));
  let most = 0; // images that there are, once that is known
  void getData().then(({ train }) => {
    most = train;
    follow();
  }, () => {}); // If the server does not say, there is nothing to offer.

  /** Begin with the settings of the form. */
  async function start() {
    let form;
    if (!(await attempt(async () => { form = settings.read(); })) || !form) return;
    const begun = series.start(form, most);
    show();
    title.focus({ preventScroll: true }); // The button goes out of sight: the keys go on from here.
    element.scrollIntoView({ block: "nearest", behavior: calm() ? "auto" : "smooth" });
    await begun;
  }

  /** Say on the button what the form would have compared, and whether that can be done now. */
  function follow() {
    let top = most;
    try {
      top = settings.read(true).limit ?? most;
    } catch {
      // What is being typed makes no sense yet.
    }
    const sizes = sizesOf(top);
    button.hidden = most === 0 || sizes.length < 2;
    const [first, second, last] = [sizes[0], sizes[1], sizes[sizes.length - 1]].map(count);
    say(button, fill(sizes.length > 3 ? text.buttonOfMany : text.button,
      { sizes: sizes.map(count).join(" / "), first, second, last }));
    const { snapshot: { state }, alive, mine } = training;
    button.setAttribute("aria-disabled", String(series.goesOn || state === "starting" || (alive && !mine)));
  }

  /** Show what was found so far. */
  function show() {
    follow();
    element.hidden = memory.form === null;
    if (element.hidden) return;
    const { sizes, points } = memory;
    chart.redraw();
    const listed = points.map(({ n, accuracy }) => fill(text.point, { n: count(n), share: percent(accuracy) }));
    chart.describe([text.chart, ...listed].join(" "));
    say(found, series.goesOn
      ? fill(text.going, { k: points.length + 1, all: sizes.length, n: count(sizes[points.length]) })
      : points.length < sizes.length ? text.broken : meaning(points));
  }

  show();
  return {
    button: h("li", {}, button, h("span", { hidden: true, id: "series-about" }, text.about)),
    element,
    follow,
    stop: series.stop,
    /** Follow the training. */
    hear() {
      series.hear();
      follow();
    },
    dispose: () => chart.dispose(),
  };
}

/**
 * Say what it means.
 * @param {import("./plan.js").Point[]} points
 * @returns {string}
 */
function meaning(points) {
  const [first, last] = [points[0], points[points.length - 1]];
  const left = leftByTenfold(points);
  const values = { few: count(first.n), many: count(last.n), before: percent(1 - first.accuracy),
    after: percent(1 - last.accuracy), left: percent(left ?? 0, 0) };
  return fill(left === null ? text.noHelp : text.help, values);
}

/**
 * @param {Memory} memory
 * @param {number} classes
 * @param {number} width
 * @param {number} height
 * @returns {SVGElement[]}
 */
function draw({ sizes, points }, classes, width, height) {
  const top = sizes[sizes.length - 1];
  const ticks = sizes.filter((n) => n === top || 3 * n <= top); // The others would have no room beside the last.
  const frame = axes(width, height,
    { range: [sizes[0] / 1.5, top * 1.5], log: true, ticks, text: count, title: text.axis },
    { range: [0, 1], title: text.share, text: percentTick });
  const { x, y } = frame;
  return [...frame.parts, ...mark(1 / classes, text.guess, frame),
    plot(points.map(({ n }) => n), points.map(({ accuracy }) => accuracy), frame, "second"),
    ...points.flatMap(({ n, accuracy, interval: [low, high] }) => [
      line(x(n), y(low), x(n), y(high), "whisker"), dot(x(n), y(accuracy), 5, "dot"),
      n === top ? textAt(x(n) + 8, y(accuracy) - 10, percent(accuracy), "end", "strong halo")
        : textAt(x(n) + 8, y(accuracy) + 20, percent(accuracy), "start", "strong halo")])]; // below the rising line
}

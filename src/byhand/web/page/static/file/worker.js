// What works in the background of the page in one file, and can be ended there: one such worker judges, one trains.

import { initialParameters } from "../network/initial.js";
import { createLearner } from "../network/learning.js";
import { randomNumbers, shuffled } from "../network/random.js";
import { createGauge, createJudge, figuresOf } from "./gauges.js";
import { accuracy, judgement, robustness } from "./judging.js";
import { learnOne } from "./seen.js";

/** @typedef {import("./judging.js").Images} Images */
/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {import("../network/learning.js").Choices & {seed: number}} Choices */
/**
 * What is trained.
 * @typedef {{model: Model, gain: number, choices: Choices, learned: Images, validation: Images, paused: boolean}} Order
 */
/** @typedef {{verb: "run" | "pause" | "step" | "rewind" | "model", by?: "image" | "batch" | "epoch"}} Command */

const SLICE = 40; // milliseconds of learning between two looks at what is wanted
const SHOWN = 60; // milliseconds between two sets of figures
const JUDGED = 500; // milliseconds between two times that the images set aside are read
const JUDGES = /** @type {Record<string, (model: Model, images: Images) => unknown>} */ (
  { accuracy, judgement, robustness });

const scope = /** @type {{postMessage: (message: unknown) => void, onmessage: unknown}} */ (/** @type {unknown} */ (self));
const tell = (/** @type {Record<string, unknown>} */ message) => scope.postMessage(message);

/**
 * Train as ordered, and do as one is told meanwhile.
 * @param {Order} order
 * @returns {(command: Command) => void}
 */
function train({ model, gain, choices, learned, validation, paused }) {
  let [running, untilEpoch, timer, shown, judged] = [!paused, false, 0, 0, 0];
  const judge = createJudge(validation.labels.length ? validation : learned, validation.labels.length > 0);
  let gauge = createGauge();
  let learner = begin();

  /** Stand before the first image. */
  function begin() {
    const { sizes, activation } = model;
    const network = { sizes, activation, theta: initialParameters(sizes, gain, choices.seed) };
    gauge = createGauge();
    return createLearner(network, choices, learned, (epoch) =>
      shuffled(Array.from(learned.labels.keys()), randomNumbers(1000 * choices.seed + epoch)));
  }

  /**
   * @param {boolean} judging
   * @param {ReturnType<typeof learnOne>} [one] the single image that was just learned
   */
  function show(judging, one) {
    const result = judging ? judge({ ...model, theta: learner.network.theta }) : null;
    tell({ figures: figuresOf(learner, choices, gauge, result, one?.seen ?? null), before: one?.before });
    shown = performance.now();
    if (judging) judged = shown;
  }

  /** @param {boolean} now whether it runs from now on */
  function turn(now) {
    if (!now) untilEpoch = false;
    if (now === running) return;
    running = now;
    gauge.start();
    tell({ state: now ? "running" : "paused" });
  }

  /** Learn so many images, or what is left of the epoch. @param {number} most */
  function learn(most) {
    const { images, losses } = learner.learn(most);
    gauge.take(images, losses);
    if (!Number.isFinite(losses)) return over("failed");
    if (learner.done < learner.total) return;
    learner.endEpoch();
    if (learner.isOver) return over("finished");
    if (untilEpoch) {
      show(true);
      turn(false);
    }
  }

  /** @param {"failed" | "finished"} state */
  function over(state) {
    running = false;
    if (state === "finished") show(true);
    tell({ over: state, theta: learner.network.theta.slice() });
  }

  /** Learn for a moment, and then hear what is wanted. */
  function goOn() {
    clearTimeout(timer);
    const until = performance.now() + SLICE;
    const piece = choices.batch_size * Math.max(1, Math.floor(16 / choices.batch_size));
    while (running && !learner.isOver && performance.now() < until) learn(piece);
    if (!running) return;
    if (performance.now() - shown > SHOWN) show(performance.now() - judged > JUDGED);
    timer = setTimeout(goOn);
  }

  tell({ state: paused ? "paused" : "running" });
  show(true);
  timer = setTimeout(goOn);

  return ({ verb, by }) => {
    if (verb === "rewind") {
      learner = begin();
      turn(false);
      tell({ rewound: true });
      show(true);
    } else if (verb === "step" && by !== "epoch") {
      turn(false);
      const one = by === "image" ? learnOne(learner, model, choices.batch_size, learned, () => learn(1)) : undefined;
      if (!one) learn(choices.batch_size);
      if (!learner.isOver) show(true, one);
    } else if (verb === "model") {
      tell({ theta: learner.network.theta.slice() });
    } else {
      untilEpoch = verb === "step";
      turn(verb !== "pause");
      if (verb === "pause") show(true);
      goOn();
    }
    tell({ done: true });
  };
}

/** @type {((command: Command) => void) | null} */ let obey = null;
/** @param {MessageEvent<{order?: Order, judge?: string, model: Model, images: Images} & Command>} message */
scope.onmessage = ({ data }) => {
  if (data.order) obey = train(data.order);
  else if (data.judge) tell({ answer: JUDGES[data.judge](data.model, data.images) });
  else obey?.(data);
};

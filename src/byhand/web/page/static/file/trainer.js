// The training of the page in one file: what the server's trainer says and does, done by a worker of the browser.

import { emptyCurve, keepCurve } from "../learn/training/curve.js";
import { toBytes } from "../network/safetensors.js";
import { facts } from "../server/facts.js";
import { begin } from "./background.js";
import { carried, head } from "./carried.js";
import { judgement } from "./judging.js";
import { words } from "./words.js";

/** @typedef {import("../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {"run" | "pause" | "step" | "rewind" | "stop"} Verb */

const KEY = "file"; // Nobody else is there to command it.
const ANEW = ["rotation", "scale", "shear", "shift", "elastic"]; // what draws images anew
const USUAL = {
  layers: [128, 64], activation: "relu", optimizer: "sgd", learning_rate: /** @type {number | null} */ (null),
  schedule: "linear", epochs: 10, batch_size: 1, limit: /** @type {number | null} */ (null), seed: 0,
};

/** An answer that is none: a status of HTTP, a sentence, and the fields that it is about. */
export class Refusal extends Error {
  /** @param {number} status @param {string} detail @param {string[]} [fields] */
  constructor(status, detail, fields = []) {
    super(detail);
    this.status = status;
    this.fields = fields;
  }
}

/** @type {Set<EventTarget>} */ const listeners = new Set();
/** @type {Snapshot} */ let snapshot = nothing();
/** @type {ReturnType<typeof keepCurve>} */ let curve = keepCurve(snapshot.curve);
/** @type {Worker | null} */ let worker = null;
/** @type {Model | null} */ let model = null; // in training
/** @type {Float32Array | null} */ let before = null; // its parameters before the single image that was learned last
let wanted = /** @type {((value?: unknown) => void)[]} */ ([]); // who waits for the worker to have done something
let wantTheta = /** @type {((theta: Float32Array) => void)[]} */ ([]);

/** @returns {Snapshot} */
function nothing() {
  return {
    state: "none", event: 0, settings: {}, sizes: [], classes: [], folder: null, owned: false, started: null,
    figures: null, curve: emptyCurve(), notice: null, message: null, fields: [], result: null,
  };
}

/** @returns {Snapshot} how the training stands */
export function standing() {
  return snapshot;
}

/** @param {EventTarget} target that is told from now on what happens, as by the server's stream */
export function listen(target) {
  listeners.add(target);
  send(target, "snapshot", standing());
}

/** @param {EventTarget} target */
export function leave(target) {
  listeners.delete(target);
}

/** @param {EventTarget} target @param {string} name @param {unknown} data */
function send(target, name, data) {
  const event = new MessageEvent(name, { data: JSON.stringify(data), lastEventId: String(snapshot.event) });
  target.dispatchEvent(event);
}

/** @param {string} name @param {() => unknown} data */
function tell(name, data) {
  snapshot.event++;
  for (const target of listeners) send(target, name, data());
}

/** @param {Snapshot["state"]} state @param {boolean} [whole] whether more than the state is another */
function enter(state, whole = false) {
  snapshot.state = state;
  tell("state", () => ({ state, notice: snapshot.notice }));
  if (whole) tell("snapshot", standing);
}

/** Forget what was learned. */
function forget() {
  before = null;
  snapshot.curve = emptyCurve();
  curve = keepCurve(snapshot.curve);
  Object.assign(snapshot, { figures: null, notice: null, message: null, fields: [], result: null });
}

/** End the worker, and let nobody wait for it. */
function end() {
  worker?.terminate();
  worker = null;
  wanted.splice(0).forEach((done) => done());
}

/**
 * Begin a training; the one before makes way.
 * @param {Record<string, any>} sent settings, and whether it waits for a command
 * @param {string} [started] when it was begun for the first time
 * @returns {Promise<Snapshot & {key: string}>}
 */
export async function start({ paused = false, ...sent }, started = new Date().toISOString()) {
  const { model: served, learned, classes } = await carried();
  /** @type {typeof USUAL & Record<string, any>} */ const settings = { ...USUAL, validation: 0, ...sent };
  const changed = ANEW.filter((name) => settings[name]);
  if (changed.length) throw new Refusal(422, `${changed.join(", ")}: ${words.anew}`, changed);
  const left = learned.labels.length - settings.validation;
  if (left < 1) {
    const said = words.tooMany.replace("{n}", String(learned.labels.length));
    throw new Refusal(422, `validation: ${said}`, ["validation"]);
  }
  const [rate, highest] = facts.rates[settings.optimizer];
  settings.learning_rate ??= Math.min(rate * settings.batch_size, highest);
  const sizes = [served.sizes[0], ...settings.layers, classes.length];
  model = { ...served, sizes, classes, activation: settings.activation, details: {} };
  end();
  const event = snapshot.event;
  snapshot = { ...nothing(), event, state: "starting", settings, sizes, classes, started };
  forget();
  tell("snapshot", standing);
  const mine = worker = await begin((message) => mine === worker && hear(message));
  mine.postMessage({ order: {
    model: { ...model, theta: new Float32Array(0) }, gain: facts.gains[settings.activation], choices: settings, paused,
    learned: head(learned, Math.min(settings.limit ?? left, left)),
    validation: head(learned, settings.validation, left),
  } });
  return { ...standing(), key: KEY };
}

/**
 * @param {Verb} verb
 * @param {"image" | "batch" | "epoch"} by
 * @returns {Promise<Snapshot>}
 */
export async function command(verb, by) {
  const over = ["finished", "failed", "stopped"].includes(snapshot.state);
  if (snapshot.state === "none") throw new Refusal(404, words.noTraining);
  if (verb === "stop") {
    if (!over) {
      if (model) model = { ...model, theta: await theta() };
      end();
      enter("stopped", true);
    }
  } else if (over && verb === "rewind") {
    await start({ ...snapshot.settings, paused: true }, snapshot.started ?? undefined);
  } else if (over) {
    throw new Refusal(409, words.over);
  } else {
    const done = new Promise((resolve) => wanted.push(resolve));
    worker?.postMessage({ verb, by });
    await done;
  }
  return standing();
}

/** @returns {Promise<Float32Array>} the parameters as they are now */
function theta() {
  if (!worker) return Promise.resolve(model?.theta ?? new Float32Array(0));
  const found = /** @type {Promise<Float32Array>} */ (new Promise((resolve) => wantTheta.push(resolve)));
  worker.postMessage({ verb: "model" });
  return found;
}

/** @returns {Promise<Model>} the network in training, or what was trained last */
export async function network() {
  if (!model || snapshot.state === "none") throw new Refusal(404, words.noTraining);
  return { ...model, theta: await theta() };
}

/** @returns {Promise<Model>} the network as it was before the single image that was learned last */
async function networkBefore() {
  if (!model || !before) throw new Refusal(404, words.noTraining);
  return { ...model, theta: before };
}

/** @param {boolean} [asBefore] @returns {Promise<ArrayBuffer>} one of these as a file */
export async function file(asBefore = false) {
  const now = await (asBefore ? networkBefore() : network());
  const { sizes, activation, classes, imageShape, preprocessing, details } = now;
  return toBytes(now.theta, { byhand: JSON.stringify(
    { format: 1, sizes, activation, classes, image_shape: imageShape, preprocessing, details }) });
}

/** Hear what the worker says. @param {Record<string, any>} message */
function hear({ state, figures, before: earlier = null, rewound, theta: now, over, done, broken }) {
  if (now && model) {
    model = { ...model, theta: now };
    wantTheta.splice(0).forEach((take) => take(now));
  }
  if (rewound) {
    forget();
    tell("snapshot", standing);
  }
  if (state) enter(state, snapshot.state === "starting");
  if (figures) {
    before = earlier;
    hearFigures(figures);
  }
  if (over) void conclude(over);
  if (broken) {
    end();
    Object.assign(snapshot, { message: broken });
    enter("failed", true);
  }
  if (done) wanted.splice(0, 1).forEach((take) => take());
}

/** @param {import("../server/messages.js").Figures} figures */
function hearFigures(figures) {
  const dead = figures.dead ?? snapshot.figures?.dead ?? [];
  snapshot.figures = { ...figures, dead, validation: figures.validation ?? snapshot.figures?.validation ?? null };
  curve.add(figures);
  tell("figures", () => ({ ...figures, dead }));
}

/** Say how the training ended, and how good its network is. @param {"finished" | "failed"} state */
async function conclude(state) {
  const { judged } = await carried();
  if (state === "finished" && model) {
    const { accuracy, interval, n } = judgement(model, judged);
    snapshot.result = { accuracy, interval, n };
  } else {
    const rate = Number(snapshot.settings.learning_rate);
    snapshot.message = words.diverged;
    snapshot.notice = { kind: "diverged", evidence: { rate, suggested: rate / 10 } };
  }
  end();
  enter(state, true);
}

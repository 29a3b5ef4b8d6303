// What the page in one file answers in the place of a server: the same questions, and answers of the same form.

import { withTheta } from "../network/model.js";
import { judged } from "./background.js";
import { carried } from "./carried.js";
import { Refusal, command, file, leave, listen, network, standing, start } from "./trainer.js";
import { words } from "./words.js";

/** @typedef {import("../network/nn.js").Model} Model */
/** @typedef {URLSearchParams} Asked */

/** @param {Asked} asked @returns {Promise<Model>} the network that is asked about */
async function modelOf(asked) {
  return asked.get("of") === "training" ? network() : (await carried()).model;
}

/** @param {"judgement" | "robustness"} judge @returns {(asked: Asked) => Promise<Response>} */
function judging(judge) {
  /** @type {Map<Model, Promise<unknown>>} */ const known = new Map(); // of the network that came with the file
  return async (asked) => {
    const model = await modelOf(asked);
    const found = known.get(model) ?? judged(judge, model);
    if (asked.get("of") !== "training") known.set(model, found);
    return Response.json(await found);
  };
}

/** @type {Record<string, (asked: Asked, body: any) => Promise<Response>>} */
const ANSWERS = {
  "api/model": async (asked) => new Response(asked.get("of") === "served" ? (await carried()).file
    : await file(asked.get("of") === "before")),
  "api/data": async () => {
    const { name, classes, learned, judged: { labels }, model } = await carried();
    return Response.json(
      { name, classes, train: learned.labels.length, test: labels.length, shape: model.imageShape });
  },
  "api/images": async (asked) => {
    const { test, train, indices, size } = await carried();
    const records = asked.getAll("index").map(Number).map((index) => {
      const place = asked.get("part") === "train" ? index : indices.indexOf(index);
      const record = (asked.get("part") === "train" ? train : test).subarray(place * size, (place + 1) * size);
      if (place < 0 || record.length === 0) throw new Refusal(422, words.nothing, ["index"]);
      return record;
    });
    return new Response(new Blob(/** @type {BlobPart[]} */ (records)));
  },
  "api/judgement": judging("judgement"),
  "api/robustness": judging("robustness"),
  "api/accuracy": async (asked, theta) =>
    Response.json(await judged("accuracy", withTheta(await modelOf(asked), theta))),
  "api/training": async (_, body) => Response.json(body ? await start(JSON.parse(body)) : standing()),
  "api/predict": async () => { throw new Refusal(422, words.photo); },
};

/**
 * Answer in the place of a server.
 * @param {string} path
 * @param {RequestInit} [options]
 * @returns {Promise<Response>}
 */
export async function answer(path, { body } = {}) {
  const { pathname, searchParams } = new URL(path, "http://localhost/");
  const name = pathname.slice(1);
  try {
    const verb = /^api\/training\/(run|pause|step|rewind|stop)$/.exec(name)?.[1];
    if (verb) {
      const { by = "batch" } = JSON.parse(String(body || "{}"));
      return Response.json(await command(/** @type {"run"} */ (verb), by));
    }
    if (!Object.hasOwn(ANSWERS, name)) throw new Refusal(404, words.nothing);
    return await ANSWERS[name](searchParams, body);
  } catch (error) {
    if (!(error instanceof Refusal)) console.error(error);
    const [status, fields] = error instanceof Refusal ? [error.status, error.fields] : [500, []];
    return Response.json({ detail: /** @type {Error} */ (error).message, fields }, { status });
  }
}

/**
 * Let a stand-in for the server's stream hear what happens to the training.
 * @param {EventTarget} target
 * @returns {() => void} to let it hear no more
 */
export function stream(target) {
  target.dispatchEvent(new Event("open"));
  listen(target);
  return () => leave(target);
}

// What a step does to images that it was not made with: a step that is far too long learns its own image by heart and
// makes the network worse at all others.

import { step } from "../network/backward.js";
import { withTheta } from "../network/model.js";
import { getData, getImages } from "../server/api.js";
import { exported } from "../server/carrying.js";
import { judgeOthers } from "./judge-others.js";

/** @typedef {import("../server/api.js").Sample} Sample */
/** @typedef {import("./one-step.js").Now} Now */
/** @typedef {import("./judge-others.js").Score} Score */

export const OTHERS = 200;
export const RATES = Array.from({ length: 11 }, (_, k) => 10 ** (k / 2 - 4)); // at which the curve is computed

/** @returns {Promise<Sample[]>} test images, which no step was made with */
export async function fetchOthers() {
  if (exported) return getImages("test", exported.indices.slice(0, OTHERS));
  const { test } = await getData();
  return getImages("test", Array.from({ length: Math.min(test, OTHERS) }, (_, k) => k));
}

/**
 * Follow what the steps of a lesson do to others; whoever asks anew is told anew, and the newest question alone counts.
 * @param {() => void} told that there is something new
 */
export function createEffect(told) {
  /** @type {Promise<Sample[]> | null} */ let fetched = null;
  /** @type {Now | null} */ let about = null;
  /** @type {Map<number, Score>} */ let scores = new Map(); // by rate; 0 is the network as it is
  let asked = 0;

  /** @param {Now} now @param {number} rate */
  async function find(now, rate) {
    const mine = ++asked;
    const wanted = () => mine === asked;
    fetched ??= fetchOthers();
    const others = await fetched.catch(() => null);
    if (!others) fetched = null; // Another time the server may answer.
    for (const each of [0, rate, ...RATES]) {
      if (!others || !wanted()) return;
      if (scores.has(each)) continue;
      const theta = each ? step(now.model.theta, now.back.gradient, each) : now.model.theta;
      const score = theta.every(Number.isFinite)
        ? await judgeOthers(withTheta(now.model, theta), others, wanted) : null;
      if (!wanted()) return;
      if (score) scores.set(each, score);
      told();
    }
  }

  return {
    /**
     * @param {Now} now
     * @param {number} rate
     */
    ask(now, rate) {
      if (about?.model.theta !== now.model.theta || about.image !== now.image || about.label !== now.label) {
        [about, scores] = [now, new Map()];
      }
      void find(now, rate);
    },
    /** @param {number} rate 0: of the network as it is @returns {Score | undefined} undefined until it is known */
    at: (rate) => scores.get(rate),
    /** Ask no more. */
    stop() { asked++; },
  };
}

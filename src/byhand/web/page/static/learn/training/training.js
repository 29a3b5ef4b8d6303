// The training under way, as this page knows it: a stream of events brings all that happens, verbs go the other way.

import { Refused } from "../../server/api.js";
import { hasNetwork, isAlive, isOver } from "../../server/phases.js";
import { emptyCurve, keepCurve } from "./curve.js";
import { recall, remember } from "./key.js";
import { createRequests } from "./requests.js";
import { openStream } from "./stream.js";

/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../../server/messages.js").Started} Started */
/** @typedef {import("../../server/messages.js").Figures} Figures */
/** @typedef {"run" | "pause" | "step" | "rewind" | "stop"} Verb */
/** @typedef {ReturnType<typeof createTraining>} Training */

/** @returns {Snapshot} */
function nothing() {
  return {
    state: "none", settings: {}, sizes: [], classes: [], folder: "", owned: false, started: "",
    figures: null, curve: emptyCurve(), notice: null, message: null, fields: [], event: -1, result: null,
    waiting: null,
  };
}

/**
 * Listen to the server's training.
 * @param {(news: "snapshot" | "figures" | "state" | "connection") => void} tell
 */
export function createTraining(tell) {
  let snapshot = nothing();
  let curve = keepCurve(snapshot.curve);
  let own = recall();
  const requests = createRequests(() => tell("state"));
  const stream = openStream({ snapshot: take, figures: addFigures, state: changeState, waiting: changeState }, () => tell("connection"));

  /** @param {Partial<Snapshot>} news */
  function take(news) {
    const first = snapshot.event < 0;
    snapshot = { ...nothing(), ...news };
    own = recall(); // Another tab may have begun it.
    // Who comes when a stranger's training is over finds a place of their own, not what that has left.
    const strangers = snapshot.owned && isOver(snapshot.state) && own?.started !== snapshot.started;
    if (first && strangers) snapshot = { ...nothing(), event: snapshot.event };
    curve = keepCurve(snapshot.curve);
    tell("snapshot");
  }

  /** @param {Partial<Snapshot>} news of an answer: nothing later may have been heard of already */
  function takeAnswer(news) {
    if ((news.event ?? 0) >= snapshot.event) take(news);
    else tell("state");
  }

  /** @param {Figures} figures @param {number} number */
  function addFigures(figures, number) {
    if (number <= snapshot.event) return; // The snapshot holds it already.
    curve.add(figures);
    snapshot.figures = { ...figures, validation: figures.validation ?? snapshot.figures?.validation ?? null };
    snapshot.event = number;
    tell("figures");
  }

  /** @param {Pick<Snapshot, "state" | "notice"> | Pick<Snapshot, "waiting">} news @param {number} number */
  function changeState(news, number) {
    if (number <= snapshot.event) return;
    Object.assign(snapshot, news, { event: number });
    tell("state");
  }

  /**
   * Ask for something with the key of the one who started.
   * @param {string} path
   * @param {Record<string, unknown>} body
   * @returns {Promise<Partial<Started> | null>} null if something else is being asked
   */
  async function request(path, body) {
    try {
      return await requests.ask(path, body, own && own.key);
    } catch (error) {
      if (error instanceof Refused && error.status === 403) own = remember(null);
      tell("state");
      throw error;
    }
  }

  return {
    get snapshot() { return snapshot; },
    get connection() { return stream.connection; },
    /** Whether nothing is heard of the server. */
    get cut() { return stream.connection === "lost" || stream.connection === "shut out"; },
    /** Whether it is being stopped, which takes a moment. */
    get stopping() { return requests.stopping; },
    /** Whether there is a network to look at, and nothing under way that takes it away. */
    get visible() { return hasNetwork(snapshot.state) && !requests.busy && !this.cut; },
    /** Whether it goes on, or can. */
    get alive() { return isAlive(snapshot.state) && !requests.stopping; },
    /** Whether it may be commanded here; what the stream tells while one is being started is most likely that one. */
    get mine() { return requests.busy || !snapshot.owned || (own !== null && own.started === snapshot.started); },
    /** The settings that were last started from this browser. */
    get ownSettings() { return own?.settings ?? null; },

    /**
     * Start a training; one's own that is still going on makes way for it.
     * @param {Snapshot["settings"]} settings
     * @param {boolean} paused whether it should wait for the first step
     * @param {Snapshot["settings"]} [form] what the form goes on saying, where that is something else
     */
    async start(settings, paused, form = settings) {
      const news = await request("api/training", { ...settings, paused });
      if (!news) return;
      own = remember({ key: news.key ?? "", started: news.started ?? "", settings: form });
      takeAnswer(news);
    },

    /** Go on with what an earlier server has left. */
    async resume() {
      const news = await request("api/training/resume", {});
      if (!news) return;
      own = remember({ key: news.key ?? "", started: news.started ?? "", settings: news.settings ?? {} });
      takeAnswer(news);
    },

    /** Take over what somebody else has begun: then it is commanded from here. */
    async takeOver() {
      const news = await request("api/training/take", {});
      if (!news) return;
      own = remember({ key: news.key ?? "", started: news.started ?? "", settings: news.settings ?? {} });
      takeAnswer(news);
    },

    /**
     * @param {Verb} verb
     * @param {"image" | "batch" | "epoch"} [by] how much one step is
     */
    async act(verb, by) {
      const news = await request(`api/training/${verb}`, by ? { by } : {});
      if (news) takeAnswer(news);
    },

    /** Listen no more. */
    close: () => stream.close(),
  };
}

// The training under way, as this page knows it: a stream of events brings all that happens, verbs go the other way.

import { Refused, askJson } from "../api.js";
import { append, emptyCurve } from "./curve.js";

/** @typedef {import("./curve.js").Curve} Curve */
/** @typedef {import("./curve.js").Figures} Figures */
/** @typedef {"none" | "starting" | "paused" | "running" | "finished" | "failed" | "stopped"} Phase */
/** @typedef {"diverged" | "not_learning" | "overfitting" | "dead"} Trouble */
/** @typedef {{kind: Trouble, evidence: Record<string, number>}} Notice */
/** @typedef {Record<string, unknown>} Settings the fields of a recipe */
/**
 * @typedef {object} Snapshot
 * @property {Phase} state
 * @property {Settings} settings
 * @property {number[]} sizes
 * @property {string[]} classes
 * @property {string | null} folder
 * @property {string} started
 * @property {Figures | null} figures
 * @property {Curve} curve
 * @property {Notice | null} notice
 * @property {string | null} message
 * @property {number} event the last one that this holds
 * @property {{accuracy: number, interval: [number, number], n: number} | null} result
 */
/** @typedef {"run" | "pause" | "step" | "rewind" | "stop"} Verb */
/** @typedef {"connecting" | "open" | "lost"} Connection */
/** @typedef {{key: string, started: string, settings: Settings}} Own a training that was started here */
/** @typedef {ReturnType<typeof createTraining>} Training */

const EVENTS = "/api/training/events";
const RETRY = 3000; // milliseconds until a stream that the browser gave up is opened again
const OWN = "byhand-training";
const VISIBLE = new Set(["paused", "running", "finished", "stopped"]);
const ALIVE = new Set(["starting", "paused", "running"]);

/** @returns {Snapshot} */
function nothing() {
  return {
    state: "none", settings: {}, sizes: [], classes: [], folder: "", started: "", figures: null, curve: emptyCurve(),
    notice: null, message: null, event: -1, result: null,
  };
}

/** @returns {Own | null} what was started from this tab */
function recall() {
  try {
    return JSON.parse(sessionStorage.getItem(OWN) ?? "null");
  } catch {
    return null; // A browser that keeps nothing, or something else under that name.
  }
}

/** @param {Own | null} own */
function remember(own) {
  try {
    if (own) sessionStorage.setItem(OWN, JSON.stringify(own));
    else sessionStorage.removeItem(OWN);
  } catch {
    // A browser that keeps nothing: the key lives as long as the page.
  }
}

/**
 * Listen to the server's training.
 * @param {(news: "snapshot" | "figures" | "state" | "connection") => void} tell
 */
export function createTraining(tell) {
  let snapshot = nothing();
  /** @type {Connection} */ let connection = "connecting";
  /** @type {EventSource | null} */ let source = null;
  let own = recall();
  let retry = 0;
  let busy = false;

  /** @param {Partial<Snapshot>} news whether nothing later has been heard of already */
  function isNews(news) {
    return (news.event ?? 0) >= snapshot.event;
  }

  /** @param {Partial<Snapshot>} news */
  function take(news) {
    snapshot = { ...nothing(), ...news };
    tell("snapshot");
  }

  /** Open the stream; the browser opens it again by itself when it breaks, and asks for what it missed. */
  function connect() {
    const stream = source = new EventSource(EVENTS);
    listen("snapshot", take);
    listen("figures", (/** @type {Figures} */ figures) => {
      append(snapshot.curve, figures);
      snapshot.figures = { ...figures, validation: figures.validation ?? snapshot.figures?.validation ?? null };
      tell("figures");
    });
    listen("state", (/** @type {Pick<Snapshot, "state" | "notice">} */ news) => {
      Object.assign(snapshot, news);
      tell("state");
    });
    stream.addEventListener("open", () => setConnection("open"));
    stream.addEventListener("error", () => {
      setConnection("lost");
      if (stream.readyState === EventSource.CLOSED) retry = setTimeout(connect, RETRY);
    });

    /** @param {string} name @param {(data: any) => void} hear */
    function listen(name, hear) {
      stream.addEventListener(name, (event) => {
        const number = Number(event.lastEventId);
        setConnection("open");
        if (name !== "snapshot" && number <= snapshot.event) return; // The snapshot holds it already.
        hear(JSON.parse(event.data));
        if (name !== "snapshot") snapshot.event = number;
      });
    }
  }

  /** @param {Connection} now */
  function setConnection(now) {
    if (now === connection) return;
    connection = now;
    tell("connection");
  }

  /**
   * Ask for something, one thing at a time, with the key of the one who started.
   * @param {string} path
   * @param {Record<string, unknown>} body
   * @returns {Promise<(Partial<Snapshot> & {key?: string}) | null>} null if something else is being asked
   */
  async function request(path, body) {
    if (busy) return null;
    busy = true;
    try {
      return await askJson(path, {
        method: "POST",
        headers: { "Content-Type": "application/json", ...(own ? { "X-Training-Key": own.key } : {}) },
        body: JSON.stringify(body),
      });
    } catch (error) {
      if (error instanceof Refused && error.status === 403) remember(own = null);
      tell("state");
      throw error;
    } finally {
      busy = false;
    }
  }

  connect();
  return {
    get snapshot() { return snapshot; },
    get connection() { return connection; },
    /** Whether there is a network to look at, and nothing under way that takes it away. */
    get visible() { return VISIBLE.has(snapshot.state) && !busy && connection !== "lost"; },
    /** Whether it goes on, or can. */
    get alive() { return ALIVE.has(snapshot.state); },
    /** Whether it was started from this tab; what the stream tells while one is being started is most likely it. */
    get mine() { return busy || (own !== null && own.started === snapshot.started); },
    /** The settings that were last started from this tab. */
    get ownSettings() { return own?.settings ?? null; },

    /**
     * Start a training; one's own that is still going on makes way for it.
     * @param {Settings} settings
     * @param {boolean} paused whether it should wait for the first step
     */
    async start(settings, paused) {
      const news = await request("/api/training", { ...settings, paused });
      if (!news) return;
      remember(own = { key: news.key ?? "", started: news.started ?? "", settings });
      if (isNews(news)) take(news);
      else tell("state");
    },

    /**
     * @param {Verb} verb
     * @param {"image" | "batch" | "epoch"} [by] how much one step is
     */
    async act(verb, by) {
      const news = await request(`/api/training/${verb}`, by ? { by } : {});
      if (news && isNews(news)) take(news);
    },

    /** Listen no more. */
    close() {
      clearTimeout(retry);
      source?.close();
      source = null;
    },
  };
}

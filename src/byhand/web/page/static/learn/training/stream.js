// The server's stream of events: all that happens to a training, in its order, each event once.

/** @typedef {"connecting" | "open" | "lost" | "shut out"} Connection */

import { isShutOut, openEvents } from "../../server/api.js";

const EVENTS = "api/training/events";
const RETRY = 3000; // milliseconds until a stream that the browser gave up is opened again

/**
 * Open the stream; the browser opens it again by itself when it breaks, and asks for what it missed.
 * @param {Record<string, (data: any, number: number) => void>} hear what to do with an event, by its name, with its
 *   place in the order
 * @param {() => void} changed is called when the connection is another
 * @returns {{connection: Connection, close: () => void}}
 */
export function openStream(hear, changed) {
  const stream = { connection: /** @type {Connection} */ ("connecting"), close };
  /** @type {EventSource | null} */ let source = null;
  let retry = 0;
  let closed = false;

  /** @param {Connection} now */
  function turn(now) {
    if (now === stream.connection) return;
    stream.connection = now;
    changed();
  }

  /** Begin to listen. */
  function connect() {
    const opened = source = openEvents(EVENTS);
    opened.addEventListener("open", () => turn("open"));
    opened.addEventListener("error", () => {
      if (stream.connection !== "shut out") turn("lost");
      if (opened.readyState === EventSource.CLOSED) void lookWhy(opened);
    });
    for (const [name, listener] of Object.entries(hear)) {
      opened.addEventListener(name, (event) => {
        turn("open");
        listener(JSON.parse(event.data), Number(event.lastEventId));
      });
    }
  }

  /**
   * A browser does not say why it gave a stream up; ask, and try again: the new link may be opened in another tab.
   * @param {EventSource} given that it gave up
   */
  async function lookWhy(given) {
    const now = (await isShutOut()) ? "shut out" : "lost";
    if (given !== source || closed) return;
    turn(now);
    retry = setTimeout(connect, RETRY);
  }

  /** Listen no more. */
  function close() {
    closed = true;
    clearTimeout(retry);
    source?.close();
  }

  connect();
  return stream;
}

// What the page asks the server to do with its training: one thing at a time.

import { askJson } from "../../server/api.js";

const STOP = "api/training/stop";

/**
 * @param {() => void} changed is called when a training is about to be stopped, which takes a moment
 * @returns {{busy: boolean, stopping: boolean,
 *            ask: (path: string, body: Record<string, unknown>, key: string | null) => Promise<any>}}
 *   `ask` returns null if something else is being asked; but a training that is being stopped is waited for
 */
export function createRequests(changed) {
  /** @type {{path: string, over: Promise<unknown>} | null} */ let asked = null; // what is not answered yet
  return {
    get busy() { return asked !== null; },
    get stopping() { return asked?.path === STOP; },

    async ask(path, body, key) {
      if (asked?.path === STOP) await asked.over;
      if (asked) return null;
      /** @type {(value?: unknown) => void} */ let answered = () => {};
      asked = { path, over: new Promise((resolve) => (answered = resolve)) };
      if (path === STOP) changed();
      try {
        return await askJson(path, {
          method: "POST",
          headers: { "Content-Type": "application/json", ...(key === null ? {} : { "X-Training-Key": key }) },
          body: JSON.stringify(body),
        });
      } finally {
        asked = null;
        answered();
      }
    },
  };
}

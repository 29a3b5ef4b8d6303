// The states of a training: what each of them lets one do. The whole page asks here.

/** @typedef {"none" | "starting" | "paused" | "running" | "finished" | "failed" | "stopped"} Phase */

const ALIVE = new Set(["starting", "paused", "running"]);
const WITH_NETWORK = new Set(["paused", "running", "finished", "stopped"]);
const OVER = new Set(["finished", "failed", "stopped"]);

/** @param {string} phase @returns {boolean} whether a training goes on, or can */
export function isAlive(phase) {
  return ALIVE.has(phase);
}

/** @param {string} phase @returns {boolean} whether there is a network to look at */
export function hasNetwork(phase) {
  return WITH_NETWORK.has(phase);
}

/** @param {string} phase @returns {boolean} whether nothing more will be learned, unless it is rewound */
export function isOver(phase) {
  return OVER.has(phase);
}

// What was seen of a training: the network at moments of its past, and the curves of the trainings before. Only what this
// page has seen itself, in memory that does not grow.

/** @typedef {import("../../network/nn.js").Model} Model */
/** @typedef {import("../../server/messages.js").Snapshot} Snapshot */
/** @typedef {import("../../server/messages.js").Curve} Curve */
/** @typedef {{images: number, model: Model, confusion: number[][] | null}} Moment */
/**
 * A training that is over, or has made way; `n` counts them.
 * @typedef {{n: number, settings: Snapshot["settings"], curve: Curve}} Run
 */
/** @typedef {ReturnType<typeof createMemory>} Memory */

const MOST = 40; // moments
const [MOST_RUNS, LAST] = [8, 0];
const MOST_NUMBERS = 12_000_000; // parameters of all of them together: 48 MB

export function createMemory() {
  let started = "";
  /** @type {Curve | null} */ let curve = null; // of the training that goes on
  /** @type {Snapshot["settings"]} */ let settings = {};
  let count = 0; // trainings that were begun
  /** @type {Run[]} */ let runs = [];
  /** @type {number | null} */ let beside = LAST; // the number of the one that is drawn beside the present one
  /** @type {Moment[]} */ let moments = [];
  const last = (/** @type {Curve | null} */ of) => of?.images[of.images.length - 1] ?? 0;

  return {
    /** The moments in their order. */
    get moments() { return moments; },
    /** The trainings before this one, in their order. */
    get runs() { return runs; },
    /** The one of them that is drawn beside the present one: the last, unless another one, or none, is chosen. */
    get beside() {
      const last = runs[runs.length - 1] ?? null;
      return beside === null ? null : runs.find(({ n }) => n === beside) ?? last;
    },
    /** @param {number | null} n null: none; who chooses the last one sees the last one also later */
    chooseBeside(n) { beside = n === runs[runs.length - 1]?.n ? LAST : n; },

    /**
     * Follow a training: another one, or the same begun again, lets the one so far become the one before.
     * @param {Snapshot} snapshot
     */
    follow(snapshot) {
      const { curve: now, started: began } = snapshot;
      if (began !== started || last(now) < last(curve)) {
        if (curve && curve.images.length > 1) runs = [...runs, { n: ++count, settings, curve }].slice(-MOST_RUNS);
        [moments, started] = [[], began ?? ""];
      }
      [curve, settings] = [now, snapshot.settings];
    },

    /**
     * Keep the network as it is now.
     * @param {Model} model
     * @param {Snapshot} snapshot
     */
    keep(model, { figures, sizes }) {
      const images = figures?.images ?? 0;
      const latest = moments[moments.length - 1]?.images ?? -1;
      // It may have come late, from a training that was begun anew meanwhile.
      if (model.sizes.join() !== sizes.join() || latest > images) return;
      if (latest === images) moments.pop();
      moments.push({ images, model, confusion: figures?.validation?.confusion ?? null });
      const most = Math.max(2, Math.min(MOST, Math.floor(MOST_NUMBERS / model.theta.length)));
      if (moments.length > most) moments.splice(leastMissed(moments), 1);
    },
  };
}

/**
 * @param {Moment[]} moments
 * @returns {number} the one, neither first nor last, whose neighbours are nearest to each other
 */
function leastMissed(moments) {
  let [best, least] = [1, Infinity];
  for (let k = 1; k + 1 < moments.length; k++) {
    const gap = moments[k + 1].images - moments[k - 1].images;
    if (gap < least) [best, least] = [k, gap];
  }
  return best;
}

// Trainings that differ only in how many images they learn from.

import assert from "node:assert/strict";
import test from "node:test";

import { START } from "../../../src/byhand/web/page/static/learn/form/presets.js";
import { leftByTenfold, settingsOf, sizesOf } from "../../../src/byhand/web/page/static/learn/series/plan.js";
import { createMemory, createSeries } from "../../../src/byhand/web/page/static/learn/series/series.js";

test("a series goes up in powers of ten to all that there are, and none is learned twice", () => {
  assert.deepEqual(sizesOf(60_000), [10, 100, 1000, 60_000]);
  assert.deepEqual(sizesOf(1000), [10, 100, 1000]);
  assert.deepEqual(sizesOf(500), [10, 100, 500]);
  assert.deepEqual(sizesOf(10), [10]);
});

test("its trainings look at about as many images, and differ in nothing else", () => {
  const form = { ...START, optimizer: "adam", epochs: 20, limit: null };
  const all = sizesOf(60_000).map((n) => settingsOf(form, n, 60_000, 1000));
  assert.deepEqual(all.map(({ limit }) => limit), [10, 100, 1000, 60_000]);
  assert.deepEqual(all.map(({ epochs }) => epochs), [100, 100, 100, 3]);
  for (const settings of all) {
    assert.deepEqual({ ...settings, limit: null, epochs: 20 }, { ...form, validation: 0 });
  }
  const short = sizesOf(2000).map((n) => settingsOf({ ...form, epochs: 1 }, n, 2000, 1000).epochs);
  assert.deepEqual(short, [100, 20, 2, 1]);
});

test("what ten times as many images leave of the mistakes is reckoned from the first point to the last", () => {
  const point = (n, accuracy) => ({ n, accuracy, interval: [accuracy, accuracy] });
  assert.ok(Math.abs(leftByTenfold([point(10, 0.2), point(100, 0.6), point(1000, 0.8)]) - 0.5) < 1e-9);
  for (const points of [[point(10, 0.5)], [point(10, 0.5), point(100, 0.5)], [point(10, 0.5), point(100, 1)]]) {
    assert.equal(leftByTenfold(points), null);
  }
});

/** A training as the page knows it, which ends when the test says so. */
function trainer() {
  const asked = [];
  const training = {
    asked,
    snapshot: { event: 1, state: "none", started: null, result: null },
    async start(settings, paused, form) {
      asked.push({ settings, paused, form });
      training.snapshot = { event: 1, state: "running", started: `nr ${asked.length}`, result: null };
    },
    end(accuracy) {
      const result = { accuracy, interval: [accuracy - 0.1, accuracy + 0.1], n: 100 };
      training.snapshot = { ...training.snapshot, state: "finished", result };
    },
  };
  return training;
}

const turn = () => new Promise((resolve) => setTimeout(resolve));
const attempt = async (what) => {
  try {
    await what();
    return true;
  } catch {
    return false;
  }
};

test("each training begins when the one before has its result, and the form stays as it is", async () => {
  const [training, memory] = [trainer(), createMemory()];
  const form = { ...START, limit: 500 };
  const series = createSeries(training, memory, 1000, attempt, () => {});
  await series.start(form, 60_000);
  assert.deepEqual(memory.sizes, [10, 100, 500]);
  for (const [k, accuracy] of [0.3, 0.6, 0.8].entries()) {
    assert.equal(training.asked.length, k + 1);
    training.snapshot = { ...training.snapshot, state: "finished" }; // The result comes a moment later.
    series.hear();
    assert.equal(memory.points.length, k);
    training.end(accuracy);
    series.hear();
    await turn();
  }
  assert.equal(series.goesOn, false);
  assert.deepEqual(memory.points.map(({ n, accuracy }) => [n, accuracy]), [[10, 0.3], [100, 0.6], [500, 0.8]]);
  for (const { form: kept } of training.asked) assert.equal(kept, form);
});

test("who comes back to Learn finds the series going on", async () => {
  const [training, memory] = [trainer(), createMemory()];
  await createSeries(training, memory, 1000, attempt, () => {}).start(START, 100);
  training.end(0.4); // while Learn was out of sight
  const known = training.snapshot;
  training.snapshot = { event: -1, state: "none", started: "", result: null };
  const back = createSeries(training, memory, 1000, attempt, () => {});
  back.hear();
  assert.equal(back.goesOn, true);
  training.snapshot = known;
  back.hear();
  await turn();
  assert.deepEqual(training.asked.map(({ settings: { limit } }) => limit), [10, 100]);
});

for (const [what, happens] of Object.entries({
  "is stopped": (snapshot) => ({ ...snapshot, state: "stopped" }),
  "fails": (snapshot) => ({ ...snapshot, state: "failed" }),
  "makes way for another": (snapshot) => ({ ...snapshot, started: "another's" }),
})) {
  test(`a series ends where one of its trainings ${what}`, async () => {
    const [training, memory] = [trainer(), createMemory()];
    const series = createSeries(training, memory, 1000, attempt, () => {});
    await series.start(START, 1000);
    training.snapshot = happens(training.snapshot);
    series.hear();
    assert.equal(series.goesOn, false);
    assert.deepEqual([training.asked.length, memory.points.length], [1, 0]);
  });
}

test("a series that the server refuses does not go on", async () => {
  const training = { ...trainer(), start: () => Promise.reject(new Error("no")) };
  const series = createSeries(training, createMemory(), 1000, attempt, () => {});
  await series.start(START, 1000);
  assert.equal(series.goesOn, false);
});

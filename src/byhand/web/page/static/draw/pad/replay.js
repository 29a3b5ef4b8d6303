// Draws the strokes once more, in their order, while the network judges what there is so far.

import { calm } from "../../elements/dom.js";
import { begun } from "./recording.js";

const DURATION = 2000; // milliseconds
const SHORTEST = 250; // milliseconds for a stroke where strokes appear whole

/**
 * @param {import("../../page/app.js").App} app
 * @param {(playing: boolean) => void} told whenever it starts or ends
 * @returns {{play: () => void, stop: () => void, playing: () => boolean}}
 */
export function createReplay(app, told) {
  let stopTimer = () => {};
  let playing = false;

  /** End it, wherever it is: the whole drawing is there again. */
  function stop() {
    if (!playing) return;
    playing = false;
    stopTimer();
    app.preview(null);
    told(false);
  }

  /** Start it from the first stroke. */
  function play() {
    stop();
    const { strokes } = app.store.state;
    if (!strokes.length) return;
    playing = true;
    app.preview([]);
    stopTimer = calm() ? byStrokes(strokes.length) : byFrames();
    told(true);
  }

  /** Let the pen move, a little in every frame. */
  function byFrames() {
    const { strokes } = app.store.state;
    let frame = 0;
    let began = 0;
    const draw = (/** @type {number} */ now) => {
      began ||= now;
      const share = (now - began) / DURATION;
      if (share >= 1) return stop();
      app.preview(begun(strokes, share));
      frame = requestAnimationFrame(draw);
    };
    frame = requestAnimationFrame(draw);
    return () => cancelAnimationFrame(frame);
  }

  /**
   * Let whole strokes appear: nothing moves.
   * @param {number} count
   */
  function byStrokes(count) {
    const { strokes } = app.store.state;
    let shown = 0;
    const timer = setInterval(() => {
      if (++shown > count) return stop();
      app.preview(strokes.slice(0, shown));
    }, Math.max(SHORTEST, DURATION / count));
    return () => clearInterval(timer);
  }

  return { play, stop, playing: () => playing };
}

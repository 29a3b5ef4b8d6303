// How often the page draws what changes all the time: never more than once a frame, and as seldom as is comfortable.

import { calm } from "../elements/dom.js";

const CALM = 700; // milliseconds between two drawings for those who asked their system for less motion

/**
 * Run a function when asked, at most once in so many milliseconds, in an animation frame.
 * @param {() => void} draw
 * @param {number} [least] milliseconds from one drawing to the next
 * @returns {{ask: (now?: boolean) => void, stop: () => void}} `ask(true)` does not wait for longer than one frame
 */
export function pace(draw, least = 0) {
  let last = -Infinity;
  let timer = 0;
  let frame = 0;

  /** Draw in the next frame. */
  function soon() {
    clearTimeout(timer);
    timer = 0;
    frame ||= requestAnimationFrame(() => {
      frame = 0;
      last = performance.now();
      draw();
    });
  }
  return {
    ask(now = false) {
      if (frame) return;
      const wait = last + (calm() ? Math.max(least, CALM) : least) - performance.now();
      if (now || wait <= 0) soon();
      else timer ||= setTimeout(soon, wait);
    },
    stop() {
      clearTimeout(timer);
      cancelAnimationFrame(frame);
      timer = frame = 0;
    },
  };
}

// From the movements of a mouse, a pen, a finger or the arrow keys to the strokes of the application.

import { PAD, snap } from "../../ink/ink.js";
import { distance } from "./recording.js";

/** @typedef {[number, number]} Point in pixels of the pad, multiples of 1/4 */
/**
 * @typedef {object} Hand what the pen needs to know and to tell
 * @property {() => boolean} erasing whether the eraser is chosen
 * @property {() => void} begin told before the pen is put down
 * @property {(point: Point | null, down: boolean) => void} cursor told where the pen is; null if nowhere
 * @property {(down: boolean) => void} toggled told when a key has put the pen down or lifted it
 */

const NEAREST = 1; // Pixels of the pad: points that lie closer make a link longer and change next to nothing.
const [STEP, LEAP] = [4, 20]; // Pixels of the pad for an arrow key, and with Shift.
const NEEDS_POINTER = "button, a, summary, label, input, select, textarea, dialog, canvas, [role=listbox]"; // keep it
const ERASER = { button: 5, buttons: 32 }; // The far end of a pen.
/** @type {Record<string, Point>} */
const ARROWS = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };

/**
 * Let people draw on a canvas.
 * @param {HTMLCanvasElement} canvas without border, of any size on the screen
 * @param {HTMLElement} reach around it: who puts the pen down beside the pad draws as soon as it gets there
 * @param {import("../../page/app.js").App} app
 * @param {Hand} hand
 * @returns {() => void} to let nobody draw any more
 */
export function attachPen(canvas, reach, app, hand) {
  byKeys(canvas, app, hand);
  return byPointer(canvas, reach, app, hand);
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {HTMLElement} reach
 * @param {import("../../page/app.js").App} app
 * @param {Hand} hand
 */
function byPointer(canvas, reach, app, hand) {
  /** @type {number | null} */ let pointer = null; // the one that draws
  /** @type {number | null} */ let elsewhere = null; // one that was put down beside the pad, on nothing that needs it
  /** @type {Point | null} */ let last = null; // null while it is beside the pad
  let erase = false;
  let lately = 1; // how hard the pen was pressed: lifted, it is not pressed at all
  /** @type {unknown} */ let mine = null; // the stroke that this pointer draws
  let frame = canvas.getBoundingClientRect();

  const place = (/** @type {PointerEvent} */ event) => /** @type {Point} */ (
    [((event.clientX - frame.left) * PAD) / frame.width, ((event.clientY - frame.top) * PAD) / frame.height]);
  const onPad = (/** @type {Point} */ point) => point.every((coordinate) => coordinate >= 0 && coordinate <= PAD);
  const snapped = (/** @type {Point} */ [x, y]) => /** @type {Point} */ ([snap(x), snap(y)]);

  /**
   * Begin to draw with a pointer that is down.
   * @param {PointerEvent} event
   */
  function begin(event) {
    hand.begin();
    pointer = event.pointerId;
    elsewhere = null;
    canvas.setPointerCapture(pointer);
    frame = canvas.getBoundingClientRect();
    erase = hand.erasing() || event.button === ERASER.button || (event.buttons & ERASER.buttons) !== 0;
    last = mine = null;
    lately = 1;
    follow([event], false);
    hand.cursor(last, true);
  }

  /** Hear of every pointer that is put down anywhere. @param {PointerEvent} event */
  function down(event) {
    if (event.pointerType === "touch" && pointer !== null && event.pointerId !== pointer) return cancel();
    if (pointer !== null || !event.isPrimary || (event.button !== 0 && event.button !== ERASER.button)) return;
    const path = event.composedPath();
    if (path.includes(reach)) return begin(event);
    const needed = path.some((part) => part instanceof Element && part.matches(NEEDS_POINTER));
    elsewhere = needed || event.pointerType === "touch" ? null : event.pointerId;
  }

  /** Two fingers make the page larger: they draw no line. */
  function cancel() {
    pointer = null;
    if (app.pen === mine) app.penCancel();
    hand.cursor(null, false);
  }

  /**
   * Follow the pointer. Beside the pad the pen is lifted, so that no line is drawn along the edge. What was taken
   * back while the pen was down, or is drawn by keys meanwhile, stays as it is.
   * @param {PointerEvent[]} events
   * @param {boolean} end whether the last of these points counts, however near it is
   */
  function follow(events, end) {
    if (last !== null && app.pen !== mine) return;
    /** @type {Point[]} */ let points = [];
    const pressure = pressureOf(events[events.length - 1]) ?? lately;
    lately = pressure;
    events.forEach((event, k) => {
      const point = place(event);
      const inside = onPad(point);
      const here = snapped(point);
      if (last === null) {
        if (!inside) return;
        app.penDown(here, erase, pressure);
        mine = app.pen;
        last = here;
      } else if (!inside) {
        app.penMove([...points, here], pressure);
        app.penUp();
        points = [];
        last = null;
      } else if (distance(last, here) >= NEAREST || (end && k === events.length - 1)) {
        points.push(here);
        last = here;
      }
    });
    if (points.length) app.penMove(points, pressure);
  }

  /** @param {PointerEvent} event */
  function move(event) {
    if (pointer === null) {
      frame = canvas.getBoundingClientRect();
      if (elsewhere === event.pointerId && event.buttons & 1 && onPad(place(event))) begin(event);
      else if (event.pointerType !== "touch") hand.cursor(snapped(place(event)), false);
    }
    if (event.pointerId !== pointer) return;
    getSelection()?.removeAllRanges(); // Who draws selects no text, wherever the pen was put down.
    const all = event.getCoalescedEvents?.() ?? [];
    follow(all.length ? all : [event], false);
    hand.cursor(last, true);
  }

  /** @param {PointerEvent} event */
  function up(event) {
    if (event.pointerId !== pointer) return;
    if (event.type === "pointercancel" && event.pointerType === "touch") return cancel();
    pointer = null;
    if (event.type === "pointerup") follow([event], true);
    if (app.pen === mine) app.penUp();
    hand.cursor(event.pointerType === "touch" ? null : last, false);
  }

  addEventListener("pointerdown", down, { capture: true });
  canvas.addEventListener("pointermove", move);
  for (const name of /** @type {const} */ (["pointerup", "pointercancel", "lostpointercapture"])) {
    canvas.addEventListener(name, up);
  }
  canvas.addEventListener("pointerleave", () => {
    if (pointer === null) hand.cursor(null, false);
  });
  return () => removeEventListener("pointerdown", down, { capture: true });
}

/**
 * Return how much wider than usual a pen writes: one that is pressed harder, wider. Where nothing feels the pressure,
 * it is half of the most.
 * @param {PointerEvent} event
 * @returns {number | null} null if nothing is pressed
 */
function pressureOf({ pointerType, pressure }) {
  return pointerType !== "pen" ? 1 : pressure > 0 ? 0.5 + pressure : null;
}

/**
 * @param {HTMLCanvasElement} canvas
 * @param {import("../../page/app.js").App} app
 * @param {Hand} hand
 */
function byKeys(canvas, app, hand) {
  /** @type {Point} */ let point = [PAD / 2, PAD / 2];
  /** @type {unknown} */ let mine = null; // the stroke that the keys draw
  const isDown = () => mine !== null && app.pen === mine;

  /** Put the pen down or lift it. */
  function toggle() {
    if (isDown()) app.penUp();
    else {
      hand.begin();
      app.penDown(point, hand.erasing());
      mine = app.pen;
    }
    hand.toggled(isDown());
  }

  /** @param {KeyboardEvent} event */
  function pressed(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const arrow = ARROWS[event.key];
    if (arrow) {
      const far = event.shiftKey ? LEAP : STEP;
      point = [snap(point[0] + far * arrow[0]), snap(point[1] + far * arrow[1])];
      if (isDown()) app.penMove([point]);
    } else if (event.key === " " || event.key === "Enter") {
      if (!event.repeat) toggle();
    } else if (event.key === "Escape" && isDown()) toggle();
    else return;
    event.preventDefault();
    hand.cursor(point, isDown());
  }

  canvas.addEventListener("keydown", pressed);
  canvas.addEventListener("focus", () => {
    if (canvas.matches(":focus-visible")) hand.cursor(point, false);
  });
  canvas.addEventListener("blur", () => {
    if (isDown()) toggle();
    hand.cursor(null, false);
  });
}

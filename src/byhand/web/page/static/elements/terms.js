// The words of the field, explained where they stand: by pointing at one, by going to it with the keys, or by a tap.
// In words.js of any view a term stands in double brackets: "The [[loss]] falls", or "the [[slopes|gradient]]" where
// the sentence has another word than the glossary. `terms` makes of such a sentence what `h` takes as children.

import { glossary } from "../page/glossary.js";
import { fill, h, say } from "./dom.js";

/** @type {Record<string, string>} */ const meanings = glossary;

const MARKED = /\[\[([^\]|]+)(?:\|([^\]]+))?\]\]/g;
const SIGN = /^[.,;:!?)’”]+/;
const LINGER = 150; // milliseconds until what is explained goes, so that the pointer may move onto it
const EDGE = 8; // pixels that stay free at the window's edges

/** @type {ReturnType<typeof createTip> | null} */ let tip = null;

/**
 * Make the children of an element of a sentence with terms; a term and the sign after it stay on one line.
 * @param {string} sentence
 * @param {Record<string, string | number>} [values] for its places
 * @returns {(string | HTMLElement)[]}
 */
export function terms(sentence, values = {}) {
  /** @type {(string | HTMLElement)[]} */ const parts = [];
  let place = 0;
  for (const { 0: whole, 1: shown, 2: name = shown.toLowerCase(), index } of sentence.matchAll(MARKED)) {
    const sign = SIGN.exec(sentence.slice(index + whole.length))?.[0] ?? "";
    parts.push(fill(sentence.slice(place, index), values), h("span", { class: "joined" }, term(name, shown), sign));
    place = index + whole.length + sign.length;
  }
  return [...parts, fill(sentence.slice(place), values)].filter((part) => part !== "");
}

/**
 * Make a term that explains itself.
 * @param {string} name in the glossary
 * @param {string} shown
 * @param {string} [aloud] what it is called where a sign alone is shown
 * @returns {HTMLElement}
 */
export function term(name, shown, aloud) {
  const { open, close, toggle, id } = (tip ??= createTip());
  const show = () => open(element, meanings[name]);
  const element = h("button", {
    type: "button", class: "term", "data-term": name, "aria-label": aloud, "aria-describedby": id,
    onfocus: show,
    onblur: () => close(),
    onpointerenter: (/** @type {PointerEvent} */ { pointerType }) => pointerType === "mouse" && show(),
    onpointerleave: (/** @type {PointerEvent} */ { pointerType }) => pointerType === "mouse" && close(LINGER),
    onclick: () => toggle(element, meanings[name]),
  }, shown);
  return element;
}

/** @param {HTMLElement} element */
function isInSight(element) {
  const { top, bottom } = element.getBoundingClientRect();
  return bottom > 0 && top < innerHeight;
}

/** The one place where whatever is asked for is explained. */
function createTip() {
  const element = h("div", { class: "tip", role: "tooltip", id: "term-tip", popover: "manual",
    onpointerenter: () => clearTimeout(timer), onpointerleave: () => close(LINGER) });
  document.body.append(element);
  /** @type {HTMLElement | null} */ let explained = null;
  let timer = 0;
  let since = 0; // when it was opened: the tap that gives the focus shall not close it again

  /** @param {HTMLElement} at @param {string} words */
  function open(at, words) {
    clearTimeout(timer);
    if (explained === at) return;
    [explained, since] = [at, performance.now()];
    say(element, words);
    element.showPopover();
    place(at);
  }

  /** Put it below the term, or above it where there is no room. @param {HTMLElement} at */
  function place(at) {
    const [box, own] = [at.getBoundingClientRect(), element.getBoundingClientRect()];
    const left = Math.max(EDGE, Math.min(box.left, document.documentElement.clientWidth - own.width - EDGE));
    const [below, above] = [box.bottom + 4, Math.max(EDGE, box.top - own.height - 4)];
    element.style.left = `${left}px`;
    element.style.top = `${below + own.height + EDGE <= innerHeight ? below : above}px`;
  }

  /** @param {number} [later] milliseconds */
  function close(later = 0) {
    clearTimeout(timer);
    if (later) {
      timer = setTimeout(close, later);
    } else if (explained) {
      explained = null;
      element.hidePopover();
    }
  }

  /** @param {HTMLElement} at @param {string} words */
  function toggle(at, words) {
    if (explained === at && performance.now() - since > 2 * LINGER) close();
    else open(at, words);
  }

  addEventListener("keydown", (event) => {
    if (event.key !== "Escape" || !explained) return;
    close();
    event.stopPropagation(); // Whatever else Escape does, it does the next time.
  }, { capture: true });
  // Going to a term by the keys may scroll the page: then what it means follows it.
  addEventListener("scroll", () => {
    if (explained?.matches(":focus-visible") && isInSight(explained)) place(explained);
    else close();
  }, { capture: true, passive: true });
  addEventListener("pointerdown", ({ target }) => {
    if (target instanceof Node && !element.contains(target) && !explained?.contains(target)) close();
  });
  return { id: element.id, open, close, toggle };
}

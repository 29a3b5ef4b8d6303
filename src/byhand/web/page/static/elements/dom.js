// The few lines in which the page makes elements, so that no view needs a framework or a string of HTML.

const SVG = "http://www.w3.org/2000/svg";

/**
 * @typedef {string | number | Node | null | undefined | false} Child
 * @typedef {Record<string, unknown>} Properties
 */

// Characters that are not seen but change what is: a name with them could make a sentence read otherwise.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Return words as they may be shown.
 * @param {string} words
 */
function plain(words) {
  return words.replace(UNSEEN, "\ufffd");
}

/**
 * Make an HTML element. Properties that begin with "on" are listeners, those with a hyphen, "role", "for" and "class"
 * are attributes; all others are set on the element. False and null children are left out.
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function h(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) {
      element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    } else if (/^(class|role|for|list)$|-/.test(name)) {
      element.setAttribute(name, value === true ? "" : plain(String(value)));
    } else {
      const shown = typeof value === "string" && name !== "value" ? plain(value) : value; // What is typed stays as it is.
      /** @type {Record<string, unknown>} */ (/** @type {unknown} */ (element))[name] = shown;
    }
  }
  append(element, children);
  return element;
}

/**
 * Make an SVG element; all properties are attributes, but for listeners.
 * @template {keyof SVGElementTagNameMap} K
 * @param {K} tag
 * @param {Properties} [properties]
 * @param {...(Child | Child[])} children
 * @returns {SVGElementTagNameMap[K]}
 */
export function svg(tag, properties = {}, ...children) {
  const element = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), /** @type {EventListener} */ (value));
    else element.setAttribute(name, plain(String(value)));
  }
  append(element, children);
  return element;
}

/**
 * @param {Element} element
 * @param {(Child | Child[])[]} children
 */
function append(element, children) {
  for (const child of children.flat()) {
    if (child !== null && child !== undefined && child !== false) {
      element.append(child instanceof Node ? child : plain(String(child)));
    }
  }
}

/**
 * Write words into an element only if they differ: no needless layout, and no screen reader says them twice.
 * @param {Element} element
 * @param {string} words
 */
export function say(element, words) {
  const shown = plain(words);
  if (element.textContent !== shown) element.textContent = shown;
}

/**
 * Name an element for those who do not see it.
 * @param {Element} element
 * @param {string} words
 */
export function sayAloud(element, words) {
  element.setAttribute("aria-label", plain(words));
}

/**
 * Put the values into the places of a sentence such as "{n} images".
 * @param {string} sentence
 * @param {Record<string, string | number>} values
 */
export function fill(sentence, values) {
  return sentence.replace(/\{(\w+)\}/g, (whole, name) => (name in values ? String(values[name]) : whole));
}

/**
 * Load the style sheet of a view, once. The exported page has all of them already.
 * @param {string} name below /static
 */
export function stylesheet(name) {
  const href = `static/${name}`;
  if (document.getElementById("exported") || document.querySelector(`link[href="${href}"]`)) return;
  document.head.append(h("link", { rel: "stylesheet", href }));
}

/**
 * Run a function at most once per animation frame, with what it was last asked with; for paper, which has no frames, at
 * once.
 * @template T
 * @param {(value: T) => void} draw
 * @returns {(value: T) => void}
 */
export function oncePerFrame(draw) {
  /** @type {T} */ let latest;
  let waiting = false;
  return (value) => {
    latest = value;
    if (document.documentElement.dataset.printing !== undefined) return draw(value);
    if (waiting) return;
    waiting = true;
    requestAnimationFrame(() => {
      waiting = false;
      draw(latest);
    });
  };
}

/**
 * Make what watches the sizes of elements where what is done then changes sizes again. It acts in the next frame: in the
 * same one browsers take that for an error ("ResizeObserver loop").
 * @param {(entries: ResizeObserverEntry[]) => void} act
 */
export function createWatcher(act) {
  return new ResizeObserver(oncePerFrame(act));
}

/** @returns {boolean} whether the person asked their system for less motion */
export function calm() {
  return matchMedia("(prefers-reduced-motion: reduce)").matches;
}

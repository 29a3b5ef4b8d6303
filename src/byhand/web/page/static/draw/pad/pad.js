// The pad: what one draws on, and the pictures and recordings that can take the drawing's place.

import { fill, h, say } from "../../elements/dom.js";
import { readsSigns } from "../../network/subject.js";
import { Told, sentenceOf } from "../../server/api.js";
import { enlarge, shortAnswer } from "../outputs.js";
import { createSheet } from "../sheet/memory.js";
import { words } from "../words.js";
import { listenFiles, openPicture } from "./pictures.js";
import { fromText, toText } from "./recording.js";
import { createReplay } from "./replay.js";
import { createSurface } from "./surface.js";

/** @typedef {import("../../page/app.js").App} App */

const texts = words.pad;

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createPad(app) {
  let opened = false; // whether what is said is about the picture shown
  const [large, sentence] = [h("span", { class: "answer-large" }), h("span")];
  const short = h("p", { class: "pad-answer", "aria-hidden": "true" }, large, sentence); // as in the card of the answer
  const status = h("p", { class: "pad-status small", role: "status" });
  const replay = createReplay(app, (playing) => say(files.replay, playing ? texts.stop : texts.replay));
  const begin = () => {
    replay.stop();
    tell("");
  };
  const surface = createSurface(app, begin);
  const take = opener(app, begin, (sentence, { bad = false, picture = false } = {}) => {
    tell(sentence, bad);
    opened = picture;
  });
  const files = fileTools(app, take, () => (replay.playing() ? replay.stop() : replay.play()));
  const element = h("section", { class: "card pad", "aria-labelledby": "pad-title" },
    h("h2", { id: "pad-title", class: "hidden-text" }, texts.title),
    surface.element, short, h("div", { class: "pad-tools" }, surface.tools, files.rows), status);

  /**
   * Say something of a picture or a file.
   * @param {string} sentence
   * @param {boolean} [bad]
   */
  function tell(sentence, bad = false) {
    opened = false;
    say(status, sentence);
    status.classList.toggle("bad", bad);
    status.classList.toggle("notice", bad);
  }

  /** Say the answer here, too. */
  function answer() {
    enlarge(large, app.reading.answer);
    say(sentence, shortAnswer(app));
  }
  answer();

  const stops = [
    app.on("reading", answer),
    app.on("ink", () => {
      if (opened && !app.picture) tell("");
    }),
    app.store.subscribe((_, changed) => {
      if (changed.has("strokes")) replay.stop();
    }),
    listenFiles(take, (over) => element.classList.toggle("dropping", over)),
    replay.stop,
    surface.dispose,
  ];
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * Make what takes a file that was chosen, dropped or pasted: a picture or recorded strokes.
 * @param {App} app
 * @param {() => void} begin called before something else is shown
 * @param {(sentence: string, about?: {bad?: boolean, picture?: boolean}) => void} tell
 * @returns {(file: File) => void}
 */
function opener(app, begin, tell) {
  const sheet = app.once(createSheet);
  let newest = 0; // Only the file chosen last is shown, whichever is ready first.

  /** @param {File} file @returns {Promise<() => void>} shows what is in it */
  async function open(file) {
    if (/json/.test(file.type) || /\.json$/i.test(file.name)) {
      const strokes = fromText(await file.text());
      if (strokes === null) throw new Told(texts.notStrokes);
      return () => {
        app.setStrokes(strokes);
        tell(fill(texts.loaded, { n: strokes.length }));
      };
    }
    tell(texts.opening);
    const { picture, words: said, page } = await openPicture(file, app.store.state.centred, readsSigns(app.served));
    return () => {
      app.usePicture(picture);
      tell(said, { picture: true });
      if (page) void sheet.read(page.file, page.canvas, file.name || texts.pasted);
      else sheet.close();
    };
  }

  /** @param {File} file */
  async function take(file) {
    const mine = ++newest;
    begin();
    try {
      const show = await open(file);
      if (mine === newest) show();
    } catch (error) {
      if (mine === newest) tell(sentenceOf(error), { bad: true });
    }
  }
  return (file) => void take(file);
}

/**
 * Make the buttons that open pictures, and keep and replay strokes.
 * @param {App} app
 * @param {(file: File) => void} take
 * @param {() => void} play
 */
function fileTools(app, take, play) {
  const picture = chooser("image/*", take);
  const strokes = chooser(".json,application/json", take);
  const replay = h("button", { type: "button", onclick: play }, texts.replay);
  const button = (/** @type {string} */ name, /** @type {() => void} */ action) =>
    h("button", { type: "button", onclick: action }, name);
  const rows = [
    h("div", { class: "row pad-files" }, button(texts.open, () => picture.click()), picture,
      h("details", { class: "pad-more" }, h("summary", {}, texts.more),
        h("div", { class: "row" }, replay, button(texts.save, () => save(app)),
          button(texts.load, () => strokes.click()), strokes),
        h("p", { class: "muted small" }, texts.moreHint))),
    h("p", { class: "muted small pad-drop" }, texts.openHint),
  ];
  return { rows, replay };
}

/**
 * Make the hidden field behind a button that opens a file.
 * @param {string} accept
 * @param {(file: File) => void} take
 * @returns {HTMLInputElement}
 */
function chooser(accept, take) {
  const field = h("input", {
    type: "file", accept, hidden: true,
    onchange: () => {
      const file = field.files?.[0];
      field.value = ""; // so that the same file can be chosen again
      if (file) take(file);
    },
  });
  return field;
}

/**
 * Give the strokes away as a file.
 * @param {App} app
 */
function save(app) {
  const address = URL.createObjectURL(new Blob([toText(app.store.state.strokes)], { type: "application/json" }));
  h("a", { href: address, download: texts.fileName }).click();
  setTimeout(() => URL.revokeObjectURL(address), 10_000);
}

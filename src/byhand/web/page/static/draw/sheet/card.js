// Several digits at once: a photo of a page, or a number on the pad. Every number can be looked at and put right.

import { count, percent } from "../../charts/numbers.js";
import { inMemory } from "../../charts/paint.js";
import { calm, fill, h, say, sayAloud } from "../../elements/dom.js";
import { PAD } from "../../ink/ink.js";
import { readsSigns } from "../../network/subject.js";
import { exported } from "../../server/carrying.js";
import { words } from "../words.js";
import { isDoubtful, toTable, toText } from "./entries.js";
import { createSheet } from "./memory.js";
import { createSheetPicture, paintNear } from "./picture.js";

/** @typedef {import("../../page/app.js").App} App */
/** @typedef {import("./entries.js").Entry} Entry */

const texts = words.sheet;
const PAUSE = 600; // milliseconds after the pen's last move until the pad is read as a number

/**
 * @param {App} app
 * @returns {{element: HTMLElement, dispose: () => void}}
 */
export function createSheetCard(app) {
  const sheet = app.once(createSheet);
  const picture = createSheetPicture((index) => look(index));
  const title = h("h2", { id: "sheet-title" });
  const lead = h("p", { role: "status" });
  const lines = h("div", { class: "sheet-lines", role: "group", "aria-label": texts.numbers });
  const near = h("canvas", { class: "sheet-near", role: "img" });
  const told = h("p", { class: "small" });
  const next = h("button", { class: "primary", onclick: () => look(sheet.next()) }, texts.next);
  const copied = h("span", { class: "small muted", role: "status" });
  const copy = h("button", { onclick: () => void copyText() }, texts.copy);
  const table = h("button", { onclick: saveTable }, texts.save);
  const close = h("button", { class: "quiet", onclick: sheet.close }, texts.close);
  const looked = h("div", { class: "sheet-looked" }, near, told);
  const element = h("section", { class: "card sheet", "aria-labelledby": "sheet-title", hidden: true },
    h("div", { class: "row spread" }, title, close), lead,
    h("div", { class: "sheet-parts" }, picture.element,
      h("div", { class: "sheet-said" }, lines, looked, h("div", { class: "row" }, next, copy, table), copied)));
  /** @type {Entry[] | null} */ let listed = null;
  /** @type {HTMLInputElement[]} */ let fields = [];
  let timer = 0;

  /** Look at a number, and be ready to type. @param {number} index */
  function look(index) {
    sheet.choose(index);
    fields[index]?.focus();
    fields[index]?.select();
  }

  /** Make a field for each number, line by line. @param {Entry[]} entries */
  function list(entries) {
    listed = entries;
    fields = entries.map((entry, k) => h("input", {
      type: "text", value: entry.text, autocomplete: "off", inputMode: "text", spellcheck: false,
      onfocus: () => sheet.choose(k),
      onchange: () => sheet.correct(k, fields[k].value),
      onkeydown: (/** @type {KeyboardEvent} */ event) => {
        if (event.key !== "Enter") return;
        sheet.correct(k, fields[k].value); // As it stands, it is right.
        look(sheet.next());
      },
    }));
    const numbers = [...new Set(entries.map(({ line }) => line))];
    lines.replaceChildren(...numbers.map((line) =>
      h("div", { class: "row" }, fields.filter((_, k) => entries[k].line === line))));
  }

  /** Show the sheet as it now is. */
  function show() {
    const { shown, chosen } = sheet;
    const appears = element.hidden && Boolean(shown?.name);
    element.hidden = !shown;
    if (!shown) return;
    if (appears && element.getBoundingClientRect().top > innerHeight) {
      element.scrollIntoView({ behavior: calm() ? "auto" : "smooth" });
    }
    const { entries, size, problem } = shown;
    if (entries !== listed) list(entries);
    const doubtful = entries.filter(isDoubtful).length;
    say(title, shown.name ? texts.title : texts.padTitle);
    say(lead, problem || (size === null ? texts.reading : summary(entries.length, doubtful)));
    lead.classList.toggle("bad", problem !== "");
    lead.classList.toggle("notice", problem !== "");
    picture.show(shown, chosen);
    fields.forEach((field, k) => {
      const entry = entries[k];
      if (field !== document.activeElement) field.value = entry.text;
      field.size = Math.max(2, field.value.length + 1);
      field.className = isDoubtful(entry) ? "doubtful" : entry.checked ? "checked" : "";
      sayAloud(field, fill(isDoubtful(entry) ? texts.doubtfulField : texts.field,
        { n: k + 1, line: entry.line + 1 }));
    });
    const entry = entries[chosen];
    looked.hidden = !entry;
    if (entry) {
      paintNear(near, shown, entry);
      sayAloud(near, fill(texts.near, { text: entry.text }));
      say(told, tell(entry));
    }
    next.hidden = doubtful === 0;
    copy.hidden = table.hidden = entries.length === 0;
    say(copied, "");
  }

  /** Give the numbers to other programs. */
  async function copyText() {
    try {
      await navigator.clipboard.writeText(toText(sheet.shown?.entries ?? []));
      say(copied, texts.copied);
    } catch {
      say(copied, texts.notCopied); // The browser may keep pages from it.
    }
  }

  /** Give the numbers away as a table. */
  function saveTable() {
    const { name = "", entries = [] } = sheet.shown ?? {};
    const address = URL.createObjectURL(new Blob([toTable(name, entries)], { type: "text/csv" }));
    h("a", { href: address, download: `${name.replace(/\.[^.]*$/, "") || texts.fileName}.csv` }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }

  /** Read the pad as a number, if there seems to be more than one sign on it, when the pen has rested for a while. */
  function watchPad() {
    clearTimeout(timer);
    const { source, prepared } = app.reading;
    if (source === "picture" || sheet.shown?.name) return; // A page stays until it is put away, with all corrections.
    if (source !== "pad" || prepared?.problem !== "several" || !readsSigns(app.served)) {
      sheet.close();
      return;
    }
    timer = setTimeout(() => {
      const canvas = pictureOfPad(app.ink.pixels);
      canvas.toBlob((blob) => blob && void sheet.read(blob, canvas, ""));
    }, PAUSE);
  }

  const stops = [sheet.on(show), ...(exported ? [] : [app.on("reading", watchPad)]), () => clearTimeout(timer)];
  show();
  return { element, dispose: () => stops.forEach((stop) => stop()) };
}

/**
 * @param {number} n
 * @param {number} doubtful
 */
function summary(n, doubtful) {
  if (n === 0) return texts.nothing;
  if (n === 1) return doubtful ? texts.oneInDoubt : texts.one;
  const doubts = doubtful === 0 ? texts.sure
    : doubtful === 1 ? texts.oneDoubtful : fill(texts.doubtful, { n: count(doubtful) });
  return `${fill(texts.found, { n: count(n) })} ${doubts}`;
}

/** Say of a number what was read. @param {Entry} entry */
function tell({ read, text, checked }) {
  const values = { text: read.text, p: percent(read.probability), second: read.second ?? "",
    q: percent(read.second_probability) };
  const said = fill(texts.told, values) + (read.second ? ` ${fill(texts.second, values)}` : "");
  if (!checked) return read.certain ? said : `${said} ${texts.check}`;
  return `${said} ${text === read.text ? texts.confirmed : texts.corrected}`;
}

/**
 * Return what is drawn on the pad as a picture, black on white.
 * @param {Uint8Array} pixels
 * @returns {HTMLCanvasElement}
 */
function pictureOfPad(pixels) {
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = PAD;
  const context = inMemory(canvas);
  const data = context.createImageData(PAD, PAD);
  pixels.forEach((ink, k) => data.data.set([255 - ink, 255 - ink, 255 - ink, 255], 4 * k));
  context.putImageData(data, 0, 0);
  return canvas;
}

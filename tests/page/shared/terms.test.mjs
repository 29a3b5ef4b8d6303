// The words of the field: every one that a view marks is explained, and no explanation is too long to be read in passing.

import assert from "node:assert/strict";
import { readdirSync } from "node:fs";
import { test } from "node:test";

import { glossary } from "../../../src/byhand/web/page/static/page/glossary.js";

const STATIC = new URL("../../../src/byhand/web/page/static/", import.meta.url);
const MARKED = /\[\[([^\]|]+)(?:\|([^\]]+))?\]\]/g;

/** @param {unknown} words @returns {string[]} every sentence in them */
function sentences(words) {
  return typeof words === "string" ? [words] : Object.values(words ?? {}).flatMap(sentences);
}

test("every term that a sentence marks is in the glossary", async () => {
  const files = readdirSync(STATIC, { recursive: true }).filter((name) => name.endsWith("words.js"));
  assert.ok(files.length > 5);
  for (const file of files) {
    const { words } = await import(new URL(file, STATIC).href);
    for (const sentence of sentences(words)) {
      for (const [, shown, name = shown.toLowerCase()] of sentence.matchAll(MARKED)) {
        assert.ok(Object.hasOwn(glossary, name), `${file}: ${name}`);
      }
    }
  }
});

test("an explanation is a sentence or two, and explains no term by itself", () => {
  for (const [name, words] of Object.entries(glossary)) {
    assert.match(words, /[.]$/, name);
    assert.ok(words.length < 330, `${name}: ${words.length}`);
  }
});

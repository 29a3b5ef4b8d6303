// Where every part of the page takes its words from: a second language is one more file in words/ and a line here.

export { words } from "./words/en.js";

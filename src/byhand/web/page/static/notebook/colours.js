// Whether the notebook is dark, whichever notebook it is: then its text is light.

import { h } from "../elements/dom.js";

/**
 * Be told whether the notebook is dark, now and whenever that changes.
 * @param {ShadowRoot} root whose text has the notebook's colour
 * @param {(dark: boolean) => void} tell also told when the root has got its place in the document
 * @returns {() => void} to be told no more
 */
export function watchColours(root, tell) {
  const probe = h("span", { class: "colour-probe", "aria-hidden": "true", ontransitionend: look });
  /** @type {boolean | null} */ let known = null;
  root.append(probe);

  /** Look at the colour; before it is in the document it has none. */
  function look() {
    const channels = getComputedStyle(probe).color.match(/[\d.]+/g)?.map(Number);
    if (!channels) return;
    const [red, green, blue] = channels;
    const dark = 299 * red + 587 * green + 114 * blue > 127_500;
    if (dark !== known) tell(known = dark);
  }

  const watcher = new ResizeObserver(look);
  watcher.observe(root.host);
  return () => watcher.disconnect();
}

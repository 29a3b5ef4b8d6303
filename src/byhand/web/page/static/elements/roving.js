// Many buttons, one stop of the Tab key: within the group the arrow keys go to the neighbour that one sees there.

/**
 * Let the arrow keys, Home and End move among the elements of a group, however they are laid out.
 * @param {HTMLElement} group
 * @param {string} selector of its elements
 * @returns {() => void} to call when the elements are others
 */
export function roving(group, selector) {
  const all = () => /** @type {HTMLElement[]} */ ([...group.querySelectorAll(selector)]);
  /** @param {HTMLElement} chosen */
  const choose = (chosen) => {
    for (const each of all()) each.tabIndex = each === chosen ? 0 : -1;
  };
  const find = (/** @type {Event} */ event) =>
    event.target instanceof Element ? /** @type {HTMLElement | null} */ (event.target.closest(selector)) : null;
  group.addEventListener("focusin", (event) => {
    const element = find(event);
    if (element && element.tabIndex !== 0) choose(element);
  });
  group.addEventListener("keydown", (event) => {
    const from = find(event);
    if (!from || event.ctrlKey || event.altKey || event.metaKey) return;
    const to = neighbour(event.key, from, all());
    if (to === null) return;
    event.preventDefault();
    to.focus();
  });
  const refresh = () => {
    const [first, ...others] = all();
    if (!first) return;
    first.tabIndex = 0;
    for (const each of others) each.tabIndex = -1;
  };
  refresh();
  return refresh;
}

/**
 * Find the element that a key leads to; null if the key is none of ours.
 * @param {string} key
 * @param {HTMLElement} from
 * @param {HTMLElement[]} all
 * @returns {HTMLElement | null}
 */
function neighbour(key, from, all) {
  if (key === "Home") return all[0];
  if (key === "End") return all[all.length - 1];
  const way = { ArrowRight: [1, 0], ArrowLeft: [-1, 0], ArrowDown: [0, 1], ArrowUp: [0, -1] }[key];
  if (way === undefined) return null;
  const start = from.getBoundingClientRect();
  let [best, least] = [from, Infinity];
  for (const each of all) {
    const box = each.getBoundingClientRect();
    const [right, down] = [middle(box.left, box.right) - middle(start.left, start.right),
      middle(box.top, box.bottom) - middle(start.top, start.bottom)];
    const along = right * way[0] + down * way[1];
    const aside = Math.abs(right * way[1] + down * way[0]);
    // What lies aside counts more, but at the end of a short row one may still go down.
    if (along > 1 && aside <= (way[0] ? box.height / 2 : Infinity) && along + 4 * aside < least) {
      [best, least] = [each, along + 4 * aside];
    }
  }
  return best;
}

const middle = (/** @type {number} */ one, /** @type {number} */ other) => (one + other) / 2;

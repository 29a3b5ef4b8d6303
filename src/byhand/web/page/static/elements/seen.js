// What is dear is done when somebody sees it, and not before.

/**
 * Call a function each time an element comes into sight.
 * @param {Element} element
 * @param {() => void} come
 * @returns {{visible: () => boolean, dispose: () => void}}
 */
export function whenSeen(element, come) {
  let seen = false;
  const observer = new IntersectionObserver((entries) => {
    const now = entries[entries.length - 1].isIntersecting;
    const came = now && !seen;
    seen = now;
    if (came) come();
  });
  observer.observe(element);
  return { visible: () => seen, dispose: () => observer.disconnect() };
}

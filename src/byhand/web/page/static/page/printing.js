// A page that is printed is light, whatever the screen is: what is painted on canvases is painted anew for that.

const ON_PAPER = "light";

/**
 * Turn light as long as the page is printed, or shown as it will be.
 * @param {() => void} retheme
 */
export function followPrinting(retheme) {
  const { dataset } = document.documentElement;
  const print = matchMedia("print");
  let [printing, before] = [false, dataset.theme];

  /** @param {boolean} now */
  function turn(now) {
    if (now === printing) return;
    printing = now;
    if (now) [before, dataset.theme, dataset.printing] = [dataset.theme, ON_PAPER, ""];
    else {
      dataset.theme = before;
      delete dataset.printing;
    }
    retheme();
  }

  addEventListener("beforeprint", () => turn(true));
  addEventListener("afterprint", () => turn(false));
  print.addEventListener("change", ({ matches }) => turn(matches));
  if (print.matches) turn(true);
}

// Long work in slices, so that the page still answers the hand.

const SLICE = 12; // milliseconds for which the page may be busy

/**
 * Make what long work asks between its parts.
 * @param {() => boolean} wanted whether anybody still waits for the work
 * @returns {() => Promise<boolean>} rests if it is time to, and tells whether to go on
 */
export function createRest(wanted) {
  let began = performance.now();
  return async () => {
    if (performance.now() - began < SLICE) return true;
    await new Promise((resolve) => { setTimeout(resolve); });
    began = performance.now();
    return wanted();
  };
}

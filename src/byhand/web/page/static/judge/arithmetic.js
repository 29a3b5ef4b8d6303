// The arithmetic of the Judge view: what follows from the answers and how sure the network was of each.
// Apart from the document, so that it can be tested without one.

/** @typedef {import("../server/messages.js").Judgement} Judgement */
/** @typedef {{coverage: number[], risk: number[]}} Curve from the surest answers alone to all of them */
/** @typedef {{answered: number, wrong: number, unread: number, coverage: number, risk: number}} Outcome */

const Z95 = 1.959963984540054; // 97.5 % of a normal distribution lie below it.

/**
 * Say what comes of answering only where the network is at least this sure.
 * @param {Judgement} judgement
 * @param {number} threshold 0…1
 * @returns {Outcome} its risk is 0 where nothing is answered
 */
export function atThreshold({ labels, answers, confidence, n }, threshold) {
  // Confidences come with four decimals. So does the threshold, or half of what lies just at it were lost.
  const least = Math.round(threshold * 1e4) / 1e4;
  let [answered, wrong] = [0, 0];
  for (let k = 0; k < n; k++) {
    if (confidence[k] >= least) {
      answered++;
      if (answers[k] !== labels[k]) wrong++;
    }
  }
  return { answered, wrong, unread: n - answered, coverage: answered / n, risk: answered ? wrong / answered : 0 };
}

/**
 * Follow the threshold from the surest answers down: the share answered, and the share of these that is wrong.
 * @param {Judgement} judgement
 * @returns {Curve} a point for each different confidence
 */
export function riskCurve({ labels, answers, confidence, n }) {
  const order = Array.from(confidence.keys()).sort((one, other) => confidence[other] - confidence[one]);
  /** @type {Curve} */ const curve = { coverage: [], risk: [] };
  let wrong = 0;
  order.forEach((index, k) => {
    if (answers[index] !== labels[index]) wrong++;
    // Those equally sure are answered together or not at all.
    if (k + 1 < n && confidence[order[k + 1]] === confidence[index]) return;
    curve.coverage.push((k + 1) / n);
    curve.risk.push(wrong / (k + 1));
  });
  return curve;
}

/**
 * Return the images of one cell of the confusion matrix, the most telling first: of mistakes the surest, of right
 * answers the least sure.
 * @param {Judgement} judgement
 * @param {number} label
 * @param {number} answer
 * @returns {number[]} their indices
 */
export function cellImages({ labels, answers, confidence }, label, answer) {
  const inside = labels.flatMap((each, k) => (each === label && answers[k] === answer ? [k] : []));
  const sign = label === answer ? 1 : -1;
  return inside.sort((one, other) => sign * (confidence[one] - confidence[other]));
}

/**
 * Return the 95 % interval of a share of `right` in `n`, as evaluation.wilson_interval does.
 * @param {number} right
 * @param {number} n
 * @returns {[number, number]}
 */
export function wilson(right, n) {
  const [share, z2] = [right / n, Z95 * Z95];
  const centre = (share + z2 / (2 * n)) / (1 + z2 / n);
  const half = (Z95 / (1 + z2 / n)) * Math.sqrt((share * (1 - share)) / n + z2 / (4 * n * n));
  return [Math.max(centre - half, 0), Math.min(centre + half, 1)];
}

/**
 * Return the round number at or above a share that an axis may end with.
 * @param {number} share above 0
 * @returns {number}
 */
export function roundUp(share) {
  const power = 10 ** Math.floor(Math.log10(share));
  const times = [1, 1.2, 1.5, 2, 3, 4, 5, 6, 8, 10].find((each) => share <= each * power * (1 + 1e-9)) ?? 10;
  return Math.min(times * power, 1);
}

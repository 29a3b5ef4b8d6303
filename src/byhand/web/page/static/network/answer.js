/**
 * What to say of one image, the twin of reading.answer: the network names a digit for anything that it is shown, a
 * letter or a scribble too; whether its answer should be believed is decided here, as in Python.
 */

/** @typedef {import("../ink/prepare.js").Problem} Problem */
/**
 * @typedef {object} Reason why no answer is given; the page has the words
 * @property {"problem" | "either" | "unlike" | "somewhat"} kind
 * @property {Problem} [problem] with "problem"
 * @property {string} [first] the best guess, with "either" and "somewhat"
 * @property {string} [second] the second one, with "either"
 */
/**
 * @typedef {object} Answer
 * @property {string | null} name the class it believes in; null if it should not be believed
 * @property {[string, number][]} guesses every class with its probability, the most probable first
 * @property {Reason | null} reason
 */

const DOUBTFUL = 0.5; // What is less probably a digit is like none.

/**
 * Judge what a network makes of one image.
 * @param {{classes: string[], threshold: number}} model
 * @param {ArrayLike<number>} probabilities
 * @param {Problem | null} [problem] why it cannot be a digit, if that is known
 * @returns {Answer}
 */
export function judge(model, probabilities, problem = null) {
  const guesses = model.classes.map((name, k) => /** @type {[string, number]} */ ([name, probabilities[k]]));
  guesses.sort((one, other) => other[1] - one[1]);
  const [[first, p], [second, q]] = guesses;
  if (problem !== null) {
    return { name: null, guesses, reason: { kind: "problem", problem } };
  }
  if (p >= model.threshold) {
    return { name: first, guesses, reason: null };
  }
  if (p + q > 0.7 && q > 0.1) {
    return { name: null, guesses, reason: { kind: "either", first, second } };
  }
  return { name: null, guesses, reason: p < DOUBTFUL ? { kind: "unlike" } : { kind: "somewhat", first } };
}

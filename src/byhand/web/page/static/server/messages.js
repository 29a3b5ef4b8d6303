// What the server says: a type for each of its messages. A test compares their fields with the server's own description.

/** @typedef {import("./phases.js").Phase} Phase */

/**
 * Why there is no answer.
 * @typedef {object} Problem
 * @property {string} detail a sentence; it begins with the fields, and names of fields within it stand in backquotes
 * @property {string[]} fields that it is about
 */

/**
 * The images that the page shows.
 * @typedef {object} Data
 * @property {string} name
 * @property {string[]} classes
 * @property {number} train how many of them
 * @property {number} test
 * @property {[number, number]} shape
 */

/**
 * What the network makes of a picture of one digit, and how the picture was made ready for it.
 * @typedef {object} Prediction
 * @property {string | null} digit
 * @property {number} probability
 * @property {string} best
 * @property {string} second
 * @property {number} second_probability
 * @property {string | null} reason
 * @property {Record<string, number>} probabilities
 * @property {string} image 28×28 grey levels in base64
 * @property {boolean} drawing
 * @property {[number, number, number, number] | null} box of the ink, in pixels of the picture
 * @property {string | null} problem
 * @property {"blank" | "specks" | "filled" | "several" | null} problem_kind
 */

/**
 * A number on a page.
 * @typedef {object} NumberRead
 * @property {string} text as it is written, with its signs
 * @property {string} kind such as "date"
 * @property {number | string | null} value
 * @property {[number, number, number, number]} box around it, in pixels of the picture
 * @property {number} probability that all of it is right
 * @property {boolean} certain
 * @property {string | null} second the next best reading
 * @property {number} second_probability
 */

/**
 * What stands on a page.
 * @typedef {object} PageRead
 * @property {string} text
 * @property {[number, number]} size width and height
 * @property {unknown[]} lines of numbers of digits
 * @property {NumberRead[][]} numbers line by line
 */

/**
 * How good a network is on the test images, and what it made of each.
 * @typedef {object} Judgement
 * @property {number} n
 * @property {number} accuracy
 * @property {[number, number]} interval
 * @property {number} loss
 * @property {number} calibration_error
 * @property {number} threshold
 * @property {string[]} classes
 * @property {(number | null)[]} precision
 * @property {(number | null)[]} recall
 * @property {number[][]} confusion_matrix row: what it was; column: what it was read as
 * @property {Bin[]} reliability
 * @property {number[]} labels
 * @property {number[]} answers
 * @property {number[]} confidence
 * @property {number[]} runner_up
 * @property {number[]} mistakes the surest first
 */

/**
 * The images whose confidence lies in one fifteenth of 0…1.
 * @typedef {object} Bin
 * @property {number | null} confidence
 * @property {number | null} accuracy
 * @property {number} n
 */

/**
 * How well changed test images are read.
 * @typedef {object} Robustness
 * @property {number} n
 * @property {Change[]} rows
 */

/**
 * How well images are read that were changed so much.
 * @typedef {object} Change
 * @property {"shift" | "rotation" | "noise"} kind
 * @property {number} amount pixels, degrees, or the noise's standard deviation, of which 1 is full ink
 * @property {number} accuracy
 */

/**
 * How good a network is on the test images, in short.
 * @typedef {object} Accuracy
 * @property {number} accuracy
 * @property {number} n
 * @property {number} loss
 */

/**
 * How a training stands.
 * @typedef {object} Snapshot
 * @property {Phase} state
 * @property {number} event the last one that this holds
 * @property {Record<string, unknown>} settings the fields of a recipe
 * @property {number[]} sizes
 * @property {string[]} classes
 * @property {string | null} folder
 * @property {boolean} owned whether it takes its starter's key to command it
 * @property {string | null} started
 * @property {Figures | null} figures
 * @property {Curve} curve
 * @property {Notice | null} notice
 * @property {string | null} message why it failed
 * @property {string[]} fields that the message is about
 * @property {Result | null} result
 */

/** @typedef {Snapshot & {key: string}} Started with the key that commands it */

/**
 * How far a training is, and how good.
 * @typedef {object} Figures
 * @property {number} epoch
 * @property {number} epochs
 * @property {number} done images of this epoch
 * @property {number} total images of every epoch
 * @property {number} images learned in all
 * @property {number | null} loss
 * @property {number} rate
 * @property {number} speed images a second
 * @property {Judged | null} validation null where they were not judged at this moment
 * @property {number[]} dead
 * @property {Seen | null} seen null unless a single image was just learned
 */

/**
 * The single image that was just learned, and what the network made of it before and after.
 * @typedef {object} Seen
 * @property {string} pixels a byte for each, in base64
 * @property {number | null} index among all training images; null if it was drawn anew
 * @property {number} label
 * @property {number[]} before probabilities
 * @property {number[]} after
 * @property {number} moved weights and biases that are others now
 * @property {Moved | null} most the one of them that moved farthest
 * @property {number | null} rate the step was this times the gradient; null if the optimizer made another one
 * @property {number} network a number that tells the parameters before from others
 */

/**
 * A weight or bias that was moved.
 * @typedef {object} Moved
 * @property {number} layer counted from 0, the one above the image
 * @property {number} unit of this layer
 * @property {number | null} source the pixel or unit that it comes from; null of a bias
 * @property {number} was
 * @property {number} now
 */

/**
 * What the network made of the images set aside.
 * @typedef {object} Judged
 * @property {number} n
 * @property {number | null} loss
 * @property {number} accuracy
 * @property {number[][]} confusion rows: what they are; columns: what it answered
 */

/**
 * Moments of a training: lists of the same length, one place per point.
 * @typedef {object} Curve
 * @property {number[]} images learned so far
 * @property {(number | null)[]} loss on the images that were being learned
 * @property {(number | null)[]} validation_loss on images set aside; null where they were not judged
 * @property {(number | null)[]} accuracy on the same, 0…1
 */

/**
 * Something that goes wrong, and the figures that tell it.
 * @typedef {object} Notice
 * @property {"diverged" | "not_learning" | "overfitting" | "dead"} kind
 * @property {Record<string, number>} evidence
 */

/**
 * How good the trained network is on the test images.
 * @typedef {object} Result
 * @property {number} accuracy
 * @property {[number, number]} interval
 * @property {number} n
 */

export {};

// What the server of a review says. A test compares the fields with the server's own description.

/**
 * A number of a table that is reviewed.
 * @typedef {object} ReviewedNumber
 * @property {number} row of the table, from 0
 * @property {string} file
 * @property {number | null} page of the file, from 1, if it has several
 * @property {string} read as byhand read it
 * @property {string} text as it stands now
 * @property {number} probability that all of what was read is right
 * @property {string | null} second the next best reading
 * @property {number} second_probability
 * @property {boolean} doubtful
 * @property {boolean} checked whether somebody has seen to it
 */

/**
 * A table that is reviewed.
 * @typedef {object} Reviewed
 * @property {string} table its file's name
 * @property {string} out where the corrected one is
 * @property {ReviewedNumber[]} numbers
 */

export {}; // a module, so that others can name its types

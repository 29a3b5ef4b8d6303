/**
 * The model file is a safetensors file: eight bytes with the length of a header, the header as JSON, then plain
 * numbers. It is read here with every claim of the header checked, so that a damaged file gives a sentence that says
 * what is wrong with it instead of a network that answers nonsense.
 */

/** @typedef {{shape: number[], data: Float32Array}} Tensor */
/** @typedef {{metadata: Record<string, string>, tensors: Map<string, Tensor>}} Safetensors */

const PREFIX = 8; // Bytes that hold the header's length.
const LONGEST_HEADER = 100_000_000; // As the format itself allows.
/** @type {Record<string, number>} */
const WIDTHS = { F32: 4, F16: 2 }; // Bytes of a number, by what the format calls its kind.

/**
 * Read a safetensors file of float32 and float16 tensors.
 * @param {ArrayBuffer} buffer the whole file
 * @returns {Safetensors} each tensor with numbers of its own, copied out of the file
 * @throws {Error} if the file is damaged, or holds numbers of another kind
 */
export function parseSafetensors(buffer) {
  const { header, start } = readHeader(buffer);
  /** @type {Record<string, string>} */
  const metadata = {};
  /** @type {Map<string, Tensor>} */
  const tensors = new Map();
  /** @type {[number, number][]} */
  const stretches = [];
  for (const [name, entry] of Object.entries(header)) {
    if (name === "__metadata__") {
      Object.assign(metadata, checkedMetadata(entry));
    } else {
      const { width, shape, from, to } = checkedEntry(name, entry, buffer.byteLength - start);
      const read = width === WIDTHS.F32 ? floats : halves;
      tensors.set(name, { shape, data: read(buffer, start + from, start + to) });
      stretches.push([from, to]);
    }
  }
  checkStretches(stretches, buffer.byteLength - start);
  return { metadata, tensors };
}

/**
 * Write a safetensors file with one tensor, theta.
 * @param {Float32Array} theta
 * @param {Record<string, string>} metadata
 * @returns {ArrayBuffer}
 */
export function toBytes(theta, metadata) {
  const entry = { dtype: "F32", shape: [theta.length], data_offsets: [0, 4 * theta.length] };
  const header = new TextEncoder().encode(JSON.stringify({ __metadata__: metadata, theta: entry }));
  const file = new Uint8Array(PREFIX + header.length + 4 * theta.length);
  new DataView(file.buffer).setUint32(0, header.length, true);
  file.set(header, PREFIX);
  file.set(new Uint8Array(theta.buffer, theta.byteOffset, theta.byteLength), PREFIX + header.length);
  return file.buffer;
}

/**
 * Return the header, and where the numbers start.
 * @param {ArrayBuffer} buffer
 * @returns {{header: Record<string, unknown>, start: number}}
 */
function readHeader(buffer) {
  if (buffer.byteLength < PREFIX) {
    throw new Error(`The model file is too short: it has ${buffer.byteLength} bytes.`);
  }
  const view = new DataView(buffer);
  const length = view.getUint32(0, true) + 2 ** 32 * view.getUint32(4, true);
  if (length > LONGEST_HEADER || PREFIX + length > buffer.byteLength) {
    throw new Error("The model file is cut off, or it is no safetensors file: its header does not fit into it.");
  }
  /** @type {unknown} */
  let header;
  try {
    header = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(new Uint8Array(buffer, PREFIX, length)));
  } catch {
    throw new Error("The model file is damaged, or it is no safetensors file: its header cannot be read.");
  }
  if (!isRecord(header)) {
    throw new Error("The model file is damaged: its header is not a list of names.");
  }
  return { header, start: PREFIX + length };
}

/**
 * Return the metadata if they are texts with names.
 * @param {unknown} entry
 * @returns {Record<string, string>}
 */
function checkedMetadata(entry) {
  if (!isRecord(entry) || !Object.values(entry).every((value) => typeof value === "string")) {
    throw new Error("The model file is damaged: its metadata are not texts.");
  }
  return /** @type {Record<string, string>} */ (entry);
}

/**
 * Return how wide a tensor's numbers are, its shape and its stretch of bytes, if they agree.
 * @param {string} name
 * @param {unknown} entry
 * @param {number} available bytes of numbers in the file
 * @returns {{width: number, shape: number[], from: number, to: number}}
 */
function checkedEntry(name, entry, available) {
  const { dtype, shape, data_offsets: offsets } = isRecord(entry) ? entry : {};
  if (!isWholeNumbers(shape) || !isWholeNumbers(offsets) || offsets.length !== 2) {
    throw new Error(`The model file is damaged: the shape or place of tensor "${name}" is missing.`);
  }
  if (typeof dtype !== "string" || !Object.hasOwn(WIDTHS, dtype)) {
    throw new Error(`Tensor "${name}" holds numbers of type ${String(dtype)}; only F32 and F16 can be read here.`);
  }
  const width = WIDTHS[dtype];
  const [from, to] = offsets;
  if (to > available) {
    throw new Error(`The model file is cut off: tensor "${name}" goes on after its end.`);
  }
  if (to - from !== width * shape.reduce((product, side) => product * side, 1)) {
    throw new Error(`The model file is damaged: tensor "${name}" of shape ${shape.join("×")} has another length.`);
  }
  return { width, shape, from, to };
}

/**
 * Check that the tensors lie one after the other and fill the file.
 * @param {[number, number][]} stretches
 * @param {number} available
 */
function checkStretches(stretches, available) {
  let end = 0;
  for (const [from, to] of stretches.sort((one, other) => one[0] - other[0] || one[1] - other[1])) {
    if (from !== end) {
      throw new Error("The model file is damaged: its tensors overlap, or leave a gap.");
    }
    end = to;
  }
  if (end !== available) {
    throw new Error(`The model file is damaged: ${available - end} bytes of it belong to no tensor.`);
  }
}

/**
 * Copy little-endian floats out of a file; a copy, because they need not lie at a multiple of four.
 * @param {ArrayBuffer} buffer
 * @param {number} from
 * @param {number} to
 * @returns {Float32Array}
 */
function floats(buffer, from, to) {
  return new Float32Array(buffer.slice(from, to));
}

/**
 * Copy little-endian numbers of 16 bits out of a file: a sign, 5 bits of exponent, 10 of fraction (IEEE 754, binary16).
 * Written by hand, as few browsers of today have a Float16Array.
 * @param {ArrayBuffer} buffer
 * @param {number} from
 * @param {number} to
 * @returns {Float32Array}
 */
function halves(buffer, from, to) {
  return Float32Array.from(new Uint16Array(buffer.slice(from, to)), (bits) => {
    const sign = bits & 0x8000 ? -1 : 1;
    const exponent = (bits >> 10) & 31;
    const fraction = (bits & 1023) / 1024;
    if (exponent === 31) return fraction ? NaN : sign * Infinity;
    return sign * (exponent ? 2 ** (exponent - 15) * (1 + fraction) : 2 ** -14 * fraction);
  });
}

/**
 * Tell whether a value is an object with names.
 * @param {unknown} value
 * @returns {value is Record<string, unknown>}
 */
function isRecord(value) {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/**
 * Tell whether a value is a list of whole numbers, none below 0.
 * @param {unknown} value
 * @returns {value is number[]}
 */
function isWholeNumbers(value) {
  return Array.isArray(value) && value.every((each) => Number.isSafeInteger(each) && each >= 0);
}

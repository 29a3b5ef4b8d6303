// Run the page's modules on what a test in Python gives them: node parity.mjs JOB IN.json IN.bin OUT.json
// Jobs: probabilities, drawings, pictures, gradients, trainings, judgements. Bytes go in as one file and come out as base64.

import { readFileSync, writeFileSync } from "node:fs";

import { judge } from "../../src/byhand/web/page/static/network/answer.js";
import { rasterize } from "../../src/byhand/web/page/static/ink/ink.js";
import { judgement, robustness } from "../../src/byhand/web/page/static/file/judging.js";
import { backward } from "../../src/byhand/web/page/static/network/backward.js";
import { createLearner } from "../../src/byhand/web/page/static/network/learning.js";
import { parseModel, nParameters } from "../../src/byhand/web/page/static/network/model.js";
import * as nn from "../../src/byhand/web/page/static/network/nn.js";
import { inkOfPicture, prepareInk } from "../../src/byhand/web/page/static/ink/prepare.js";
import { readBuffer } from "./helpers.mjs";

const [job, inPath, binPath, outPath] = process.argv.slice(2);
const given = JSON.parse(readFileSync(inPath, "utf8"));
const bytes = readBuffer(binPath);

/** Return the bytes of a typed array as text. */
function packed(array) {
  return Buffer.from(array.buffer, array.byteOffset, array.byteLength).toString("base64");
}

/** Prepare ink, read it, and return all that came of it. */
function read(model, ink, width, height) {
  const { image, problem, fitted, mass } = prepareInk(ink, width, height);
  const { probabilities } = nn.forward(model, nn.toInput(image));
  const { name, guesses, reason } = judge(model, probabilities, problem);
  const whole = prepareInk(ink, width, height, { centred: false });
  return {
    ink: packed(ink), image: packed(image), whole: packed(whole.image), probabilities: packed(probabilities),
    problem, fitted, mass, name, guesses, reason,
  };
}

/** Network of every image: the model's file and the images' size are given. */
function probabilities({ model: path, pixels }) {
  const model = parseModel(readBuffer(path));
  const n = bytes.byteLength / pixels;
  const all = new Float32Array(n * model.classes.length);
  for (let k = 0; k < n; k++) {
    const pass = nn.forward(model, nn.toInput(new Uint8Array(bytes, k * pixels, pixels)));
    all.set(pass.probabilities, k * model.classes.length);
  }
  return packed(all);
}

/** Strokes, each drawing's on a pad of its own. */
function drawings({ model: path, side, drawings: all }) {
  const model = parseModel(readBuffer(path));
  return all.map((strokes) => read(model, rasterize(strokes, side).pixels, side, side));
}

/** Pictures, one after the other as rgba; their sizes are given. */
function pictures({ model: path, sizes }) {
  const model = parseModel(readBuffer(path));
  let start = 0;
  return sizes.map(([width, height]) => {
    const rgba = new Uint8ClampedArray(bytes, start, 4 * width * height);
    start += rgba.length;
    const { ink, dark, drawing } = inkOfPicture(rgba, width, height);
    return { dark, drawing, ...read(model, ink, width, height) };
  });
}

/** Networks, one after the other as float32: theta and an image; sizes, activation and label are given. */
function gradients({ networks }) {
  let start = 0;
  const floats = (n) => new Float32Array(bytes, (start += 4 * n) - 4 * n, n);
  return networks.map(({ sizes, activation, label }) => {
    const model = { sizes, activation, theta: floats(nParameters(sizes)) };
    const x = floats(sizes[0]);
    const { loss, gradient } = backward(model, nn.forward(model, x), label);
    return { loss, gradient: packed(gradient) };
  });
}

/** Trainings, each: theta, images and their labels; its choices, and the order of each epoch's images. */
function trainings({ trainings: all, pixels }) {
  let start = 0;
  const taken = (n) => bytes.slice(start, (start += n));
  return all.map(({ sizes, activation, choices, n, orders, pieces }) => {
    const theta = new Float32Array(taken(4 * nParameters(sizes)));
    const images = { inputs: new Uint8Array(taken(n * pixels)), labels: new Uint8Array(taken(n)) };
    const learner = createLearner({ sizes, activation, theta }, choices, images, (epoch) => orders[epoch - 1]);
    let k = 0;
    const losses = orders.map(() => {
      let sum = 0;
      while (learner.done < learner.total) sum += learner.learn(pieces[k++ % pieces.length]).losses;
      learner.endEpoch();
      return sum / n;
    });
    return { losses, theta: packed(theta), over: learner.isOver };
  });
}

/** What the page in one file says of a network: images and their labels, after one another. */
function judgements({ model: path, n }) {
  const model = parseModel(readBuffer(path));
  const images = { inputs: new Uint8Array(bytes, 0, n * 784), labels: new Uint8Array(bytes, n * 784, n) };
  return { judgement: judgement(model, images), robustness: robustness(model, images) };
}

const jobs = { probabilities, drawings, pictures, gradients, trainings, judgements };
writeFileSync(outPath, JSON.stringify(jobs[job](given)));

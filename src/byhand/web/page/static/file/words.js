// What the page in one file says instead of a server.

export const words = {
  nothing: "There is nothing at this address.",
  noTraining: "No network is being trained.",
  over: "This training is over. Rewind it, or start another one.",
  diverged: "The loss is no number any more.",
  anew: "draws every image anew, which this file cannot do; byhand serve can.",
  tooMany: "no image is left to learn from; this file carries {n}.",
  photo: "Reading photos takes byhand serve.",
  broken: "The browser cannot work in the background of this file. Try another one, such as Firefox.",
};

// The words of the frame and of what all views share, in English. Each view has a file like this one, and for a second
// language each gets a second one. Braces are places for values.

export const words = {
  name: "byhand",
  tagline: "A neural network written by hand, for digits written by hand",
  nav: "Parts of the page",
  skip: "To the content",
  views: { draw: "Draw", learn: "Learn", step: "Step", judge: "Judge", break: "Break" },
  theme: { label: "Colours", auto: "Auto", light: "Light", dark: "Dark" },
  large: { name: "Large", title: "Larger letters, for a projector" },
  share: {
    open: "Share",
    title: "Share this page",
    copy: "Copy link",
    copied: "Link copied",
    inBar: "Link is in the address bar",
    selected: "Link is selected",
    link: "Link to this page, as it stands here",
    code: "QR code of the link to this page",
    how: "A phone’s camera opens the page from the code; the link opens it as it stands here, with the drawing.",
    here: "This server can be reached from this machine alone; byhand serve --host 0.0.0.0 opens it to others.",
    care: "Whoever has the link, or a picture of the code, can use this server as long as it runs.",
  },
  close: "Close",
  noServer: "The server does not answer. Start it again with byhand serve, then load this page again.",
  otherLink:
    "The server was started again, and has a new link: open that one. Whoever shared this page finds it under “Share”, " +
    "or where byhand serve was started.",
  broken: "Something on this page went wrong. Load it again; if that does not help, install byhand again.",
  again: "Try again",
  footer: "Network {sizes}, {parameters} weights and biases. All that is computed here is computed on this machine.",
  api: "What programs can ask of it",
  // What units and pixels are called, everywhere.
  names: {
    hidden: "unit {unit} of hidden layer {layer}",
    output: "output {name}",
    unit: "unit {unit}",
    pixel: "row {row}, column {column}",
  },
  trained: {
    reads: "Reading with the network trained here",
    back: "Back to byhand’s own",
  },
  keys: {
    open: "Keys",
    title: "Keys",
    here: "In “{view}”",
    anywhere: "Everywhere",
    on: "Keys on",
    why: "Off, keys that are a single letter, digit or sign do nothing here. The arrow keys always work.",
    everywhere: [
      ["1 2 3 4 5", "go to a part of the page"],
      ["l", "larger letters, or usual ones again"],
      ["?", "this list"],
    ],
    of: {
      draw: [
        ["z", "take back the last stroke"],
        ["c", "empty the pad"],
        ["e", "eraser, or pen again"],
        ["[ ]", "thinner or thicker pen"],
        ["r", "a random test image"],
        ["m", "centring on or off"],
        ["← ↑ → ↓", "on the pad: move the pen (with Shift: further); in the network and on the map: go from one to the next"],
        ["Space", "on the pad: pen down, pen up; in the network: keep the unit"],
        ["Esc", "in the network: let go of the unit"],
      ],
      learn: [
        ["Space", "start, pause, go on"],
        ["← ↑ → ↓", "among the first layer’s units and in the table: go from cell to cell"],
      ],
      step: [
        ["← →", "one step back, one step on"],
        ["Space", "play the steps, or hold"],
        ["← ↑ → ↓", "in a grid of cells: go from cell to cell"],
      ],
      judge: [
        ["← ↑ → ↓", "in the table and among the images: go from cell to cell"],
        ["Home End", "to the first, to the last"],
      ],
      break: [
        ["z", "take back what was done last"],
        ["← ↑ → ↓", "among the units: go from one to the next"],
        ["Space", "switch the unit off, or on again"],
      ],
    },
  },
};

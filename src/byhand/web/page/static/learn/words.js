// Every word of Learn, in English. Braces are places for values.

export const words = {
  title: "Watch it learn",
  lead:
    "A network begins with random weights and knows nothing. After every image each weight moves a little, so that the " +
    "answer would have been less wrong.",
  onwards: "Next: one of these steps in close-up, number by number.",
  toStep: "To Step",
  states: {
    none: "Nothing has been trained yet.",
    starting:
      "Getting ready: the images are loaded, and the training loop is compiled for this machine. The first time " +
      "this takes some seconds.",
    paused: "Ready. It has learned nothing yet.",
    running: "It is learning.",
    finished: "All is learned. Now it reads the test images, which it has never seen.",
    failed: "It broke off.",
    stopped: "Stopped. What it learned is kept.",
  },
  controls: {
    title: "Train",
    start: "Start",
    pause: "Pause",
    goOn: "Go on",
    takeOver: "Take it over",
    steps: "Learn a little",
    image: "One image",
    batch: "One batch",
    epoch: "One epoch",
    rewind: "Rewind",
    stop: "Stop",
    space: "Space starts and pauses",
    progress: "Share of the training that is done",
    lost: "The connection is lost. Trying again.",
    lostAlive: "If the server still runs, the training goes on.",
    stopping: "It is being stopped, and what it learned is saved.",
    stoppedBefore: "Stopped before it had learned anything.",
    folder: "saved in {folder}",
    facts: { epoch: "[[Epoch]]", images: "Images learned", speed: "Per second", rate: "[[Learning rate]]" },
    epochOf: "{epoch} of {epochs}",
    foreign:
      "Somebody else’s training {state} here. You can watch all of it. When you take it over, it obeys you alone.",
    foreignStates: { starting: "is getting ready", paused: "is paused", running: "is going on" },
    result: "Finished. It reads {share} of {n} test images, never seen before.",
    interval: "Of all images like the test images it probably reads {low} to {high} (95\u00a0% interval).",
    failed: "The training broke off.",
    pausedAt: "Paused after {n} images.",
    pausedAtOne: "Paused after one image.",
  },
  left: {
    about: "A training was left half done in {folder}, when the server ended.",
    goOn: "Go on with it",
  },
  presets: {
    plain: { title: "As it comes", about: "The network of this page, one image at a time." },
    fast: { title: "Too fast", about: "A learning rate ten times too high: each step leaps past the goal." },
    few: { title: "Too few images", about: "It learns 500 images by heart, and reads others worse than it could." },
    tiny: { title: "Tiny network", about: "Only eight units. What will each of them look for?" },
    none: { title: "No hidden layer", about: "Nothing between pixels and answers: an image of weights for each answer." },
    anew: { title: "Every image anew", about: "Turned, moved and bent each time, so that none is ever learned by heart." },
  },
  settings: {
    title: "Settings",
    close: "Close",
    means: "What “{label}” means",
    try: "Worth trying",
    own: "Settings of your own.",
    again: "Start anew with these",
    differ: "These settings are not those of the training that is going on.",
    network: "The network",
    learning: "How it learns",
    images: "The images",
    changes: "Each change by itself",
    more: "More settings",
    suits: "{rate} (automatic)",
    all: "all",
    off: "off",
    oneByOne: "after every image",
    batchOf: "{n} images at once",
    rateOf: "learning rate {rate}",
    limitOf: "{n} images",
    seedOf: "seed {seed}",
    drawnAnew: "images drawn anew",
    notLayers:
      "Hidden layers: write whole numbers with commas between them, such as 128, 64; at most {layers} of them, " +
      "each from 1 to {units}. Empty means none.",
    noneLeft: "Set aside: {aside} of {images} images leave none to learn from.",
    tooMany:
      "Images to learn from: there are {images}, and {aside} of them are set aside. At most {left} are left to " +
      "learn from.",
    notWhole: "{label}: this must be a whole number of at least {least}.",
    notBetween: "{label}: this must be a whole number from {least} to {most}.",
    notNumber: "{label}: this must be a number above 0.",
    fields: {
      layers: { label: "Hidden layers", term: "hidden layer", hint: "Units of each, from input to output. Empty: none." },
      learning_rate: { label: "Learning rate", term: "learning rate", hint: "How far one step goes. Empty: automatic." },
      batch_size: { label: "Batch size", term: "batch", hint: "Images for one step." },
      optimizer: { label: "Optimizer", term: "optimizer", hint: "How a step is made." },
      epochs: { label: "Epochs", term: "epoch", hint: "How many times it sees every image." },
      limit: { label: "Images to learn from", hint: "Empty: all of them." },
      strength: { label: "Draw every image anew:", hint: "As if another hand had written it, each time." },
      rotation: { label: "Turn by up to", unit: "{n}°" },
      scale: { label: "Stretch by up to" },
      shear: { label: "Slant by up to" },
      shift: { label: "Move by up to", unit: "{n} pixels" },
      elastic: { label: "Bend by about", unit: "{n} pixels" },
      activation: { label: "Activation", term: "activation", hint: "What a unit does with its sum." },
      schedule: { label: "Learning rate later", hint: "How it goes on." },
      validation: { label: "Set aside", term: "validation images", hint: "Images to judge it by." },
      seed: { label: "Seed", term: "seed", hint: "Another number, other chances." },
    },
    optimizers: {
      sgd: "Gradient descent", momentum: "Momentum", nesterov: "Nesterov momentum", adam: "Adam", adamw: "AdamW",
    },
    activations: { relu: "ReLU", tanh: "tanh", sigmoid: "Sigmoid", leaky_relu: "Leaky ReLU" },
    schedules: {
      constant: "Stays the same", linear: "Falls to zero", cosine: "Falls in a wave", step: "Falls twice",
    },
  },
  series: {
    title: "What more examples are worth",
    button: "{sizes} images",
    buttonOfMany: "{first} / {second} … {last} images",
    about: "Trains once with each of these, and draws how often the networks are right.",
    going: "Training {k} of {all}: it learns from {n} images.",
    broken: "It ended before all of them had learned.",
    help:
      "More examples help: learned from {few} images, it misreads {before} of others; from {many}, only {after}. Ten " +
      "times as many leave about {left} of the mistakes.",
    noHelp: "Here more examples did not help: it misreads {before} with {few} of them, and {after} with {many}.",
    how:
      "The same settings each time; where images are few, they are learned again and again, up to 100 times. Judged by " +
      "test images, never learned. The thin bars reach as far as chance may lead (95\u00a0%).",
    axis: "images learned from",
    share: "read right",
    guess: "as good as guessing",
    chart: "A chart of the share of test images read right against the number of images learned from.",
    point: "{n} images: {share}.",
  },
  curves: {
    title: "How well it does",
    loss: { name: "[[Loss]]", means: "how wrong it is" },
    accuracy: { name: "[[Accuracy]]", means: "how often it is right" },
    learned: "learned",
    unseen: "[[set aside|validation images]]",
    guessing: "as good as guessing",
    nothing: "Nothing learned yet.",
    about:
      "Only images set aside show whether it has understood, and not learned by heart. The loss has a scale that " +
      "shrinks tenfold from power to power, so that small losses can be seen, too.",
    lossNow: "{learned} on the images it learns.",
    lossBoth: "{learned} on the images it learns, {unseen} on those set aside.",
    accuracyNow: "{share} of the images set aside are read right.",
    notJudged: "No images were set aside, so this is not measured.",
    lossChart: "A chart of the loss against the images learned.",
    accuracyChart: "A chart of the share read right against the images learned.",
  },
  runs: {
    label: "A former run to be drawn in grey beside this one",
    option: "{n}: {name}",
    noOne: "no other run",
    grey: "grey: {name}",
    change: "{name} {before} → {after}",
    same: "the same settings",
    more: ", …",
    none: "none",
    automatic: "automatic",
    names: {
      layers: "hidden layers", optimizer: "optimizer", learning_rate: "learning rate", batch_size: "batch size",
      activation: "activation", schedule: "rate later", limit: "images", strength: "drawn anew", epochs: "epochs",
      validation: "set aside", seed: "seed",
    },
  },
  seen: {
    title: "Just learned",
    image: "A training image: {name}",
    right: "It is {name}, and it guessed {guess}, with {sure}.",
    wrong: "It is {name}; it guessed {guess}, with {sure}.",
    number: "Training image {index}",
    anew: "A training image, drawn anew",
    now: "Now that the weights have moved, it guesses {then}, with {thenSure}. To {name} it gave {before}, and gives {after}.",
    same: "It guesses the same again: to {name} it gives {before}, as before.",
    moved: "{moved} weights and biases have moved, each a little against its slope.",
    most: "Farthest of all: {what}, from {was} to {now}.",
    bias: "the bias of {unit}",
    weight: "the weight from {source} to {unit}",
    pixel: "the pixel in {pixel}",
    toStep: "This very step in Step, number by number",
    toOther: "This image and network in Step; there, the step is one of plain gradient descent",
    none: "No weight has moved: nothing of this image gets through.",
  },
  time: {
    title: "Images learned",
    now: "now",
    after: "at {n}",
  },
  weights: {
    title: "What the first layer looks for",
    about:
      "One image for each [[unit]], an artificial neuron: its [[weights|weight]] for the 28 × 28 pixels. Random at " +
      "first; then strokes and corners appear.",
    none: "No weights yet.",
    nothing: "Here the weights will be seen as they form.",
    label: "Weights of {n} of the {all} units of the first layer, as images.",
    positive: "+ ink here speaks for the unit",
    negative: "− against it",
    largest: "{all} units; full colour: {largest} or more",
    largestOfSome: "{n} of {all} units; full colour: {largest} or more",
    showAll: "Show all {all} units",
    silent: "Silent units, which have answered zero to every image it was judged by so far:",
    silentOf: "{silent} of {n} in hidden layer {layer}",
  },
  drawing: {
    title: "Your drawing, read anew",
    about: "What the network in training makes of it by now.",
    image: "Your drawing as the network sees it, 28 × 28 pixels",
    nothing: "Nothing is drawn yet.",
    draw: "Draw something",
    now: "Now: {sentence}",
    waiting: "It will be read as soon as there is a network.",
    sure: "It reads {name}, with {share}.",
    thinks: "It thinks of {name}, with {share}.",
    guesses: "It does not know; {name} comes first with {share}.",
  },
  confusion: {
    title: "What is mistaken for what",
    caption: "Rows: what the images are. Columns: what it answers.",
    corner: "is",
    nothing: "Here its mistakes on the images set aside will be counted.",
    worst: "Its most frequent mistake: {n} times, {is} was read as {taken}.",
    perfect: "No mistake among these images.",
  },
  notices: {
    usual: "the usual one",
    noNumber: "beyond all numbers",
    toLoss: "to {loss}",
    reads: "It reads {accuracy} of the images set aside.",
    allImages: "Learn from all images",
    rate: "Set the learning rate to {rate}",
    rateAndActivation: "Set the learning rate to {rate}, and the activation to ReLU",
    diverged: {
      now: {
        title: "It has diverged",
        about:
          "With a learning rate of {rate} the loss rose {loss}. Each step goes so far that it lands somewhere " +
          "worse.",
      },
      over: {
        title: "It diverged",
        about:
          "With a learning rate of {rate} the loss rose {loss}. Each step went so far that it landed somewhere " +
          "worse.",
      },
      advice: "Smaller steps help.",
    },
    silent: {
      now:
        "Why: in hidden layer {layer}, {dead} of {units} units answer 0 to every image, and nothing gets through " +
        "them. Units like these rarely come back.",
      over:
        "Why: in hidden layer {layer}, {dead} of {units} units answered 0 to every image, and nothing got through " +
        "them.",
    },
    not_learning: {
      now: {
        title: "It is not learning",
        about: "{accuracy} After {images} images the loss is {loss}; whoever guesses has {guessing}.",
      },
      over: {
        title: "It did not learn",
        about: "{accuracy} After {images} images the loss was {loss}; whoever guesses has {guessing}.",
      },
      advice: "The steps may be far too large, or so small that nothing happens.",
    },
    overfitting: {
      now: {
        title: "It is learning by heart",
        rises: "It is growing too sure",
        about:
          "On the images it learns, the loss goes on falling; on those set aside it was lowest in epoch {epoch}, " +
          "with {lowest}, and is now {now}.",
      },
      over: {
        title: "It learned by heart",
        rises: "It grew too sure",
        about:
          "On the images it learned, the loss went on falling; on those set aside it was lowest in epoch {epoch}, " +
          "with {lowest}, and rose to {now}.",
      },
      same: {
        now: " It is still as often right ({now}), but surer when it is wrong.",
        over: " It was still as often right ({now}), but surer when it was wrong.",
      },
      worse: {
        now: " It was right in {then} of these, and now is in {now}.",
        over: " It was right in {then} of these then, and in {now} at the end.",
      },
      name: "This is called over-fitting.",
      advice: "More images help, or images that look different each time.",
      button: "Draw every image anew",
    },
    dead: {
      now: { title: "It learns badly", about: "{accuracy}" },
      over: { title: "It learned badly", about: "{accuracy}" },
      advice: "It happens when steps are too large.",
    },
  },
  use: {
    use: "Use this network",
    about: "In the other parts of the page, too: draw for it, look into it.",
    back: "Back to byhand’s own",
    used: "The other parts of the page read with the network trained here.",
  },
};

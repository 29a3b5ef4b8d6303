// Every word of Judge, in English. Braces are places for values.

export const words = {
  title: "How good is it?",
  lead: "The network is examined on [[test images]] that it has never learned from. Everything below is counted from "
    + "its answers to them.",
  loading: "The network reads all the test images. This takes a moment …",
  retry: "Try again",
  training: "This is the network in training, as it was when it was examined.",
  learned: "The network has gone on learning since.",
  again: "Examine it anew",
  onwards: "So much for how good it is. How much of it could one take away, and it would still read?",
  toBreak: "Break it",
  image: "Image {index}: was {was}, read as {read}, {sure} sure. Look at it in Draw",
  wasRead: "{was}, read {read}",
  headline: {
    title: "Read right",
    of: "of {n} test images",
    wrong: "{wrong} wrong",
    wrongMeans: "So many of the {n} images were read as something that they are not.",
    interval: "{low} to {high}",
    intervalMeans: "Other test images would give another figure. Of all images of this kind, it probably reads a "
      + "share between these two right (95\u00a0% interval).",
    loss: "Loss {loss}",
    lossMeans: "Its mean surprise at the right answer, the [[cross-entropy]]. 0 would be certain and right every "
      + "time; who guesses among {classes} has {guess}.",
  },
  matrix: {
    title: "What was mistaken for what",
    lead: "A row for what it was, a column for what it was read as: a [[confusion matrix]]. Choose a number to see "
      + "its images.",
    rows: "was",
    columns: "read as",
    cellRight: "Was {was}, read right: {n}",
    cellWrong: "Was {was}, read as {read}: {n}",
    legendWrong: "mistakes: the stronger the colour, the more",
    legendRight: "read right",
    right: "{n} images of {was}, read right",
    wrong: "{n} images of {was}, read as {read}",
    one: "One image of {was}, read as {read}",
    most: "These are {most} of them.",
    leastSure: "The least sure come first, with how sure it was.",
    surest: "The surest come first, with how sure it was.",
    click: "An image leads to the Draw view.",
    close: "Close",
  },
  classes: {
    title: "Which ones it reads well",
    class: "What it was or was called",
    images: "Images",
    recall: "[[Recall]]",
    precision: "[[Precision]]",
    missed: "{n} missed",
    falsely: "{n} falsely so",
    recallMeans: "Of all images of {name}, how many did it find? {right} of {were}: {recall}.",
    precisionMeans: "Of all images that it called {name}, how many were that? {right} of {called}: {precision}.",
    none: "none",
    bars: "A bar is what is missing to 100\u00a0%; the longest is {most}. Missed: read as something else. Falsely so: "
      + "called this, but something else.",
  },
  threshold: {
    title: "Answer only when sure",
    lead: "With every answer the network says how sure it is. Let it keep silent below a [[threshold]], and it makes "
      + "fewer mistakes, but leaves more unread.",
    slider: "Answer only when at least this sure",
    own: "Automatic: {own}",
    ownMark: "automatic",
    outcome: "It answers {coverage}; of these {risk} are wrong.",
    counts: "{answered} answers, {wrong} of them wrong; {unread} left unread.",
    nothing: "It answers nothing.",
    horizontal: "answered",
    vertical: "wrong among the answered",
    chart: "Share of wrong answers against the share answered. At a threshold of {threshold} it answers {coverage}, "
      + "and of these {risk} are wrong.",
    reading: "The line is every possible threshold, from answering everything (right) to only what is surest "
      + "(left). The dot is where the slider stands, the diamond the automatic threshold, which it brings along.",
  },
  reliability: {
    title: "Can its percentages be believed?",
    lead: "Of all answers given with about 80 %, eight in ten should be right. Then the dots lie on the dashed line.",
    horizontal: "how sure it was",
    vertical: "how often it was right",
    reading: "Answers are sorted by how sure it was into {bins} bins. Below the line it was too sure, above it too "
      + "modest. The thin lines show how far chance could move a dot (95\u00a0%). The bars at the foot tell how "
      + "many images are in each bin; they grow with the logarithm.",
    error: "[[Calibration]] error: {error}. On average over all images, what it says is this far from the share that "
      + "is right.",
    chart: "Reliability diagram with {bins} dots. {list} All numbers are in the table below.",
    chartBin: "About {confidence} sure: {accuracy} right, of {n} images.",
    table: "The numbers as a table",
    sure: "How sure",
    right: "Right",
    images: "Images",
  },
  mistakes: {
    title: "The worst mistakes",
    lead: "Of the {n} images that it read wrong, those first where it was most sure. Choose one to see why in the "
      + "Draw view.",
    none: "It made no mistake.",
    doubt: "Not every mistake is the network’s: about 15 of MNIST’s 10,000 test images carry a wrong label.",
    more: "Show {n} more",
  },
  robustness: {
    title: "What can it stand?",
    lead: "The test images are shifted, turned, and covered with random grey, and read again. The network sees only "
      + "pixels: to it, a shifted image is another image.",
    measure: "Measure now",
    measuring: "Reading all of them some thirty times. This takes a few seconds …",
    done: "Measured on {n} test images. Shifts are the mean of four directions, rotations of both.",
    vertical: "read right",
    amount: "Change",
    example: "Example",
    right: "Read right",
    chart: "{title}, and the share read right. {list}.",
    kinds: {
      shift: { title: "Shifted", axis: "pixels", unit: "{amount} px" },
      rotation: { title: "Turned", axis: "degrees", unit: "{amount}°" },
      noise: { title: "Covered with noise", axis: "strength, 1 is full ink", unit: "{amount}" },
    },
  },
};

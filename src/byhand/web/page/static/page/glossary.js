// What the words of the field mean, in English, in a sentence or two. elements/terms.js explains them where they stand.

export const glossary = {
  "accuracy": "The share of images that are read right.",
  "activation":
    "What a unit makes of its sum. ReLU passes on what is above 0 and turns the rest into 0; Leaky ReLU leaves " +
    "a hundredth of the rest. tanh and sigmoid bend the sum into the range from −1 to 1, or from 0 to 1.",
  "back-propagation":
    "Working out the slope of every weight from the end to the beginning: each layer’s share of the error " +
    "follows from that of the layer after it.",
  "batch":
    "The images for one step: their slopes are averaged, then the weights move once. With a batch size of 1 " +
    "they move after every image.",
  "bias": "A number that a unit adds to its sum, whatever the image.",
  "calibration": "Whether percentages can be believed: of all answers given with 80 %, eight in ten should be right.",
  "confidence": "The probability that the network gives to its answer.",
  "confusion matrix": "A table that counts mistakes: a row for what an image is, a column for what it was read as.",
  "cross-entropy":
    "The loss of one image: minus the logarithm of the probability that the right answer got. 0 if that was 1; " +
    "2.3 for who guesses among ten.",
  "divergence": "The loss rises and rises, because each step is so large that it lands somewhere worse.",
  "epoch": "One time through all the images to learn from. The next epoch shows them again, in another order.",
  "gradient":
    "All the slopes together: for every weight and bias, how fast the loss rises if it grows. A step goes the " +
    "other way.",
  "hidden layer": "A row of units between the image and the answers.",
  "layer": "A row of units that all take their numbers from the row before.",
  "learning rate":
    "How far the weights move in one step: each by its slope times this number. Too small, and it takes " +
    "forever; too large, and it leaps past the goal.",
  "logit": "The sum of an output unit, before softmax makes a probability of it.",
  "loss":
    "How wrong the network is, as one number (cross-entropy): 0 if the right answer got all the probability, " +
    "2.3 for who guesses among ten. Learning means making it smaller.",
  "mini-batch": "A batch that is small beside all the images.",
  "momentum": "Keeping some of the speed of the steps before, as a ball does that rolls down.",
  "optimizer":
    "The rule for a step. Gradient descent takes the slope of this batch alone. Momentum keeps some of the " +
    "speed of the steps before; Nesterov’s looks ahead to where that will carry it. Adam gives each weight a " +
    "step size of its own; AdamW lets all weights shrink a little as well.",
  "over-fitting": "Learning the images by heart: those it learns are read better and better, others no more.",
  "precision": "Of all images that were called a 4, the share that are one.",
  "probability": "How sure the network is of an answer, from 0 to 1; those of all answers add up to 1.",
  "pruning": "Setting small weights to 0, as if these connections were cut.",
  "recall": "Of all images of a 4, the share that were found.",
  "relu": "max(0, z): what is above 0 passes, all else becomes 0.",
  "seed":
    "The number that all chance is drawn from: the first weights, the order of the images. The same seed gives " +
    "the same training again.",
  "silent unit":
    "A unit that has answered 0 to every image it was judged by. It takes no part, and rarely comes back.",
  "slope": "How fast the loss rises if this one weight grows: the derivative of the loss by the weight.",
  "softmax":
    "What makes probabilities of the outputs’ sums: e to the power of each, divided by the total of all of " +
    "these.",
  "step": "Moving every weight a little against its slope, once.",
  "test images": "Images that are never learned from and only judged by, once all is done.",
  "threshold":
    "The confidence from which on an answer counts; below it, the network says that it cannot read the image.",
  "unit":
    "An artificial neuron: it adds up its inputs, each times a weight, adds a bias, and passes on what its " +
    "activation makes of that.",
  "validation images": "Images set aside: never learned from, but judged by again and again while it learns.",
  "weight": "How much one number counts in the sum of a unit. What a network has learned is its weights and biases.",
};

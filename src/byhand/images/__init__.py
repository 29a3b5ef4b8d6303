"""A picture → ink → 28×28 pixels, as MNIST's makers did it."""

# The version of all this, stored in every model file: a model is of use only with the same images.
PREPROCESSING = "mnist/1"
OLDER = ("pixels/255",)  # what version 1 was called before it also told how to bring a picture to 28×28

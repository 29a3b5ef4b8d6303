"""A picture → ink → 28×28 pixels, as MNIST's makers did it."""

# The version of all this, stored in every model file: a model is of use only with the same images.
PREPROCESSING = "mnist/2"
OLDER = (  # A model of them has learned from the same images: they only told less well what of a picture is ink.
    "mnist/1",
    "pixels/255",
)

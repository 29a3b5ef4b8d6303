# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown]
# # First steps
#
# In a few minutes you let a small neural network learn to read digits, see how well it does, look
# at what it gets wrong, and draw digits for it yourself. You need `pip install "byhand[notebook]"`
# and nothing else: the images come with it.
#
# ## What there is to learn from
#
# MNIST is a collection of digits that about five hundred people wrote for the American census
# bureau and in a school. Each is an image of 28×28 grey levels with a label: the digit that it is
# meant to be. The last line of a cell shows itself, so a data set shows some of its images.

# %%
import byhand

data = byhand.load("mnist")
data

# %% [markdown]
# The images are an array of NumPy: 60,000 of them, 28 rows, 28 columns, and every number from 0
# (paper) to 255 (ink).

# %%
data.train.images.shape, data.train.images.dtype, data.train.labels[:10]

# %% [markdown]
# ## Learning
#
# A recipe holds every choice of a training. This one has two hidden layers, of 128 and of 64
# units, and learns a little from every single image, which is the default. To be quick, it looks at
# 20,000 of the images only, five times over. 2,000 more are set aside: the network never learns from
# these, they only tell how well it does. That is called validation.

# %%
recipe = byhand.Recipe(epochs=5, limit=20_000, validation=2000)
recipe

# %% [markdown]
# A training yields a record after each pass, which is called an epoch. The loss is the surprise at
# the right answers: it is 2.3, the logarithm of 10, for somebody who only guesses, and it falls as
# the network learns. The percentage is how many of the validation images are read right.

# %%
for epoch in byhand.train(recipe, data.train):
    print(f"epoch {epoch.number}: loss {epoch.loss:.3f}, {epoch.accuracy:.1%} read right")

# %% [markdown]
# The record of the last epoch has the network. Each little square below is one unit of the first
# layer: where it is orange, ink makes the unit more active, where it is violet, less.

# %%
model = epoch.model
model

# %% [markdown]
# ## How good is it?
#
# The 10,000 test images were written by other people, and are looked at once, at the end. A row of
# the table is for a digit that was written, a column for one that was read: all that is not on the
# diagonal is a mistake.

# %%
evaluation = byhand.evaluate(model, data.test)
evaluation

# %% [markdown]
# Which ones did it get wrong? `mistakes` are their places, the worst first: those for which the
# network was surest of the wrong answer. Some of them you would read wrong, too.

# %%
worst = data.test.take(evaluation.mistakes[:40])
worst

# %% [markdown]
# And this is what the network makes of the worst of all. It is quite sure, and wrong.

# %%
print("The label says", worst.classes[worst.labels[0]])
byhand.recognize(worst.images[0], model)

# %% [markdown]
# ## Draw
#
# Now it is your turn. Draw a digit with the mouse, a pen or a finger; with the keyboard, the arrow
# keys move the pen and the space bar puts it down. The answer follows while you draw. (This
# stroke, the first one you see, was drawn by the next line, so that there is something on the
# pad.)

# %%
pad = byhand.Pad(model)
pad.strokes = [{"points": [(80, 70), (200, 70), (190, 90), (150, 150), (125, 230)]}]
pad

# %% [markdown]
# What you draw is here as well, as soon as the pen is lifted: run this cell again after you have
# drawn.

# %%
print("The network believes in", pad.digit)
pad.answer

# %% [markdown]
# Is another network better? `byhand.Pad()` without a model shows the one that comes with byhand,
# which has learned for longer, from digits that were shifted, turned and bent. You can exchange
# the network behind the pad at any time: the drawing stays, and is read anew.

# %%
pad.model = byhand.Model.load()
pad.answer

# %% [markdown]
# ## Keep it
#
# A model is a file of half a megabyte. No code is ever run from it, so you can take one from
# anybody.

# %%
import tempfile
from pathlib import Path

file = Path(tempfile.mkdtemp()) / "my-first-model.safetensors"
model.save(file)
print(f"{file.stat().st_size:,} bytes")
byhand.recognize(data.test.images[0], file)

# %% [markdown]
# **Go on** with [your own data](your_own_data.py), or look at [what a network
# sees](what_a_network_sees.py). Things to try here: `layers=(300,)` in the recipe, `limit=60_000`,
# or `optimizer="adam"`. Which one helps most?

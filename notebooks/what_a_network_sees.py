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
# # What a network sees
#
# A network that reads digits has no eyes and knows no lines or loops. It gets 784 numbers, and
# makes 10 of them. Nothing in between is hidden: this notebook follows one digit all the way, and
# does the whole sum again by hand.
#
# ## From a drawing to 784 numbers
#
# Here is a small 7 in a corner of the pad. Before the network sees it, it is made as large as
# MNIST's digits are, and its centre of mass is put in the middle. Draw your own, if you like; all
# that follows then speaks about yours.

# %%
import byhand

pad = byhand.Pad()
pad.strokes = [{"brush": 10, "points": [(20, 20), (80, 20), (75, 30), (55, 60), (42, 100)]}]
pad

# %% [markdown]
# What if that were left out? Then the drawing is only made smaller. The same switch is on the pad:
# "Centre and scale".

# %%
print("made ready:", pad.answer)
pad.centred = False
print("as it is:  ", pad.answer)
pad.answer

# %% [markdown]
# The shape is the same, but the numbers are others, and the network has only ever seen digits in
# the middle. It does not know that a 7 in a corner is a 7.

# %%
pad.centred = True
image = pad.image
for row in image[4:24]:
    print("".join(f"{level:4}" if level else "   ." for level in row[4:24]))

# %% [markdown]
# ## The first layer
#
# The network has layers of units. A unit is a sum: each number that comes in, times a weight of
# its own, and a bias. If the sum is below zero, the unit puts out 0: it is silent. That is all
# that a unit does.
#
# Each unit of the first layer has 784 weights, one for each pixel. So its weights can be looked at
# as an image, too: it is what the unit looks for. Here are the first 64 of them.

# %%
model = pad.model
model

# %% [markdown]
# Which of them are active now? These six are the most active ones. On the left of each are its
# weights, on the right every pixel times its weight: only where there is ink, something is left.
# The sum of the right one, and the bias, is what the unit puts out.

# %%
import matplotlib.pyplot as plt
import numpy as np

pixels, first, second, probabilities = model.activations(image)
weights = model.first_weights.reshape(28, 28, -1)
strongest = np.argsort(-first)[:6]
figure, axes = plt.subplots(3, 4, figsize=(8, 6.4))
for pair, unit in zip(axes.reshape(6, 2), strongest, strict=True):
    of_unit = weights[:, :, unit]
    most = np.abs(of_unit).max()
    for axis, values in zip(pair, (of_unit, of_unit * pixels.reshape(28, 28)), strict=True):
        axis.imshow(values, cmap="PuOr_r", vmin=-most, vmax=most)
        axis.axis("off")
    pair[0].set_title(f"unit {unit}: {first[unit]:.1f}", loc="left", fontsize=10)
figure.tight_layout()

# %% [markdown]
# Most of the units are silent. It takes few of them to say what there is.

# %%
for name, outputs in (("first", first), ("second", second)):
    print(f"{name} hidden layer: {np.sum(outputs > 0)} of {len(outputs)} units are active")

# %% [markdown]
# ## The whole sum, by hand
#
# `byhand.network` holds the mathematics, and it is short enough to be read in one sitting. Here it
# is once more, in five lines: matrices times vectors, the largest of each sum and 0, and in the
# end softmax, which makes shares of 1 out of ten scores.

# %%
from byhand.network import layers

a = image.ravel() / 255
*hidden, (w, b) = layers(model.theta, model.sizes)
for v, c in hidden:
    a = np.maximum(a @ v + c, 0)
scores = a @ w + b
p = np.exp(scores - scores.max()) / np.exp(scores - scores.max()).sum()

for name, by_hand, by_model in zip(model.classes, p, probabilities, strict=True):
    print(f"{name}: {by_hand:.7f} by hand, {by_model:.7f} by the model")

# %% [markdown]
# ## Why this digit?
#
# Take away a part of the image, and see how the answer changes: where the answer suffers most,
# there the network looked. A patch of 5×5 pixels is wiped out, at every place in turn.

# %%
wiped = np.repeat(image[None], 24 * 24, axis=0)
for place in range(24 * 24):
    top, left = divmod(place, 24)
    wiped[place, top : top + 5, left : left + 5] = 0
best = int(probabilities.argmax())
lost = probabilities[best] - model.predict_proba(wiped)[:, best].reshape(24, 24)

figure, axes = plt.subplots(1, 2, figsize=(6, 3))
axes[0].imshow(image, cmap="gray_r")
axes[1].imshow(np.pad(lost, 2), cmap="Oranges")
axes[0].set_title("the image", fontsize=10)
axes[1].set_title(f"where {model.classes[best]} needs its ink", fontsize=10)
for axis in axes:
    axis.axis("off")

# %% [markdown]
# ## What it does not see
#
# Move 2,000 test images to the right, pixel by pixel. You would read them just as before. This
# network has learned from images that were shifted a little, so a little does it no harm; one that
# has only seen digits in the middle (it is trained here, in a second or two) soon reads nothing
# but nonsense.

# %%
data = byhand.load("mnist")
some = data.test[:2000]
recipe = byhand.Recipe(epochs=3, limit=20_000)
plain = byhand.fit(recipe, data.train).model

shifts = range(9)
figure, axes = plt.subplots(figsize=(6, 3))
for name, network in (("byhand's own", model), ("digits in the middle only", plain)):
    moved = [byhand.Split(np.roll(some.images, shift, axis=2), some.labels) for shift in shifts]
    right = [100 * byhand.evaluate(network, split).accuracy for split in moved]
    axes.plot(shifts, right, "o-", label=name)
axes.set(xlabel="pixels to the right", ylabel="% read right", ylim=(0, 102))
axes.legend(frameon=False)
axes.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# That is why so much is done before the network is asked: `byhand.recognize` puts every picture
# into the middle first, and then it does not matter where somebody writes. Networks with
# convolutions have some of this built in: they look for the same thing in every place. This one
# has to learn each place by itself.
#
# **Go on** with [how it works](../docs/how-it-works.md), which explains the sums, and how a
# network learns its weights. On the pad, "Look inside the network" shows all of this while you
# draw: every unit, its weights, and its sum in numbers.

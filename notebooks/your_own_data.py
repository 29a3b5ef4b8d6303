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
# # Your own data
#
# A network reads what it has learned, and no more. The one that comes with byhand knows ten
# digits. Here you teach another one signs of your own: a circle, a cross and a triangle. It takes
# three things: pictures, a table that says what each of them is, and a minute.
#
# ## Pictures
#
# You could draw some hundred signs by hand. Let us be lazy, and let the computer draw them: each
# in another place, of another size, turned a little, with another pen.

# %%
import numpy as np
from PIL import Image, ImageDraw

SIGNS = ("circle", "cross", "triangle")
rng = np.random.default_rng(7)  # With the same seed the same signs are drawn, on every machine.


def draw(sign: str) -> Image.Image:
    """Draw a sign as somebody might: dark ink on white paper, 100×100 pixels."""
    corners = {"circle": 40, "cross": 4, "triangle": 3}[sign]
    angles = rng.uniform(-0.3, 0.3) + 2 * np.pi * np.arange(corners + 1) / corners - np.pi / 2
    size = rng.uniform(18, 34) * rng.uniform(0.85, 1.15, 2)
    points = size * np.stack([np.cos(angles), np.sin(angles)], axis=1)
    points += 50 + rng.uniform(-10, 10, 2)
    points += rng.normal(0, 1.2, points.shape)  # Nobody has a hand that does not tremble.
    strokes = [points[[0, 2]], points[[1, 3]]] if sign == "cross" else [points]
    picture = Image.new("L", (100, 100), 255)
    for stroke in strokes:
        pen = int(rng.integers(3, 9))
        ImageDraw.Draw(picture).line([*map(tuple, stroke)], 0, pen, joint="curve")
    return picture


draw("triangle")

# %% [markdown]
# ## Made ready
#
# A network of this kind sees 784 numbers and nothing else. If a sign is written further to the
# left, all of its numbers change. So each picture is made ready first: its ink is scaled to 20
# pixels and its centre of mass put in the middle of 28×28 pixels, as the makers of MNIST did it.
# `byhand.prepare` does that to any picture, a photo too.

# %%
import byhand

byhand.prepare(draw("cross"))

# %% [markdown]
# ## A table
#
# Most people who have data have a table. This one has a row for each picture: first what it is,
# then its 784 pixels. It is a plain CSV file; a spreadsheet can open it.

# %%
import csv
import tempfile
from pathlib import Path

folder = Path(tempfile.mkdtemp())
with open(folder / "signs.csv", "w", newline="") as file:
    table = csv.writer(file)
    table.writerow(["label", *(f"pixel{k}" for k in range(784))])
    for k in range(600):
        sign = SIGNS[k % 3]
        table.writerow([sign, *byhand.prepare(draw(sign)).image.ravel()])

print(*(line[:60] for line in (folder / "signs.csv").read_text().splitlines()[:4]), sep="\n")

# %% [markdown]
# `byhand.load` finds out by itself what a file holds. There is no part for testing in ours, so it
# sets one image of seven aside, and says so. A folder with a folder of pictures for each class
# would have done as well, or arrays.

# %%
data = byhand.load(folder / "signs.csv")
data

# %% [markdown]
# ## Learning
#
# Three signs are easier than ten digits: a small network will do, and a second.

# %%
recipe = byhand.Recipe(layers=(32,), epochs=5)
model = byhand.fit(recipe, data.train).model
byhand.evaluate(model, data.test)

# %% [markdown]
# ## Try it
#
# The pad reads with any network for 28×28 pixels. Clear it, and draw a circle or a cross. (The
# triangle that you see first was drawn by the second line.)

# %%
pad = byhand.Pad(model)
pad.strokes = [{"points": [(140, 60), (220, 210), (60, 200), (140, 60)]}]
pad

# %% [markdown]
# And now something that it has never seen: a single upright line, as of the digit 1. What is the
# answer?

# %%
pad.strokes = [{"points": [(140, 40), (140, 230)]}]
pad.answer

# %% [markdown]
# It is sure of it, and there is nothing in its answer that would warn you: **a network says
# nothing about what it was never shown.** It was only told that there are three signs, and this
# line is more like one of them than like the other two. The network that comes with byhand has
# therefore also learned from scribbles, letters and signs that they are no digits. Ask it about a
# triangle:

# %%
byhand.recognize(draw("triangle"))

# %% [markdown]
# ## How many pictures does it take?
#
# Fewer than one would think, if the signs are as different as ours. Learn from 3, 6, 12 … of them,
# five times each from other ones and other first weights, and see how many of the test images are
# read right. Each dot is one training.

# %%
import matplotlib.pyplot as plt

counts = (3, 6, 12, 24, 48)
figure, axes = plt.subplots(figsize=(6, 3))
for count in counts:
    for seed in range(5):
        others = data.train[60 * seed : 60 * seed + count]
        epoch = byhand.fit(byhand.Recipe(layers=(32,), epochs=20, seed=seed), others)
        accuracy = byhand.evaluate(epoch, data.test).accuracy
        axes.plot(count, 100 * accuracy, "o", color="tab:blue", alpha=0.5)
axes.set(xscale="log", xlabel="pictures learned from", ylabel="% read right")
axes.set_xticks(counts, counts)
axes.minorticks_off()
axes.spines[["top", "right"]].set_visible(False)

# %% [markdown]
# With three pictures, one of each sign, it is a matter of luck: the dots lie far apart. Ten
# digits, written by hundreds of people, need thousands.
#
# **Go on** with [what a network sees](what_a_network_sees.py). Your own pictures can simply lie in
# a folder for each class: give the folder that holds these to `byhand.load`.
# [docs/data.md](../docs/data.md) tells all the forms that it takes, and `byhand.fit(recipe, data,
# model=…)` goes on with a network that has learned something already.

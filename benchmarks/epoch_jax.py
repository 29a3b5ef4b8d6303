"""An epoch of a recipe as JAX does it, one compiled function: distortions, AdamW, smoothed labels, adversarial images.

It has less to do than byhand, and is given the same, as `epoch_torch.py` says. Tried and kept: five batches drawn at a
time, by a gather of four neighbours from one flat array (14 µs an image on one core; `map_coordinates` 16).
"""

from functools import partial
from typing import Any

import jax
import jax.numpy as jnp
import numpy as np

import byhand
import jax_peer
from byhand.data.distortions import SHAPES, Distortions, smooth_shapes
from byhand.learning.drawing.besides import counts
from passes import Bytes

SIDE = 28
MARGIN = 2  # dark pixels around each image
WIDTH = SIDE + 2 * MARGIN
TOGETHER = 5  # batches drawn at a time


def places(recipe: byhand.Recipe, key: Any, n: int) -> tuple[Any, Any]:
    """Return the row and the column at which each pixel of n images looks, each (n, 28, 28)."""
    for_maps, for_noise = jax.random.split(key)
    turn, slant, tall, wide, down, right = jax.random.uniform(for_maps, (6, n, 1, 1), minval=-1, maxval=1)
    angle, shear = turn * (recipe.rotation * np.pi / 180), slant * recipe.shear
    tall, wide = 1 + recipe.scale * tall, 1 + recipe.scale * wide
    cos, sin = jnp.cos(angle), jnp.sin(angle)
    middle = (SIDE - 1) / 2
    y, x = jnp.arange(SIDE)[:, None] - middle - recipe.shift * down, jnp.arange(SIDE) - middle - recipe.shift * right
    look_y, look_x = y * cos / tall + x * (shear * cos - sin) / wide, y * sin / tall + x * (shear * sin + cos) / wide
    if recipe.elastic:
        noise = recipe.elastic * jax.random.normal(for_noise, (n, 2, SHAPES, SHAPES))
        bend = smooth_shapes(SIDE) @ noise @ smooth_shapes(SIDE).T
        look_y, look_x = look_y + bend[:, 0], look_x + bend[:, 1]
    return look_y + middle, look_x + middle


def thicker(ink: Any, strength: float, key: Any) -> Any:
    """Return images (n, 28, 28) whose strokes grow or shrink, each by its own part of `strength` pixels."""
    by = strength * jax.random.uniform(key, (len(ink), 1, 1), minval=-1, maxval=1)
    framed = jnp.pad(jnp.sign(by) * ink, ((0, 0), (1, 1), (1, 1)))
    grown = jnp.maximum(jnp.maximum(framed[:, :-2, 1:-1], framed[:, 2:, 1:-1]), framed[:, 1:-1, 1:-1])
    grown = jnp.maximum(jnp.maximum(framed[:, 1:-1, :-2], framed[:, 1:-1, 2:]), grown)
    return ink + jnp.abs(by) * (jnp.sign(by) * grown - ink)


def drawn(recipe: byhand.Recipe, images: Any, key: Any) -> Any:
    """Return images (n, 28, 28), bytes, drawn anew, as float32 rows (n, 784)."""
    n = len(images)
    if not Distortions.of(recipe):
        return images.reshape(n, -1).astype(jnp.float32) / 255
    if recipe.thickness:
        images = thicker(images.astype(jnp.float32), recipe.thickness, key)
    y, x = places(recipe, key, n)
    ink = jnp.pad(images, ((0, 0), (MARGIN, MARGIN), (MARGIN, MARGIN))).ravel()
    y, x = jnp.clip(y, -1, SIDE) + MARGIN, jnp.clip(x, -1, SIDE) + MARGIN  # Beyond the edge all is dark.
    i, j = y.astype(jnp.int32), x.astype(jnp.int32)
    at = jnp.arange(n, dtype=jnp.int32)[:, None, None] * WIDTH**2 + i * WIDTH + j

    def neighbour(away: int) -> Any:
        return ink.at[at + away].get(mode="promise_in_bounds").astype(jnp.float32)

    above = neighbour(0) * (1 - (x - j)) + neighbour(1) * (x - j)
    below = neighbour(WIDTH) * (1 - (x - j)) + neighbour(WIDTH + 1) * (x - j)
    return ((above * (1 - (y - i)) + below * (y - i)) / 255).reshape(n, -1)


class Epochs:
    """A training whose epochs are asked for one by one."""

    def __init__(self, recipe: byhand.Recipe, images: Bytes, labels: Bytes) -> None:
        self.recipe = recipe
        self.images, self.labels = jnp.array(images), jnp.array(labels.astype(np.int32))
        count = len(images) + sum(counts(recipe, len(images)))
        self.shape = (count // (TOGETHER * recipe.batch_size), TOGETHER, recipe.batch_size)
        parameters = jax_peer.parameters_of(recipe.sizes(SIDE * SIDE, 10))
        self.state = (parameters, jax_peer.memory_of(recipe.optimizer, parameters))
        self.key = jax.random.key(0)
        self.run = jax.jit(self.learned)

    def epoch(self) -> None:
        """Learn all images once; those that fill no portion are lost."""
        self.key, key = jax.random.split(self.key)
        self.state = jax.block_until_ready(self.run(self.state, self.images, self.labels, key))

    def learned(self, state: Any, images: Any, labels: Any, key: Any) -> Any:
        """Return the state after an epoch."""
        for_order, for_portions = jax.random.split(key)
        n = self.shape[0] * self.shape[1] * self.shape[2]
        order = (jax.random.permutation(for_order, n) % len(images)).reshape(self.shape[0], -1)

        def portion(state: Any, chosen: Any) -> Any:
            some, key = chosen
            x = drawn(self.recipe, images[some], key).reshape(*self.shape[1:], -1)
            return jax.lax.scan(self.step, state, (x, labels[some].reshape(self.shape[1:])))

        return jax.lax.scan(portion, state, (order, jax.random.split(for_portions, self.shape[0])))[0]

    def step(self, state: Any, batch: Any) -> tuple[Any, None]:
        """Take a step."""
        (parameters, memory), (x, y), recipe = state, batch, self.recipe
        loss = partial(jax_peer.loss, smoothing=recipe.label_smoothing)
        if recipe.adversarial:
            x = x + recipe.adversarial * jnp.sign(jax.grad(loss, argnums=1)(parameters, x, y))
        gradient = jax.grad(loss)(parameters, x, y)
        rate = recipe.starting_rate
        return jax_peer.moved(recipe.optimizer, parameters, memory, gradient, rate, recipe.weight_decay), None

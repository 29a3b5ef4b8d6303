"""An epoch of a recipe as PyTorch does it: distortions, AdamW, smoothed labels and adversarial images, on all cores.

It has less to do than byhand: the ink's centre is not held in place, strangers and other hands are further images of
the data, nothing is told of the losses. And it is given byhand's way to bend images, mixed from six smooth shapes a
side and not blurred from noise.

Tried and kept: `grid_sample` eager within a grid that is compiled, for five batches at a time (8 µs an image; all eager
10, all compiled 15); whole steps compiled, as in `torch_peer.py`.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

import numpy as np
import torch
from torch.nn import functional

import byhand
import torch_peer
from byhand.data.distortions import SHAPES, Distortions, smooth_shapes
from byhand.learning.drawing.besides import counts
from passes import Bytes

SIDE = 28
Tensor = Any


def places(recipe: byhand.Recipe, random: Tensor, noise: Tensor, shapes: Tensor) -> Tensor:
    """Return where each pixel of n images looks (n, 28, 28, 2), −1…1 from edge to edge."""
    turn, slant, tall, wide, down, right = random.mul(2).sub(1).unbind()
    angle, shear = turn * (recipe.rotation * np.pi / 180), slant * recipe.shear
    tall, wide = 1 + recipe.scale * tall, 1 + recipe.scale * wide
    cos, sin = torch.cos(angle), torch.sin(angle)
    y = torch.arange(SIDE, dtype=torch.float32)[:, None] - (SIDE - 1) / 2 - recipe.shift * down
    x = torch.arange(SIDE, dtype=torch.float32) - (SIDE - 1) / 2 - recipe.shift * right
    look_y, look_x = y * cos / tall + x * (shear * cos - sin) / wide, y * sin / tall + x * (shear * sin + cos) / wide
    if recipe.elastic:
        bend = recipe.elastic * (shapes @ noise @ shapes.T)
        look_y, look_x = look_y + bend[:, 0], look_x + bend[:, 1]
    return torch.stack([look_x, look_y], dim=-1) * (2 / (SIDE - 1))


def thicker(ink: Tensor, strength: float) -> Tensor:
    """Return images (n, 1, 28, 28) whose strokes grow or shrink, each by its own part of `strength` pixels."""
    by = strength * torch.rand(len(ink), 1, 1, 1).mul(2).sub(1)
    sign = torch.sign(by)
    return ink + by.abs() * (sign * functional.max_pool2d(sign * ink, 3, 1, 1) - ink)


class Distorting:
    """Draws images anew, each as another hand might have written it."""

    def __init__(self, recipe: byhand.Recipe) -> None:
        self.recipe, self.shapes = recipe, torch.tensor(smooth_shapes(SIDE))
        self.places = torch.compile(partial(places, recipe), dynamic=False)

    def __call__(self, images: Tensor) -> Tensor:
        """Return images (n, 28, 28), bytes, drawn anew, as float32 rows (n, 784)."""
        ink = images[:, None].float() / 255
        if Distortions.of(self.recipe):
            if self.recipe.thickness:
                ink = thicker(ink, self.recipe.thickness)
            n = len(ink)
            where = self.places(torch.rand(6, n, 1, 1), torch.randn(n, 2, SHAPES, SHAPES), self.shapes)
            ink = functional.grid_sample(ink, where, align_corners=True)
        return ink.reshape(len(ink), -1)


def loss_of(recipe: byhand.Recipe) -> Callable[..., Tensor]:
    """Return the loss of a batch, with smoothed labels and the worst small changes if the recipe asks for them."""
    plain = partial(torch_peer.loss, smoothing=recipe.label_smoothing)
    if not recipe.adversarial:
        return plain
    towards = torch.func.grad(plain, argnums=1)

    def worse(parameters: list[Tensor], x: Tensor, y: Tensor) -> Tensor:
        step = torch.sign(towards([p.detach() for p in parameters], x, y)).detach()
        return plain(parameters, x + recipe.adversarial * step, y)

    return worse


class Epochs:
    """A training whose epochs are asked for one by one."""

    def __init__(self, recipe: byhand.Recipe, images: Bytes, labels: Bytes) -> None:
        torch.set_flush_denormal(True)
        self.images, self.labels = torch.tensor(images), torch.tensor(labels).long()
        self.total = len(images) + sum(counts(recipe, len(images)))
        self.batch_size, self.draw = recipe.batch_size, Distorting(recipe)
        layers = torch_peer.network(recipe.sizes(SIDE * SIDE, 10))
        self.parameters = [p.detach().clone() for p in layers.parameters()]
        self.memory = torch_peer.memory_of(self.parameters)
        self.run = torch_peer.compiled_steps(recipe.optimizer, loss_of(recipe), recipe.weight_decay)
        self.rates = torch.full((torch_peer.STEPS,), recipe.starting_rate)
        self.drawer = ThreadPoolExecutor(1, initializer=torch.set_num_threads, initargs=(1,))
        self.threads = torch.get_num_threads()
        self.ahead = min((False, True), key=self.seconds_if_ahead)

    def seconds_if_ahead(self, ahead: bool) -> float:
        """Return the seconds of a tenth of an epoch, warm, if one thread draws ahead and one learns, or not."""
        self.ahead = ahead
        self.learn(self.total // 10)
        began = time.perf_counter()
        self.learn(self.total // 10)
        return time.perf_counter() - began

    def epoch(self) -> None:
        """Learn all images once."""
        self.learn(self.total)

    def learn(self, n: int) -> None:
        """Learn `n` images in a new order; those that fill no graph are lost."""
        torch.set_num_threads(1 if self.ahead else self.threads)
        with torch.no_grad():
            for x, y in self.portions(torch.randperm(n) % len(self.images)):
                self.run(self.parameters, self.memory, x, y, self.rates)

    def portions(self, order: Tensor) -> Iterator[tuple[Tensor, Tensor]]:
        """Yield images and labels for each compiled graph; a portion ahead, if so chosen."""
        count = torch_peer.STEPS * self.batch_size
        chosen = [part for part in order.split(count) if len(part) == count]

        def drawn(part: Tensor) -> tuple[Tensor, Tensor]:
            x, y = self.draw(self.images[part]), self.labels[part]
            return x.reshape(torch_peer.STEPS, self.batch_size, -1), y.reshape(torch_peer.STEPS, -1)

        if not self.ahead:
            yield from map(drawn, chosen)
            return
        coming = self.drawer.submit(drawn, chosen[0])
        for part in [*chosen[1:], chosen[0]]:
            ready, coming = coming, self.drawer.submit(drawn, part)
            yield ready.result()

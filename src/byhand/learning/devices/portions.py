"""Draw images anew where PyTorch works: the same numbers and the same fields as in `data.distortions`, gathered there.

The images stay on the device as bytes. Only what was drawn to change each travels there, once an epoch. The results are
those of this machine to within a grey level, as sums are rounded in another order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data.distortions import MARGIN, Distortions, smooth_shapes
from byhand.learning.devices import places
from byhand.learning.devices.recordings import Recorded
from byhand.learning.drawing.orders import Orders
from byhand.learning.drawing.portions import Begun, drawn_for
from byhand.learning.recipe import Recipe
from byhand.types import Bytes

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"
There: TypeAlias = "dict[tuple[int, ...], tuple[Bytes, Tensor]]"
AT_ONCE = 2048  # images, whose numbers find room in a GPU's caches


@dataclass(frozen=True, eq=False)
class _Prepared:
    """The order of an epoch, here and on the device, and what was drawn to change each image."""

    order: NDArray[np.intp]
    places: Tensor
    drawn: "list[Tensor] | None"


class DevicePortions:
    """What `portions.Portions` hands out, made on a device.

    Parameters
    ----------
    recipe, images, size
        As for `Portions`; and where the engine works, by the recipe's device.
    there
        Images that lie there already, by where they lie here: those, and what they are there.
    """

    def __init__(self, recipe: Recipe, images: Bytes, size: int, there: There) -> None:
        self._recipe, self._total = recipe, len(images)
        self._at_once = max((AT_ONCE if Distortions.of(recipe) else 8 * AT_ONCE) // size, 1) * size
        key = (images.__array_interface__["data"][0], *images.shape)
        if key not in there:
            there[key] = images, places.sent(images, recipe.device)  # Both: else others might come to lie there.
        self._images: Tensor = there[key][1]
        self._prepared: dict[int, Begun[list[_Prepared]]] = {}
        self._made: tuple[tuple[int, int], Tensor] | None = None
        shapes = [places.sent(smooth_shapes(side), recipe.device) for side in images.shape[1:]]
        thicker = recipe.thickness > 0
        self._warp = Recorded(lambda *given: warp(*given, *shapes, thicker=thicker), recipe.device)
        self._now: tuple[int, _Prepared] | None = None

    def chosen(self, epoch: int, start: int, stop: int) -> NDArray[np.intp]:
        """Return which images are learned from one place of an epoch to another."""
        return self._of(epoch).order[start:stop]

    def until(self, epoch: int, place: int) -> Iterator[NDArray[np.intp]]:
        """Yield which images are learned in an epoch before a place."""
        yield self._of(epoch).order[:place]

    def take(self, epoch: int, start: int, stop: int) -> Tensor:
        """Return the images from one place of an epoch to another, as they look then, on the device."""
        first = start - start % self._at_once
        if self._made is None or self._made[0] != (epoch, first):
            self._made = (epoch, first), self._draw(self._of(epoch), first)
        if epoch < self._recipe.epochs and epoch + 1 not in self._prepared:
            self._prepared[epoch + 1] = self._begin(epoch + 1)
        return self._made[1][start - first : stop - first]

    def _draw(self, prepared: _Prepared, first: int) -> Tensor:
        """Return the images from a place on, as they look."""
        chosen = prepared.places[first : first + self._at_once]
        images = self._images[chosen]
        if prepared.drawn is None:
            return images
        return self._warp(images, *(some[chosen] for some in prepared.drawn))

    def _of(self, epoch: int) -> _Prepared:
        """Return what is prepared of an epoch, and forget those before."""
        if self._now is None or self._now[0] != epoch:
            begun = self._prepared.pop(epoch, None) or self._begin(epoch)
            self._prepared = {number: kept for number, kept in self._prepared.items() if number > epoch}
            self._now = epoch, begun.get()[0]
        return self._now[1]

    def _begin(self, epoch: int) -> Begun[list[_Prepared]]:
        """Let another thread prepare an epoch."""
        made: list[_Prepared] = []

        def work() -> None:
            order = Orders(self._recipe.seed, self._total, None).part(epoch, 0).order
            drawn = drawn_for(self._recipe, epoch, self._total)
            arrays = () if drawn is None else (drawn.maps, drawn.thickness, drawn.noise)
            made.append(
                _Prepared(
                    order,
                    places.sent(order, self._recipe.device),
                    [places.sent(a, self._recipe.device) for a in arrays] or None,
                )
            )

        return Begun(made, machine.begin([work]))


def warp(
    images: Tensor, maps: Tensor, thickness: Tensor, noise: Tensor, rows: Tensor, columns: Tensor, *, thicker: bool
) -> Tensor:
    """Return images (n, height, width) as each looks through its map and field; see `data.distortions.warp`.

    `rows` and `columns` are the smooth shapes of either side, (side, SHAPES).
    """
    import torch

    _, height, width = images.shape
    on = {"dtype": torch.float32, "device": images.device}
    ink = images.to(torch.float32)
    ink = _thicken(ink, thickness) if thicker else ink
    bend = rows @ noise @ columns.T  # (n, 2, height, width)
    y, x = torch.arange(height, **on)[:, None], torch.arange(width, **on)
    total = ink.sum((1, 2)).clamp(min=1)

    def centre(values: Tensor) -> Tensor:
        """Return the mean over each image's ink, as (n, 1, 1)."""
        return ((ink * values).sum((1, 2)) / total)[:, None, None]

    middle_y, middle_x = centre(y), centre(x)
    thinning = torch.zeros_like(ink)
    thinning[:, 1:-1, 1:-1] = (bend[:, 0, 2:, 1:-1] - bend[:, 0, :-2, 1:-1]) / 2
    thinning[:, 1:-1, 1:-1] += (bend[:, 1, 1:-1, 2:] - bend[:, 1, 1:-1, :-2]) / 2
    down = bend[:, 0] - centre(bend[:, 0] + thinning * (y - middle_y))
    right = bend[:, 1] - centre(bend[:, 1] + thinning * (x - middle_x))
    a, b, c, d, shift_y, shift_x = (maps[:, k, None, None] for k in range(6))
    from_y, from_x = y - middle_y - shift_y, x - middle_x - shift_x
    look_y = (middle_y + a * from_y + b * from_x + down).clamp(-1, height) + MARGIN
    look_x = (middle_x + c * from_y + d * from_x + right).clamp(-1, width) + MARGIN
    framed = torch.nn.functional.pad(ink, (MARGIN,) * 4)
    return (_between_pixels(framed, look_y, look_x) + 0.5).to(torch.uint8)


def _between_pixels(ink: Tensor, y: Tensor, x: Tensor) -> Tensor:
    """Return the ink of images (n, …) at places between their pixels (n, height, width)."""
    import torch

    i, j = y.to(torch.int64), x.to(torch.int64)
    part_y, part_x = y - i, x - j
    flat, place = ink.flatten(1), (i * ink.shape[2] + j).flatten(1)

    def at(step: int) -> Tensor:
        """Return the pixels some steps after those places."""
        return flat.gather(1, place + step).reshape(y.shape)

    below = ink.shape[2]
    upper = at(0) * (1 - part_x) + at(1) * part_x
    lower = at(below) * (1 - part_x) + at(below + 1) * part_x
    return upper * (1 - part_y) + lower * part_y


def _thicken(ink: Tensor, thickness: Tensor) -> Tensor:
    """Mix each image with what it is when its strokes' edges move by one pixel, out or (`thickness` < 0) in."""
    import torch

    sign = torch.where(thickness < 0, -1.0, 1.0)[:, None, None]
    framed = torch.nn.functional.pad(sign * ink, (1, 1, 1, 1))
    grown = sign * ink
    for neighbour in (framed[:, :-2, 1:-1], framed[:, 2:, 1:-1], framed[:, 1:-1, :-2], framed[:, 1:-1, 2:]):
        grown = torch.maximum(grown, neighbour)
    return (ink + thickness.abs()[:, None, None] * (sign * grown - ink) + 0.5).floor()

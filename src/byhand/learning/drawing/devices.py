"""Draw images anew where PyTorch works: the same numbers and the same fields as in `data.distortions`, gathered there.

The images stay on the device as bytes. Only what was drawn to change each travels there, once an epoch. The results are
those of this machine to within a grey level, as sums are rounded in another order.
"""

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.data.distortions import MARGIN, smooth_shapes
from byhand.learning.drawing.portions import Portions
from byhand.types import Bytes, Floats

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"
AT_ONCE = 8192  # images: some hundred megabytes of numbers


@dataclass(eq=False)
class DevicePortions:
    """What `portions` hands out, made on a device; of images (n, height, width)."""

    portions: Portions
    images: Bytes = field(repr=False)
    device: str

    def __post_init__(self) -> None:
        self._images = self._sent(self.images)
        self._epoch, self._first = 0, -1

    def _sent(self, array: "Bytes | Floats | NDArray[np.intp]") -> Tensor:
        """Return an array on the device."""
        import torch

        return torch.as_tensor(np.require(array, requirements="CW")).to(self.device)

    def order(self, epoch: int) -> NDArray[np.intp]:
        """Return in which order all images are learned in an epoch."""
        return self.portions.order(epoch)

    def take(self, epoch: int, start: int, stop: int) -> Tensor:
        """Return the images from one place of an epoch to another, as they look then, on the device."""
        if self._epoch != epoch:
            order, drawn = self.portions.drawn(epoch)
            self._order, self._first, self._epoch = self._sent(order), -1, epoch
            self._drawn = None if drawn is None else [self._sent(a) for a in (drawn.maps, drawn.thickness, drawn.noise)]
        self.portions.draw_ahead(epoch, stop)
        size = max(AT_ONCE // self.portions.size, 1) * self.portions.size
        first = start - start % size
        if first != self._first:
            chosen = self._order[first : first + size]
            images = self._images[chosen]
            self._made = images if self._drawn is None else warp(images, *(some[chosen] for some in self._drawn))
            self._first = first
        return self._made[start - first : stop - first]


def warp(images: Tensor, maps: Tensor, thickness: Tensor, noise: Tensor) -> Tensor:
    """Return images (n, height, width) as each looks through its map and field; see `data.distortions.warp`."""
    import torch

    _, height, width = images.shape
    on = {"dtype": torch.float32, "device": images.device}
    ink = _thicken(images.to(torch.float32), thickness)
    rows, columns = (torch.as_tensor(smooth_shapes(side), **on) for side in (height, width))
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

    if not thickness.any():
        return ink
    sign = torch.where(thickness < 0, -1.0, 1.0)[:, None, None]
    framed = torch.nn.functional.pad(sign * ink, (1, 1, 1, 1))
    grown = sign * ink
    for neighbour in (framed[:, :-2, 1:-1], framed[:, 2:, 1:-1], framed[:, 1:-1, :-2], framed[:, 1:-1, 2:]):
        grown = torch.maximum(grown, neighbour)
    return (ink + thickness.abs()[:, None, None] * (sign * grown - ink) + 0.5).floor()

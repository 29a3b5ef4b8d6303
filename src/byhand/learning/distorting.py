"""Distort images on all processor cores, by compiled loops where there are any."""

from collections.abc import Callable
from functools import partial

import numpy as np

from byhand import machine
from byhand.data import distortions
from byhand.data.distortions import Drawn, smooth_shapes
from byhand.types import Bytes


def distort(images: Bytes, drawn: Drawn) -> Bytes:
    """Return every image (n, height, width) as it looks through what was drawn for it, on all processor cores."""
    out = np.empty_like(images)
    _, height, width = images.shape
    rows, columns = smooth_shapes(height), np.ascontiguousarray(smooth_shapes(width).T)
    warp = _warp()
    workers = min(machine.threads(), 1 + len(images) // 250)

    def work(part: slice) -> None:
        some = drawn.take(part)
        warp(images[part], some.maps, some.thickness, some.noise, rows, columns, out[part])

    machine.share([partial(work, part) for part in machine.parts(len(images), workers)])
    return out


def _warp() -> Callable[..., None]:
    """Return the compiled loop, or its readable twin where there is no Numba."""
    if not machine.has_numba():
        return distortions.warp
    from byhand.compiled.distortions import warp

    return warp

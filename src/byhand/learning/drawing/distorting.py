"""Draw and distort by compiled loops, where there are any; images in parts that any thread may do."""

from collections.abc import Callable, Sequence
from functools import partial

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.data import distortions
from byhand.data.distortions import SHAPES, Distortions, Drawn, smooth_shapes
from byhand.types import Bytes, fixed

LANES = 16  # columns, that the compiled loop does at once; see `compiled.lanes`
PART = 250  # images: the least that is worth waking another thread for


def draw(strengths: Distortions, n: int, rng: np.random.Generator) -> Drawn:
    """Draw changes for `n` images, with or without compiled loops the same."""
    if not machine.has_numba():
        return distortions.draw(strengths, n, rng)
    from byhand.compiled.normals import standard_normal

    return distortions.draw(strengths, n, rng, standard_normal)


def distort(images: Bytes, drawn: Drawn) -> Bytes:
    """Return every image (n, height, width) as it looks through what was drawn for it, on all processor cores."""
    out = np.empty_like(images)
    machine.share(distort_into(out, images, drawn, np.arange(len(images))))
    return out


def distort_into(out: Bytes, images: Bytes, drawn: Drawn, chosen: NDArray[np.intp]) -> Sequence[Callable[[], None]]:
    """Return works that together distort the chosen images into `out`, each by what was drawn for it."""
    if not images.flags.c_contiguous:
        images, drawn, chosen = np.ascontiguousarray(images[chosen]), drawn.take(chosen), np.arange(len(chosen))
    images = fixed(images)
    _, height, width = images.shape
    rows, columns = smooth_shapes(height), np.zeros((SHAPES, width + -width % LANES), np.float32)
    columns[:, :width] = smooth_shapes(width).T
    warp = _warp()

    def work(part: slice) -> None:
        warp(images, chosen[part], drawn.maps, drawn.thickness, drawn.noise, rows, columns, out[part])

    count = max(len(chosen) // PART, min(len(chosen), 1))
    return [partial(work, part) for part in machine.parts(len(chosen), count)]


def _warp() -> Callable[..., None]:
    """Return the compiled loop, or its readable twin where there is no Numba."""
    if not machine.has_numba():
        return distortions.warp
    from byhand.compiled.distortions import warp

    return warp

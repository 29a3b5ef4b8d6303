"""What the numbers in a file of images mean: 0 is paper, but full ink may be 1, 16 or 255, and rows may be columns.

Nothing in the file says so. What can be seen of it is told, and an option mends it; nothing is ever guessed, as a
guess would be right often enough to be trusted.
"""

import warnings
from collections.abc import Mapping

import numpy as np

from byhand.errors import UsageError
from byhand.types import Bytes, Json

WHITE = 255  # Full ink in byhand's images.
DIM = 127  # Where no pixel is lighter, the scale is hardly one of 255.


def check_white(white: int | None) -> None:
    """Refuse a grey level of full ink that there is not.

    Raises
    ------
    UsageError
        If it is not from 1 to 255.
    """
    if white is not None and (isinstance(white, bool) or not 1 <= white <= WHITE):
        raise UsageError(f"{white} cannot be used; full ink is a grey level from 1 to {WHITE}.", "white")


def facts_of(white: int | None, *, transposed: bool) -> dict[str, int]:
    """Return what a run, its checkpoint and its model keep of how pixels were taken: nothing, if as they are."""
    return ({} if white is None else {"white": white}) | ({"transposed": True} if transposed else {})


def of_facts(facts: Json) -> tuple[int | None, bool]:
    """Return `white` and `transposed` as facts of data tell them, such as a model's, whoever wrote these."""
    known = facts if isinstance(facts, Mapping) else {}
    white = known.get("white")
    return white if isinstance(white, int) else None, known.get("transposed") is True


def taken(images: Bytes, white: int | None, *, transposed: bool) -> Bytes:
    """Return images as byhand takes them: full ink 255, rows from top to bottom.

    Parameters
    ----------
    images
        (n, height, width) uint8, as they are stored.
    white
        The grey level of full ink in them; None for 255, unless they look otherwise, which is told.
    transposed
        Whether rows and columns are swapped in them.

    Warns
    -----
    RuntimeWarning
        If `white` is None, and no pixel is as light as half of full ink.

    Raises
    ------
    UsageError
        If a pixel is lighter than `white`.
    """
    lightest = int(images.max(initial=0))
    if white is None:
        tell_pale(lightest)
    if white is not None and lightest > white:
        raise UsageError(f"{white} cannot be full ink; there are pixels of {lightest}.", "white")
    if white not in (None, WHITE):
        levels = np.round(np.arange(white + 1) * (WHITE / white)).astype(np.uint8)
        images = levels[images]
    return np.ascontiguousarray(images.transpose(0, 2, 1)) if transposed else images


def tell_pale(lightest: int) -> None:
    """Tell, in a RuntimeWarning, if the lightest pixel of all is so dark that it may be full ink."""
    if 0 < lightest <= DIM:
        warnings.warn(
            f"the lightest pixel is {lightest} of {WHITE}, so all images are very pale. If {lightest} is full ink, say "
            f"so: --white {lightest}, or from Python load(..., white={lightest}).",
            RuntimeWarning,
            stacklevel=3,
        )


def check_stored(white: int | None, *, transposed: bool) -> None:
    """Refuse to change the pixels of images that stay in their file.

    Raises
    ------
    UsageError
        If they would have to be.
    """
    if white not in (None, WHITE) or transposed:
        raise UsageError(
            "cannot be, where images stay in their file (mapped): they are read as they lie there. Write them anew "
            "with byhand data convert on a machine that has the memory.",
            *(["white"] if white not in (None, WHITE) else []),
            *(["transposed"] if transposed else []),
        )

"""Numbers and names as short texts, for the line that a record is shown by."""

from collections.abc import Mapping, Sequence

from byhand.labels import is_plain
from byhand.network import n_parameters
from byhand.types import Json

SHORT = 12  # characters of a name among others


def shortened(text: str, most: int) -> str:
    """Return a text of at most so many characters in one line, in which nothing acts on a terminal."""
    text = text if is_plain(text) else "".join(letter if is_plain(letter) else "_" for letter in text)
    return text if len(text) <= most else f"{text[: most - 1]}…"


def percent(share: float, digits: int = 1) -> str:
    """Return a share, 0…1, as text that says neither all where it is less, nor nothing where it is more."""
    least = 10.0**-digits
    if 0 < share < 1 and round(100 * share, digits) in (0, 100):
        return f"< {least:.{digits}f} %" if share < 0.5 else f"> {100 - least:.{digits}f} %"
    return f"{100 * share:.{digits}f} %"


def some_of(classes: Sequence[str]) -> str:
    """Return how many classes there are, with the names of a few."""
    names = [shortened(name, SHORT) for name in classes]
    some = ", ".join(names) if len(names) <= 4 else f"{', '.join(names[:3])} … {names[-1]}"
    return f"{len(names)} classes ({some})"


def size(shape: Sequence[int]) -> str:
    """Return the size of an image (height, width) as pictures have it: the width first."""
    height, width = shape[:2]
    return f"{width:,}×{height:,}"


def network(sizes: Sequence[int], activation: str, classes: Sequence[str], scores: Json) -> list[str]:
    """Return what there is to say of a network; `scores` are those that it keeps of a test, if there was one."""
    count = f"{n_parameters(sizes):,} parameters"
    about = [shortened("-".join(map(str, sizes)), 60), activation, count, some_of(classes)]
    accuracy = scores.get("accuracy") if isinstance(scores, Mapping) else None
    return [*about, f"{percent(accuracy, 2)} of its test images read right"] if isinstance(accuracy, float) else about

"""What the labels of images mean: a label is a position among the names of the classes."""

from byhand.errors import ByhandError

DIGITS = tuple("0123456789")
NO_CLASS = 255  # The label of an image that is of none; no data set has so many.


def check_classes(classes: tuple[str, ...]) -> None:
    """Refuse class names that are fewer than two, or not all different."""
    different = len(set(classes))
    if not 2 <= different == len(classes):
        raise ByhandError(
            f"{len(classes)} class names, {different} of them different: they must be different; use two or more."
        )

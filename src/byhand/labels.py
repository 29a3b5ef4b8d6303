"""What the labels of images mean: a label is a position among the names of the classes."""

import unicodedata

from byhand.errors import ByhandError

DIGITS = tuple("0123456789")
NO_CLASS = 255  # The label of an image that is of none; no data set has so many.
LONGEST_NAME = 100

# Control characters, halves of characters, and ends of lines or paragraphs ...
_CATEGORIES = {"Cc", "Cs", "Zl", "Zp"}
# ... and what turns the direction of all text that follows.
_DIRECTIONS = {"LRE", "RLE", "LRO", "RLO", "PDF", "LRI", "RLI", "FSI", "PDI"}


def is_plain(text: str) -> bool:
    """Tell whether a text is one line that does nothing to a terminal but stand there."""
    if text.isprintable():  # so most are; it knows nothing of directions, but calls what turns them unprintable
        return True
    return not any(
        unicodedata.category(letter) in _CATEGORIES or unicodedata.bidirectional(letter) in _DIRECTIONS
        for letter in text
    )


def check_classes(classes: tuple[str, ...]) -> None:
    """Refuse class names that are fewer than two, too many, not all different, or no single line of text each."""
    if not all(isinstance(name, str) for name in classes):
        raise ByhandError("class names must be texts.")
    different = len(set(classes))
    if not 2 <= different == len(classes):
        raise ByhandError(
            f"{len(classes)} class names, {different} of them different: they must be different; use two or more."
        )
    if len(classes) > NO_CLASS:
        raise ByhandError(f"{len(classes):,} classes are too many: a label is a byte, so there are at most {NO_CLASS}.")
    for number, name in enumerate(classes):
        if len(name) > LONGEST_NAME or not is_plain(name):
            raise ByhandError(
                f"the name of class {number} cannot be used: it must be at most {LONGEST_NAME} characters in one line, "
                "without control characters."
            )

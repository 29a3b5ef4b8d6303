"""What the labels of images mean: a label is a position among the names of the classes."""

import unicodedata
from collections.abc import Iterable

from byhand.errors import ByhandError

DIGITS = tuple("0123456789")
NO_CLASS = 255  # The label of an image that is of none; no data set has so many.
LONGEST_NAME = 100

# Control characters, halves of characters (bytes of a file's name that are no text), ends of lines and paragraphs ...
_CATEGORIES = frozenset(("Cc", "Cs", "Zl", "Zp"))
# ... and what turns the direction of the text around it.
_TURNS = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


def is_plain(text: str) -> bool:
    """Tell whether a text is one line that does nothing to a terminal but stand there."""
    # What Python calls printable is; so are most texts, and to ask takes no time.
    return text.isprintable() or not any(map(acts, text))


def acts(character: str) -> bool:
    """Tell whether a terminal may do more with a character than show it."""
    return unicodedata.category(character) in _CATEGORIES or character in _TURNS


def printable(text: str, keep: str = "") -> str:
    """Return text in which nothing commands a terminal or hides what stands there: such characters as JSON's escapes.

    Parameters
    ----------
    text
        Such as the name of a file or of a class, which anybody may have chosen.
    keep
        Control characters that are the caller's own, such as the end of a line.
    """
    if is_plain(text):
        return text
    return "".join(f"\\u{ord(c):04x}" if acts(c) and c not in keep else c for c in text)


def name_of(label: object) -> str:
    """Return the name of the class that has a label in another tool: of whole numbers, without a point."""
    return str(int(label)) if isinstance(label, float) and label.is_integer() else str(label)


def as_classes(given: object) -> tuple[str, ...]:
    """Return names of classes in whatever sequence; refuse what is none, as `check_classes` does."""
    if not isinstance(given, Iterable):
        raise ByhandError(f"class names must be texts, such as {DIGITS[:3]}, not {type(given).__name__}.")
    classes = tuple(given)
    check_classes(classes)
    return classes


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
        if any("\udc80" <= letter <= "\udcff" for letter in name):  # how Python keeps bytes of a file's name
            raise ByhandError(
                f"the name of class {number} cannot be used: its bytes are no UTF-8. If they are, tell Python so: "
                "PYTHONUTF8=1."
            )
        if len(name) > LONGEST_NAME or not is_plain(name):
            raise ByhandError(
                f"the name of class {number} cannot be used: it must be at most {LONGEST_NAME} characters in one line, "
                "without control characters."
            )

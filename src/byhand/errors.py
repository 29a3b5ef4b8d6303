"""What goes wrong in a user's hands: every such error is one message that says what to do.

Which fields of a recipe, arguments or options it is about is told as data. The command line writes them as options, the
page with its own labels, and Python by their names.
"""

import re
from collections.abc import Callable, Iterable
from typing import NoReturn, Self

LONGEST = 100  # characters of a value or word that is told
_NAME = re.compile(r"`([a-z_]+)`")

# What other libraries call some choices of a training.
_OTHERS_NAMES = {
    "hidden": "layers",
    "hidden-layer-sizes": "layers",
    "learning-rate-init": "learning-rate",
    "lr": "learning-rate",
    "max-iter": "epochs",
    "momentum": "optimizer",
    "random-state": "seed",
    "solver": "optimizer",
    "units": "layers",
    "validation-split": "validation",
}


def folded(name: str) -> str:
    """Return a name as it is compared where neither case matters, nor which of - and _ joins its words."""
    return name.lower().replace("_", "-")


def did_you_mean(word: str, names: Iterable[str]) -> str:
    """Return the question whether a name was meant, after a blank; nothing if none is like the word."""
    from difflib import get_close_matches  # only for who is going to be told

    known = {folded(name).lstrip("-"): name for name in names}
    typed = folded(word).lstrip("-")[:100]
    begun = [name for name in known if len(typed) > 1 and name.startswith(typed)]
    elsewhere = [name for name in known if name == _OTHERS_NAMES.get(typed)]
    near = elsewhere or begun[:1] or get_close_matches(typed, known, 1)
    return f" Did you mean {known[near[0]]}?" if near else ""


def shortened(text: str) -> str:
    """Return a text that is not too long to be told."""
    return text if len(text) <= LONGEST else f"{text[:LONGEST]}…"


class ByhandError(Exception):
    """A failure the user can mend: its text names the file or value, what is wrong and what to do.

    Parameters
    ----------
    text
        What is wrong. The name of a field or argument in it stands in backquotes.
    *fields
        The names of the fields or arguments that it is about.

    Attributes
    ----------
    text, fields
        The same.
    """

    def __init__(self, text: str, *fields: str) -> None:
        super().__init__(text, *fields)
        self.text, self.fields = text, fields

    def __str__(self) -> str:
        return f"{', '.join(self.fields)}: {self.text}" if self.fields else self.text

    def text_with(self, written: Callable[[str], str]) -> str:
        """Return the text with its names written in another way, such as options.

        Parameters
        ----------
        written
            Returns a name as it should be written.

        Returns
        -------
        str
            The text, without what it is about.
        """
        return _NAME.sub(lambda found: written(found[1]), self.text)

    def within(self, place: object) -> Self:
        """Return the same error as one of a file or picture.

        Parameters
        ----------
        place
            Which one it is of. There fields have their plain names, and are no options.

        Returns
        -------
        ByhandError
            Of the same kind, with the place before its text.
        """
        fields = f"{', '.join(self.fields)}: " if self.fields else ""
        return type(self)(f"{place}: {fields}{self.text_with(str)}")


class UsageError(ByhandError, ValueError):
    """An option or argument has a value that cannot be used; also a `ValueError`."""


def refuse(value: object, advice: str, *fields: str) -> NoReturn:
    """Raise the `UsageError` for a value, which may stand in some field."""
    try:
        shown = shortened(repr(value))
    except (ValueError, RecursionError):  # Python writes no number of more than 4,300 digits.
        shown = "such a value"
    raise UsageError(f"{shown} cannot be used; {advice}", *fields)

"""Tell arrays by their names: which are images, which labels, and of which part."""

import re
from collections.abc import Mapping, Sequence
from typing import Literal, NamedTuple, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand.data.forms.found import Found, Part, listed
from byhand.errors import ByhandError
from byhand.files import words
from byhand.labels import NO_CLASS

What: TypeAlias = Literal["images", "labels"]
_IMAGES = {
    "x",
    "xs",
    "image",
    "images",
    "patterns",
    "img",
    "imgs",
    "data",
    "features",
    "pixels",
    "inputs",
    "samples",
    "digits",
}
_LABELS = {"y", "ys", "label", "labels", "lbl", "lbls", "target", "targets", "class", "outputs"}
_PARTS = {"train": "train", "training": "train", "tr": "train", "test": "test", "testing": "test", "t10k": "test"} | {
    "val": "validation", "valid": "validation", "validation": "validation"
}  # fmt: skip
_CLASSES = ("classes", "class_names", "target_names", "label_names", "classnames")


class Meaning(NamedTuple):
    """What an array is by its name."""

    part: str
    what: What


def meaning(name: str) -> Meaning | None:
    """Return what a name such as `x_train`, `trainY`, `test_images` or `target` says; None if it says nothing."""
    split = re.sub(r"([a-z])([A-Z])", r"\1 \2", name)
    tokens = [token for token in re.split(r"[^a-z0-9]+", split.lower()) if token]
    if len(tokens) == 1:  # xtrain, trainx
        tokens = next(
            ([part, rest] for part in _PARTS for rest in (tokens[0].removeprefix(part), tokens[0].removesuffix(part))
             if rest != tokens[0] and rest in _IMAGES | _LABELS),
            tokens,
        )  # fmt: skip
    parts = [_PARTS[token] for token in tokens if token in _PARTS]
    kinds_of: list[What] = [
        "images" if token in _IMAGES else "labels" for token in tokens if token in _IMAGES | _LABELS
    ]
    return Meaning(parts[0] if parts else "", kinds_of[0]) if len(kinds_of) == 1 and len(parts) <= 1 else None


def wanted(names: Sequence[str]) -> list[str]:
    """Return those names of arrays that say what they are, and the one of the classes."""
    return [name for name in names if _is_classes(name) or meaning(name)]


def _is_classes(name: str) -> bool:
    """Tell whether an array holds the names of the classes."""
    return name.lower() in _CLASSES


def settle(
    where: str, arrays: Mapping[str, NDArray[np.generic]], there: Sequence[str], *, names: bool = False
) -> Found:
    """Return what some named arrays are; `there` are the names of all that lie beside them.

    Raises
    ------
    ByhandError
        If one is missing, or two say that they are the same.
    """
    held: dict[Meaning, str] = {}
    for name in arrays:
        if _is_classes(name) or (said := meaning(name)) is None:
            continue
        if said in held:
            raise ByhandError(f"{where}: {held[said]} and {name} are both {said.what} of one part. Keep one.")
        held[said] = name
    named = {part for part, _ in held} & {"train", "test"}
    parts: list[str] = [part for part in ("train", "test") if part in named] or [""]
    if named and Meaning("", "images") in held and Meaning("train", "images") not in held:  # data and test_data, say
        parts = ["", "test"]
    kinds: tuple[What, What] = ("images", "labels")
    if missing := [(part, what) for part in parts for what in kinds if Meaning(part, what) not in held]:
        raise ByhandError(f"{where}: has no array {_wanted(missing, held, there)}")
    found = [
        Part(
            f"{where} ({part})" if part else where,
            arrays[held[Meaning(part, "images")]],
            arrays[held[Meaning(part, "labels")]],
        )
        for part in parts
    ]
    notes = (
        [f"{where}: {listed(spare)} are left out."]
        if (spare := [name for (part, _), name in held.items() if part == "validation"])
        else []
    )
    return Found(
        found[0], found[1] if len(found) > 1 else None, _classes(where, arrays), names=names, notes=tuple(notes)
    )


def _wanted(missing: list[tuple[str, What]], held: Mapping[Meaning, str], there: Sequence[str]) -> str:
    """Return which arrays are missing, and what there is."""
    letters = {"images": "x", "labels": "y"}
    if held:
        lacking = [f"{letters[what]}_{part or 'train'}" for part, what in missing]
        if not any(part == "test" for part, _ in held):
            lacking += [name for name in ("x_test", "y_test") if name not in lacking]
        lacking = list(dict.fromkeys(lacking))
    else:
        lacking = ["x_train", "y_train", "x_test", "y_test"]
    return (
        f"{', '.join(lacking)}; it must hold x_train, y_train and, for a test part, x_test and y_test. There is: "
        f"{listed(there, quote=repr) or 'nothing'}."
    )


def _classes(where: str, arrays: Mapping[str, NDArray[np.generic]]) -> tuple[str, ...] | None:
    """Return the names of the classes, if there are some."""
    for name, values in arrays.items():
        if _is_classes(name):
            try:
                texts = values.ravel()[: NO_CLASS + 1].tolist()
                return tuple(text.decode() if isinstance(text, bytes) else str(text) for text in texts)
            except (ValueError, TypeError) as error:
                raise ByhandError(
                    f"{where}: has class names that are no text ({words(error)}). Write it again."
                ) from error
    return None

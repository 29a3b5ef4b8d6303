"""Read a folder with an array in each file, such as `x_train.npy`, or `kmnist-train-imgs.npz` with one array in it."""

from dataclasses import replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from byhand.data.disk import choosing
from byhand.data.disk.stored import Stored
from byhand.data.forms import arrays
from byhand.data.forms.found import Found, names_in
from byhand.data.npz import find_npy, read_npy, read_npz
from byhand.errors import ByhandError


def find(folder: Path, mapped: bool | None = False) -> Found | None:
    """Read the arrays in a folder by the names of their files; None if there are none whose names say what they are.

    Training images stay in their file if `mapped`; if that is None, they do if they are large.
    """
    files = {name.rpartition(".")[0]: folder / name for name in names_in(folder) if name.endswith((".npy", ".npz"))}
    chosen = arrays.wanted(list(files))
    if not any(said.what == "images" for name in chosen if (said := arrays.meaning(name))):
        return None
    held: dict[str, NDArray[np.generic]] = {}
    stay: dict[str, Stored] = {}
    for name in chosen:
        path = files[name]
        if path.suffix == ".npy":
            stored = choosing.stored(path, mapped, find_npy) if _are_learned(name) else None
            if stored is not None:
                stay[name] = stored
            held[name] = read_npy(path) if stored is None else stored.view()
            continue
        if _are_learned(name):
            choosing.refuse_unmappable(path, mapped)
        inside = read_npz(path, list)
        if len(inside) != 1:
            raise ByhandError(f"{path}: holds {len(inside)} arrays. Name this file itself, or keep one array in it.")
        (held[name],) = inside.values()
    found = arrays.settle(str(folder), held, chosen)
    stored = next((stay[name] for name in stay if held[name] is found.train.images), None)
    return replace(found, train=replace(found.train, stored=stored))


def _are_learned(name: str) -> bool:
    """Tell whether an array of some name holds training images."""
    said = arrays.meaning(name)
    return said is not None and said.what == "images" and said.part in ("", "train")

"""Read a folder with an array in each file, such as `x_train.npy`, or `kmnist-train-imgs.npz` with one array in it."""

from pathlib import Path

from byhand.data.forms import arrays
from byhand.data.forms.found import Found, names_in
from byhand.data.npz import read_npy, read_npz
from byhand.errors import ByhandError


def find(folder: Path) -> Found | None:
    """Read the arrays in a folder by the names of their files; None if there are none whose names say what they are."""
    files = {name.rpartition(".")[0]: folder / name for name in names_in(folder) if name.endswith((".npy", ".npz"))}
    chosen = arrays.wanted(list(files))
    if not any(said.what == "images" for name in chosen if (said := arrays.meaning(name))):
        return None
    held = {}
    for name in chosen:
        if files[name].suffix == ".npy":
            held[name] = read_npy(files[name])
            continue
        inside = read_npz(files[name], list)
        if len(inside) != 1:
            raise ByhandError(
                f"{files[name]}: holds {len(inside)} arrays. Name this file itself, or keep one array in it."
            )
        (held[name],) = inside.values()
    return arrays.settle(str(folder), held, chosen)

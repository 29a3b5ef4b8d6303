"""Weights that lie in a file beside an ONNX file, as PyTorch's exporter puts them unless it is told not to.

The ONNX file names that file, so the name is looked at: it must be in the same folder, and no link to elsewhere.
"""

import math
import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from byhand.errors import ByhandError, shortened
from byhand.files import opened, parsing
from byhand.labels import printable

_ADVICE = "Export it again, or save it with all in one file."


def bring_in(path: Path, tensors: Iterable[Any], most: int) -> None:
    """Put numbers that lie in a file beside an ONNX file into the tensors that they belong to.

    Parameters
    ----------
    path
        The ONNX file.
    tensors
        Its onnx.TensorProto, which have no type.
    most
        How many bytes all of them may take.

    Raises
    ------
    ByhandError
        If it names another place, or there is not what belongs there.
    """
    for tensor in tensors:
        if not (tensor.external_data or tensor.data_location):
            continue
        with parsing(path, "is not a sound ONNX file", _ADVICE):
            said = {str(each.key): str(each.value) for each in tensor.external_data}
            size = _size(tensor)
        file = _beside(path, said.get("location", ""))
        most -= size
        if most < 0:
            raise ByhandError(f"{path}: its weights in {file.name} are too many. Use smaller layers.")
        with parsing(file, f"has not the weights that {path.name} says lie there", _ADVICE):
            tensor.raw_data = _read(file, said, size)
        del tensor.external_data[:]
        tensor.ClearField("data_location")


def _size(tensor: Any) -> int:  # noqa: ANN401  # an onnx.TensorProto
    """Return how many bytes the numbers of a tensor take."""
    from onnx import helper

    if any(size < 0 for size in tensor.dims):
        raise ValueError("a size in it is below 0")
    return int(math.prod(tensor.dims)) * int(helper.tensor_dtype_to_np_dtype(tensor.data_type).itemsize)


def _beside(path: Path, name: str) -> Path:
    """Return the file of a name in the same folder; refuse a name that leads elsewhere."""
    plain = name not in ("", ".", "..") and not set(name) & set("/\\:\0")
    if not plain or os.path.islink(path.parent / name):  # noqa: PTH114  # Path.is_link raises of strange names
        said = printable(shortened(name)) or "of no name"
        raise ByhandError(
            f"{path}: its weights lie in another place, {said}; they are read from a file beside it alone. "
            "Save it with all in one file."
        )
    return path.parent / name


def _read(file: Path, said: Mapping[str, str], size: int) -> bytes:
    """Return the bytes of a tensor in a file, where and as long as it is said."""
    offset, length = (int(said.get(key) or default) for key, default in (("offset", 0), ("length", size)))
    if length != size or offset < 0:
        raise ValueError(f"{length:,} bytes at {offset:,}, where {size:,} belong")
    with opened(file) as content:
        content.seek(offset)
        read = content.read(size)
    if len(read) < size:
        raise ValueError(f"it ends too early: {size:,} bytes belong at {offset:,}")
    return read

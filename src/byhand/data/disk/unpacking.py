"""Open files that may be packed by gzip, whatever their names end in: once or twice, in several members, padded."""

import gzip
import os
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, cast

from byhand.errors import ByhandError
from byhand.files import opened, words

GZIP = b"\x1f\x8b"


@contextmanager
def unpacked(path: Path) -> Iterator[tuple[BinaryIO, int, bool]]:
    """Open a file to read what is in it; yield it, how large the file itself is, and whether it is packed.

    Raises
    ------
    ByhandError
        If it cannot be read, or is not soundly packed; also while it is read.
    """
    again = "Fetch the file again."
    try:
        with opened(path) as file:
            inner: BinaryIO = file
            packed = False
            for _ in range(2):  # Some tools pack what is packed.
                first = inner.read(2)
                inner.seek(0)
                if first != GZIP:
                    break
                inner, packed = cast("BinaryIO", gzip.GzipFile(mode="rb", fileobj=inner)), True
            yield inner, os.fstat(file.fileno()).st_size, packed
    except EOFError as error:
        raise ByhandError(f"{path}: is cut off in the middle of its gzip data. {again}") from error
    except (gzip.BadGzipFile, zlib.error) as error:
        raise ByhandError(f"{path}: is not a sound gzip file ({words(error)}). {again}") from error
    except OSError as error:
        raise ByhandError(f"{path}: cannot be read ({words(error)}). Check the name and the permissions.") from error

"""Write files so that a crash leaves the old file or the new one, never half of either."""

import os
import tempfile
from pathlib import Path

from byhand.errors import ByhandError


def write_atomically(path: Path, content: bytes) -> None:
    """Replace the file at `path` by `content` in one step.

    Raises
    ------
    ByhandError
        If the file cannot be written; what stood at `path` before is then still there.
    """
    try:
        descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        temporary = Path(name)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                file.flush()
                os.fsync(file.fileno())
            temporary.chmod(0o666 & ~_umask())
            temporary.replace(path)
        except BaseException:
            temporary.unlink(missing_ok=True)
            raise
    except OSError as error:
        raise ByhandError(
            f"{path}: cannot be written ({error.strerror or error}). Free some space or choose another folder."
        ) from error


def _umask() -> int:
    """Return the process's file mode mask, which mkstemp ignores."""
    mask = os.umask(0)
    os.umask(mask)
    return mask

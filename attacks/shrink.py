"""Make an input that does harm smaller, so that whoever mends the fault has less to look at."""

from collections.abc import Callable

TRIES = 200


def smaller(content: bytes, harms: Callable[[bytes], bool], *, fewest: int = 1, tries: int = TRIES) -> bytes:
    """Return what is left of an input when parts are left out as long as it does harm: halves, then smaller ones.

    Parameters
    ----------
    content
        The input.
    harms
        Tells whether a smaller one does the same harm.
    fewest
        Bytes that are left out at a time, at least.
    tries
        How often `harms` may be asked.
    """
    size = len(content) // 2
    while size >= fewest:
        for start in range(0, len(content), size):
            if tries == 0:
                return content
            tries -= 1
            less = content[:start] + content[start + size :]
            if harms(less):
                content = less
                break
        else:
            size //= 2
    return content

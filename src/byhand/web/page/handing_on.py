"""How a page is handed on where a token is asked: the whole link, and a code that a phone reads from the wall."""

from urllib.parse import urlsplit

from byhand.errors import UsageError
from byhand.web.access import is_loopback

LONGEST = 500  # characters of an address
QUIET = 4  # cells of white around a code, as its standard wants them


def address(found: str, known: str) -> str:
    """Return the address under which others find the page.

    Parameters
    ----------
    found
        The address under which the page was found itself; behind a proxy only the browser knows it.
    known
        The one that the server listens at, which holds where the page was found under a name that means this machine
        and no other.

    Raises
    ------
    UsageError
        If the first is no address of a page.
    """
    parts = urlsplit(found[: LONGEST + 1])
    if len(found) > LONGEST or parts.scheme not in ("http", "https") or not parts.hostname or parts.query:
        raise UsageError("must be the address of a page, such as http://192.168.0.7:8765/.", "at")
    return known if known and is_loopback(parts.hostname) else found.partition("#")[0]


def drawn(text: str) -> tuple[int, str]:
    """Return the QR code of a text: how many cells it is wide, and its dark cells as the path of an SVG drawing."""
    import segno

    rows = segno.make_qr(text, error="m").matrix
    runs = []
    for y, row in enumerate(rows, QUIET):
        cells = "".join(map(str, row)) + "0"
        start = cells.find("1")
        while start >= 0:
            end = cells.index("0", start)
            runs.append(f"M{start + QUIET} {y}h{end - start}v1H{start + QUIET}z")
            start = cells.find("1", end)
    return len(rows) + 2 * QUIET, "".join(runs)

"""What came of a request: a record for those who count, and those who keep a log."""

from dataclasses import dataclass

METHODS = frozenset(("GET", "HEAD", "POST", "OPTIONS"))
NO_ROUTE = "none"  # There is nothing at such an address, or the request was refused before that was looked up.


@dataclass(frozen=True)
class Exchange:
    """A request and its answer.

    Attributes
    ----------
    peer
        The address that asked; behind a proxy, the proxy's.
    method, path
        What was asked for, as it came; dashes if that was never understood.
    route
        The kind of address that it is, of which there are few, such as `/static/{name:path}`.
    status
        Of the answer; 0 if nothing was answered, since the client had left.
    sent
        Bytes of the answer.
    seconds
        From the request until the end of its answer.
    """

    peer: str
    method: str
    path: str
    route: str
    status: int
    sent: int
    seconds: float

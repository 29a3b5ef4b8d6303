"""Where the server listens, and under which link it is found."""

import errno
import ipaddress
import socket

from byhand.errors import ByhandError

IN_THE_SYSTEM = 256 * 1024  # Bytes that the system keeps of what waits for a peer; left to itself, it takes megabytes.


def listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens at an address."""
    if host in ("", "*"):  # Some systems take it for a name, others for all addresses.
        raise ByhandError("is no address. Write 0.0.0.0, or ::, to listen at all that this machine has.", "host")
    both = host == "::" and socket.has_dualstack_ipv6()  # so that the address printed is one of those
    try:
        family, _, _, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        if family == socket.AF_INET and address[0] == "255.255.255.255":
            raise OSError(errno.EADDRNOTAVAIL, "it is the address of everybody")
        listening = socket.create_server(address[:2], family=family, backlog=2048, dualstack_ipv6=both)
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, IN_THE_SYSTEM)
        return listening
    except (OSError, UnicodeError) as error:
        if isinstance(error, UnicodeError):
            raise ByhandError("this can be no name of a machine.", "host") from error
        if error.errno == errno.EADDRINUSE:
            raise ByhandError(
                f"{port} on {host} is in use; perhaps byhand serve runs already. Choose another port.", "port"
            ) from error
        if error.errno == errno.EACCES:
            raise ByhandError(
                f"{port} may not be used by you: those below 1024 are the system's. Choose another one; a proxy can "
                "listen at this one.",
                "port",
            ) from error
        said = error.strerror or error
        raise ByhandError(f"cannot listen at {host}, port {port} ({said}).", "host", "port") from error


def link_to(host: str, listening: socket.socket, token: str | None) -> str:
    """Return the link that opens the page."""
    everywhere = ipaddress.ip_address(listening.getsockname()[0].partition("%")[0]).is_unspecified
    name = _own_address(only_ipv6=_is_only_ipv6(listening)) if everywhere else host
    name = f"[{name}]" if ":" in name else name
    return f"http://{name}:{listening.getsockname()[1]}/" + (f"?token={token}" if token else "")


def _is_only_ipv6(listening: socket.socket) -> bool:
    """Tell whether a socket cannot be reached by IPv4."""
    return listening.family == socket.AF_INET6 and bool(listening.getsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY))


def _own_address(*, only_ipv6: bool) -> str:
    """Return the address under which other machines know this one: nothing is sent to find it out."""
    family, other = (socket.AF_INET6, "2001:db8::1") if only_ipv6 else (socket.AF_INET, "192.0.2.1")
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((other, 9))  # an address kept free for examples, RFC 5737 and 3849
        except OSError:
            return socket.gethostname()
        return str(probe.getsockname()[0])

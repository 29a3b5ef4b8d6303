"""Who may ask the server: under which names, from which pages, and with which token.

A server on one's own machine can be reached by every page that is open in the browser. A foreign page is kept out by
its `Origin`, or where the browser sends none, as for a picture, by `Sec-Fetch-Site`; one that gives its own name this
machine's address ("DNS rebinding") by its `Host`; and where a server can be reached from other machines, only who has
the token comes in. What a proxy says of others (`X-Forwarded-…`) is never believed: everybody can say it.
"""

import contextlib
import hmac
import ipaddress
import re
import secrets
from collections.abc import Iterable
from dataclasses import dataclass, replace
from urllib.parse import unquote, urlsplit

from byhand.errors import UsageError
from byhand.web.bodies import Headers, Message, TurnedAway

COOKIE = "byhand-token"  # and the port: a browser sends cookies to every server of a machine
AUTHORITY = re.compile(r"(\[[0-9a-f:.]+\]|[a-z0-9._-]+)(?::([0-9]{0,5}))?")  # a machine, and perhaps a port
PORTS = {"http": 80, "https": 443}  # that no browser says
OPEN = ("/healthz", "/readyz")  # what is told to everybody
ALLOWED = {  # what a page that is allowed may send, and see; never cookies: it must bring the token along
    b"access-control-allow-methods": b"GET, POST",
    b"access-control-allow-headers": b"Authorization, Content-Type, If-None-Match, Last-Event-ID, X-Training-Key",
    b"access-control-max-age": b"600",
}


@dataclass(frozen=True)
class Access:
    """Who may ask.

    Attributes
    ----------
    token
        What a request must bring along, as a cookie or as `Authorization: Bearer …`; None on a server that only this
        machine can reach. Then the `Host` must be a name of this machine.
    hosts
        Other names under which it may be asked. If there are any, they hold with a token, too; else any name does then.
    origins
        Other pages that may ask, such as `https://lesson.example.org`.
    address
        Where others find the page, as far as the server knows.
    """

    token: str | None = None
    hosts: frozenset[str] = frozenset()
    origins: frozenset[str] = frozenset()
    address: str = ""

    def where(self, host: str, *, always: bool) -> "tuple[Access, str | None]":
        """Return who may ask a server that listens at an address, and the token, if one was made.

        Where others may know its address or name there has to be one.
        """
        if self.token is not None or not (always or not self.is_only_here(host)):
            return self, None
        made = secrets.token_urlsafe(16)
        return replace(self, token=made), made

    def is_only_here(self, host: str) -> bool:
        """Tell whether nobody else may know the address at which a server listens, or a name of it."""
        return all(map(is_loopback, (host, *self.hosts)))

    def at(self, link: str) -> "Access":
        """Return who may ask a server that tells people to open a link: so its name must be one to ask under."""
        told = replace(self, address=link.partition("?")[0])
        with contextlib.suppress(ValueError):  # What the machine calls itself need be no name.
            if self.hosts:
                return replace(told, hosts=self.hosts | {_plain(urlsplit(link).hostname or "")})
        return told

    def check(self, scope: Message, headers: Headers) -> None:
        """Refuse a request of a foreign page, under a foreign name, or without the token.

        Raises
        ------
        TurnedAway
            Also where nothing but this had to be asked: with a cookie, or with what a page may ask.
        """
        if scope["path"] in OPEN and scope["method"] in ("GET", "HEAD") and not _has_body(headers):
            return
        host = headers.get(b"host", b"").decode("latin-1").lower()
        address = AUTHORITY.fullmatch(host)
        if address is None or not self._is_own(address[1]):
            raise TurnedAway(
                403,
                "This server answers only under the names of its own machine, such as localhost, and under those that "
                "whoever runs it has named with --allowed-host.",
            )
        origin, site = headers.get(b"origin"), headers.get(b"sec-fetch-site")
        # https: where a proxy stands before this server.
        own = origin is None or origin.decode("latin-1").lower() in (f"http://{host}", f"https://{host}")
        if not own and self._allows(origin):
            if scope["method"] == "OPTIONS" and b"access-control-request-method" in headers:
                raise TurnedAway(200, "This page may ask.", ALLOWED)
        elif not own or (site in (b"cross-site", b"same-site") and scope["path"] != "/"):  # a link to it
            raise TurnedAway(
                403,
                "Another web page asked for this; only byhand's own page may, and those that whoever runs the server "
                "has named with --allowed-origin.",
            )
        if self.token is not None:
            # Of another page no cookie counts: its browser may have sent that unasked.
            cookie = f"{COOKIE}-{int(address[2] or 80)}={self.token}"
            _check_token(self.token, cookie if own or site == b"same-origin" else None, scope, headers)

    def without_token(self, text: str) -> str:
        """Return a text that may be written down: somebody may have put the token into the path of an address."""
        return text if self.token is None else text.replace(self.token, "***")

    def said_to(self, headers: Headers) -> list[tuple[bytes, bytes]]:
        """Return what every answer says of who may see it."""
        if not self.origins:
            return []
        origin = headers.get(b"origin")
        allowed = [(b"access-control-allow-origin", origin)] if origin is not None and self._allows(origin) else []
        return [(b"vary", b"Origin"), *allowed, *([(b"access-control-expose-headers", b"ETag")] if allowed else [])]

    def _is_own(self, name: str) -> bool:
        """Tell whether the server may be asked under a name."""
        if is_loopback(name):
            return True
        with contextlib.suppress(ValueError):  # No name that could have been allowed.
            return _plain(name) in self.hosts if self.hosts else self.token is not None
        return False

    def _allows(self, origin: bytes | None) -> bool:
        """Tell whether another page may ask."""
        return origin is not None and origin.decode("latin-1") in self.origins


def is_trusted_way(headers: Headers) -> bool:
    """Tell whether a browser holds the way to here for safe: this very machine, or HTTPS, as to a proxy before it.

    Only then it says how a request came about (Fetch Metadata, section 2), and only then it takes a policy for openers;
    elsewhere that is an error in its console, at every load.
    """
    host = AUTHORITY.fullmatch(headers.get(b"host", b"").decode("latin-1").lower())
    return b"sec-fetch-site" in headers or (host is not None and is_loopback(host[1]))


def is_loopback(host: str) -> bool:
    """Tell whether a name or address means this very machine."""
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def hosts_of(given: Iterable[str]) -> frozenset[str]:
    """Return the names of machines that somebody means, as browsers send them.

    Raises
    ------
    UsageError
        If one is no name.
    """
    return frozenset(_host(text.strip()) for text in given)


def origins_of(given: Iterable[str]) -> frozenset[str]:
    """Return the origins of pages that somebody means, as browsers send them.

    Raises
    ------
    UsageError
        If one is none.
    """
    return frozenset(_origin(text.strip()) for text in given)


def _host(text: str) -> str:
    """Return a name of a machine as browsers send it."""
    if "*" in text:
        said = "stands for no name here. Name each one; with a token and without --allowed-host, any name is answered."
        raise UsageError(f"{text}: {said}", "allowed_host")
    if "/" in text:
        raise UsageError(
            f"{text}: is an address. Write the name of the machine alone: digits.example.org.", "allowed_host"
        )
    try:
        return _plain(text)
    except ValueError:
        pass
    if re.fullmatch(r"[^:]*:[0-9]*|\[.*\]:[0-9]*", text):
        raise UsageError(f"{text}: write it without its port; every port of it is answered.", "allowed_host")
    raise UsageError(f"{text}: can be no name of a machine. Write one such as digits.example.org.", "allowed_host")


def _plain(name: str) -> str:
    """Return a name, or an address of IPv4 or IPv6, in the one way in which it is compared; else a `ValueError`."""
    try:
        return str(ipaddress.ip_address(name.removeprefix("[").removesuffix("]")))
    except ValueError:
        ascii_name = (name.lower() if name.isascii() else _in_ascii(name)).removesuffix(".")  # the root of all names
        if not re.fullmatch(r"[a-z0-9_]([a-z0-9._-]{0,252}[a-z0-9_])?", ascii_name):
            raise
        return ascii_name


def _in_ascii(name: str) -> str:
    """Return a name with letters of all languages as browsers send it."""
    import idna

    return idna.encode(name, uts46=True).decode()


def _origin(text: str) -> str:
    """Return the origin of a page as browsers send it."""
    advice = "Write one such as https://lesson.example.org."
    if "*" in text or text == "null":
        raise UsageError(
            f"{text}: would let in every page that anybody opens. Name those that may ask, one by one.",
            "allowed_origin",
        )
    if not text.lower().startswith(tuple(f"{scheme}://" for scheme in PORTS)):
        raise UsageError(f"{text}: must begin with https:// or http://. {advice}", "allowed_origin")
    try:
        parts = urlsplit(text)
        port = parts.port
        name = _plain(parts.hostname or "")
    except ValueError:
        raise UsageError(f"{text}: is no origin of a page. {advice}", "allowed_origin") from None
    if parts.path not in ("", "/") or parts.query or parts.fragment or "@" in parts.netloc:
        raise UsageError(f"{text}: says more than a scheme, a name and a port. {advice}", "allowed_origin")
    name = f"[{name}]" if ":" in name else name
    return f"{parts.scheme}://{name}" + (f":{port}" if port not in (None, PORTS[parts.scheme]) else "")


def _has_body(headers: Headers) -> bool:
    """Tell whether something comes with a request."""
    return headers.get(b"content-length", b"0") != b"0" or b"transfer-encoding" in headers


def _check_token(token: str, cookie: str | None, scope: Message, headers: Headers) -> None:
    """Refuse who has no token; give who opens the page with it a cookie."""
    opens = cookie is not None and (scope["method"], scope["path"]) == ("GET", "/")
    if opens and _is_same(_token_in(scope["query_string"]), token):
        # After a link in a foreign page, as of a mail, a browser would follow a redirect without the cookie.
        foreign = headers.get(b"sec-fetch-site") == b"cross-site"
        # All relative: a proxy may show this server below a path of its own. There, too, the cookie is for it alone.
        status, way = (200, {b"refresh": b"0; url=./"}) if foreign else (303, {b"location": b"./"})
        set_cookie = f"{cookie}; HttpOnly; SameSite=Strict".encode()
        raise TurnedAway(status, "Go on to the page.", {**way, b"set-cookie": set_cookie})
    scheme, _, given = headers.get(b"authorization", b"").decode("latin-1").partition(" ")
    if scheme.lower() == "bearer" and _is_same(given.strip(), token):
        return
    cookies = b";".join(value for name, value in scope["headers"] if name == b"cookie").decode("latin-1")
    if cookie is None or not any(_is_same(given.strip(), cookie) for given in cookies.split(";")):
        raise TurnedAway(
            401,
            "The token is missing, or another one. Open the page with the whole link that byhand serve has printed, or "
            "add ?token= and the token to its address; programs send Authorization: Bearer and the token.",
            {b"www-authenticate": b"Bearer"},
        )


def _token_in(query: bytes) -> str:
    """Return the token in the query of a link; a plus is a plus there, as tokens in base64 have them."""
    fields = (field.partition("=") for field in query.decode("latin-1").split("&"))
    return next((unquote(value) for name, _, value in fields if name == "token"), "")


def _is_same(given: str, secret: str) -> bool:
    """Compare in a time that tells nothing."""
    return hmac.compare_digest(given.encode(), secret.encode())

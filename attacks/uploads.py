"""Pictures wrapped in whatever may hold one, to cost much or to break out of it; and pages and names of strangers."""

import base64
import json
import threading
import time
from collections.abc import Callable

import numpy as np

from attacks.target import HOST, Target

NAME, ORIGIN = "digits.example.org", "https://lesson.example.org"  # what the guarded server allows
SMALL, LARGE = 80_000, 6_000_000  # bytes: what is unpacked at once, and what a process unpacks
ANSWERS = (b"200", b"413", b"422", b"503", b"504", b"400", b"")  # and none if the client had to leave
FILE = b'Content-Disposition: form-data; name="image"; filename="%s"\r\n\r\n'
CUT = b"\r\n--cut\r\n"


def wrapped(target: Target) -> None:
    """Send forms, JSON and base64 that are bombs: none may be answered with a mistake."""

    def send(number: int) -> None:
        random = np.random.default_rng([int(seed), number])
        while target.goes_on and not target.found:
            kind, bomb = BOMBS[int(random.integers(len(BOMBS)))](random, LARGE if number == 0 else SMALL)
            path = b"/api/read" if random.random() < 0.5 else b"/api/predict"
            head = b"POST " + path + b" HTTP/1.1\r\n" + HOST + target.proof + b"Connection: close\r\n"
            said = head + b"Content-Type: %s\r\nContent-Length: %d\r\n\r\n" % (kind, len(bomb)) + bomb
            status = target.ask(said, 10.0)[9:12]
            if status not in ANSWERS and target.goes_on:
                target.found.append((f"a wrapped picture was answered {status.decode()}", said))
            time.sleep(0.02)

    seed = target.random.integers(1 << 30)
    threads = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, target.until - time.monotonic()) + 1)


Bomb = tuple[bytes, bytes]  # a content type, and a body
FORM = b"multipart/form-data; boundary=cut"


def _many_parts(random: np.random.Generator, size: int) -> Bomb:
    """Make a form of parts without end, with or without an end."""
    part = CUT + FILE % b"a" + b"x" * int(random.integers(0, 50))
    return FORM, part * (size // len(part)) + (b"\r\n--cut--\r\n" if random.random() < 0.5 else b"")


def _endless_boundary(random: np.random.Generator, size: int) -> Bomb:
    """Make a form that nearly ends, again and again, or whose boundary is anything."""
    nearly = (b"\r\n--cu", b"\r\n--", b"--cut", b"\r\n\r\n--cut", b"\r\n--cut ")[int(random.integers(5))]
    boundary = random.bytes(int(random.integers(0, 90))).translate(None, b"\0\r\n")
    kind = FORM if random.random() < 0.7 else b"multipart/form-data; boundary=" + boundary
    return kind, b"--cut\r\n" + FILE % b"a" + nearly * (size // len(nearly))


def _huge_heads(random: np.random.Generator, size: int) -> Bomb:
    """Make a form whose part has a head without end."""
    line = b"X: " + b"y" * int(random.integers(1, 3000)) + b"\r\n"
    return FORM, b"--cut\r\n" + line * (size // len(line)) + b"\r\nx\r\n--cut--\r\n"


def _nested(random: np.random.Generator, size: int) -> Bomb:
    """Make a form within a form, many times, or JSON within JSON."""
    if random.random() < 0.5:
        sign = (b"[", b'{"image":', b'"\\u')[int(random.integers(3))]
        return b"application/json", sign * (size // len(sign))
    level = b"Content-Type: multipart/mixed; boundary=cut\r\n" + FILE % b"a"
    return FORM, (b"--cut\r\n" + level) * (size // 120) + b"\r\n--cut--\r\n"


def _names(random: np.random.Generator, size: int) -> Bomb:
    """Make a form whose file has a name that is a trick."""
    tricks = (b"../../etc/passwd", b'"; filename="b', b"%00", b"\\", b"a" * 1900, b"\xff\xfe", b"CON", b"")
    name = tricks[int(random.integers(len(tricks)))]
    return FORM, b"--cut\r\n" + FILE % name + random.bytes(size // 100) + b"\r\n--cut--\r\n"


def _base64(random: np.random.Generator, size: int) -> Bomb:
    """Make base64 of noise, of nothing but escapes, or of signs that mean nothing."""
    signs = (b"%2B", b"%", b"=", b"\n", b"A", b"-_", b"+ ")[int(random.integers(7))]
    body = signs * (size // len(signs)) if random.random() < 0.7 else base64.b64encode(random.bytes(size // 2))
    if random.random() < 0.3:
        return b"application/x-www-form-urlencoded", b"image=" + body
    if random.random() < 0.5:
        return b"application/json", json.dumps({"image": body.decode()}).encode()
    return b"text/plain", b"data:image/png;base64," + body


BOMBS: tuple[Callable[[np.random.Generator, int], Bomb], ...] = (
    _many_parts,
    _endless_boundary,
    _huge_heads,
    _nested,
    _names,
    _base64,
)


def strangers(target: Target) -> None:
    """Ask as pages and under names that were not allowed but look so: none may see an answer."""
    near = (
        ORIGIN + ".evil.org",
        ORIGIN + ":444",
        ORIGIN.replace("https", "http"),
        ORIGIN + "/",
        ORIGIN + "@evil.org",
        "https://evil" + ORIGIN.removeprefix("https://"),
        ORIGIN + ", https://evil.org",
        "null",
        "*",
        "https://*.example.org",
        "\xff",
    )
    names = (
        f"evil{NAME}",
        f"{NAME}.evil.org",
        f"{NAME}@evil.org",
        f"evil.org:80#{NAME}",
        f"{NAME}:x",
        f"x.{NAME}",
        "evil.org",
        "-x",
        "...",
        "[::",
    )
    preflight = b"Access-Control-Request-Method: POST\r\nAccess-Control-Request-Headers: authorization\r\n"
    while target.goes_on:
        for proof in (target.proof, b""):
            for header in (
                *(b"Host: %s\r\nOrigin: %s\r\n" % (NAME.encode(), origin.encode("latin-1")) for origin in near),
                *(b"Host: %s\r\nX-Forwarded-Host: %s\r\n" % (name.encode(), NAME.encode()) for name in names),
                b"Host: %s\r\nOrigin: %s\r\nOrigin: https://evil.org\r\n" % (NAME.encode(), ORIGIN.encode()),
            ):
                for line, more in (
                    (b"GET /api/data", b""),
                    (b"OPTIONS /api/predict", preflight),
                    (b"GET /metrics", b""),
                ):
                    said = line + b" HTTP/1.1\r\n" + header + proof + more + b"Connection: close\r\n\r\n"
                    answer = target.ask(said)
                    head = answer.partition(b"\r\n\r\n")[0].lower()
                    let_in = answer[9:12] not in (b"403", b"400", b"") or b"access-control-allow-" in head
                    if let_in and target.goes_on:
                        target.found.append((f"a stranger was answered {answer[9:12].decode()}", said))
                        return
        said = b"GET /api/data HTTP/1.1\r\nHost: %s\r\nOrigin: %s\r\n" % (NAME.encode(), ORIGIN.encode())
        head = target.ask(said + b"Connection: close\r\n\r\n").partition(b"\r\n\r\n")[0].lower()
        if target.goes_on and (b" 401 " not in head or b"access-control-allow-credentials" in head):
            target.found.append(("a page that is allowed was let in without the token", said))
            return

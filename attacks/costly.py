"""Sound requests that cost much, or that a server may not have thought of: of its description, and photos."""

import io
import threading
import time
from typing import Any

import numpy as np
from PIL import Image

from attacks.target import HOST, Target
from byhand.types import Bytes

PHOTOS = 3.0  # Seconds that costly photos are sent at least.


def described(target: Target) -> None:
    """Ask what the server's own description allows, and much that it does not: no answer may be a mistake."""
    try:
        import schemathesis
        from hypothesis import HealthCheck, given, settings
        from schemathesis.core.result import Ok
    except ImportError:  # It comes with what the page's tests need.
        return
    address, headers = f"http://localhost:{target.port}", {"Authorization": f"Bearer {target.token}"}
    description = schemathesis.openapi.from_url(f"{address}/openapi.json", headers=headers)
    found = [each.ok() for each in description.get_all_operations() if isinstance(each, Ok)]
    operations = [operation for operation in found if not operation.path.endswith("/events")]
    while target.goes_on and not target.found:
        for operation in operations:

            @settings(max_examples=10, deadline=None, database=None, suppress_health_check=list(HealthCheck))
            @given(operation.as_strategy())
            def ask(case: schemathesis.Case[Any]) -> None:
                if target.goes_on and not target.found:
                    answer = case.call(base_url=address, headers=headers, timeout=20)
                    if answer.status_code == 500:
                        target.found.append(
                            (f"a mistake of the server: {answer.text}", str(case.as_curl_command()).encode())
                        )

            ask()


def costly_photos(target: Target) -> None:
    """Send photos that cost as much as can be; most of the clients leave before the answer."""
    photos = [_png(_spiral()), _png(target.random.integers(0, 256, (2400, 2400), np.uint8)), _png(_specks(target))]
    target.until = max(target.until, time.monotonic() + PHOTOS)  # To make them took its time.

    def send(number: int) -> None:
        while target.goes_on:
            photo = photos[number % len(photos)]
            path = b"/api/read" if number % 2 else b"/api/predict"
            head = b"POST " + path + b" HTTP/1.1\r\n" + HOST + target.proof + b"Connection: close\r\n"
            target.ask(head + b"Content-Length: %d\r\n\r\n" % len(photo) + photo, 1.0 if number < 6 else 20.0)

    threads = [threading.Thread(target=send, args=(number,), daemon=True) for number in range(9)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(max(0.0, target.until - time.monotonic()) + 1)


def _png(pixels: Bytes) -> bytes:
    """Return a picture as a PNG file."""
    stream = io.BytesIO()
    Image.fromarray(pixels).save(stream, "PNG", compress_level=1)
    return stream.getvalue()


def _spiral() -> Bytes:
    """Return one stroke that goes round and round."""
    y, x = np.mgrid[:2400, :2400] - 1200.0
    turns: Bytes = (np.sin(np.hypot(x, y) / 4 - np.arctan2(y, x)) > 0).astype(np.uint8)
    return 255 * turns


def _specks(target: Target) -> Bytes:
    """Return paper full of specks."""
    specks: Bytes = (target.random.random((600, 600)) < 0.9).astype(np.uint8)
    return 255 * specks.repeat(4, axis=0).repeat(4, axis=1)

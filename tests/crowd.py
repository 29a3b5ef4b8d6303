"""A class before a server: browsers that draw, and browsers that train, asking as the page asks, at the page's rate.

What the page asks while somebody draws was counted in Chromium: for a digit nothing but its icon, since the network is
in the page; for a number of several digits that the server reads it. A program without a network of its own sends each
drawing: that is asked here as well. While it trains it follows the events, and fetches the network twice a second.
"""

import asyncio
import io
import json
import time
from collections import defaultdict
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx
import numpy as np
from numpy.typing import NDArray
from PIL import Image

import byhand

SIDE = 280  # pixels of the pad
DIGIT_EVERY = 2.0  # Seconds for a digit, ...
NUMBER_EVERY = 10.0  # ... and for a number of three.
SENT_EVERY = 1.0  # Seconds between two drawings that are sent by a program.
LOOKS_EVERY = 0.5  # Seconds between two looks at the network in training.
PATIENCE = 30.0  # seconds


@dataclass
class Met:
    """What the clients met.

    Attributes
    ----------
    waits
        Seconds until each answer was whole, by what was asked.
    errors
        What was no answer.
    learned
        Images that each pupil's trainings learned.
    """

    waits: dict[str, list[float]] = field(default_factory=lambda: defaultdict(list))
    errors: list[str] = field(default_factory=list)
    learned: list[int] = field(default_factory=list)

    def told(self) -> dict[str, Any]:
        """Return it in short."""
        every = [wait for waits in self.waits.values() for wait in waits]
        kinds = {kind: _spread(waits) for kind, waits in sorted(self.waits.items())}
        return {"errors": len(self.errors), **_spread(every), "kinds": kinds, "learned": sorted(self.learned)}


def _spread(waits: Sequence[float]) -> dict[str, float]:
    """Return how many waits there were, and how long they were."""
    p50, p99, most = (round(1000 * float(np.percentile(waits, p)), 1) for p in (50, 99, 100))
    return {"requests": len(waits), "p50_ms": p50, "p99_ms": p99, "max_ms": most}


class Browser:
    """One client, with its own connection and cookies."""

    def __init__(self, client: httpx.AsyncClient, met: Met, since: float, until: float) -> None:
        self.client, self.met, self.since, self.until = client, met, since, until

    @property
    def goes_on(self) -> bool:
        """Whether it is not over yet."""
        return time.monotonic() < self.until

    async def ask(self, kind: str, method: str, path: str, **options: Any) -> httpx.Response | None:
        """Ask, and note how long the answer took, or that there was none."""
        began = time.monotonic()
        try:
            answer = await self.client.request(method, path, **options)
        except httpx.HTTPError as error:
            self.met.errors.append(f"{kind}: {error!r}")
            return None
        if began >= self.since:
            self.met.waits[kind].append(time.monotonic() - began)
        if answer.status_code >= 400:
            self.met.errors.append(f"{kind}: {answer.status_code} {answer.text[:200]}")
            return None
        return answer

    async def repeat(self, kind: str, every: float, offset: float, method: str, path: str, **options: Any) -> None:
        """Ask again and again, but never before the answer to the last."""
        at = time.monotonic() + offset * every
        while at < self.until:
            await asyncio.sleep(max(0.0, at - time.monotonic()))
            await self.ask(kind, method, path, **options)
            at = max(at + every, time.monotonic())

    async def draw(self, digit: bytes, number: bytes, offset: float) -> None:
        """Open the page, and draw."""
        await self.ask("page", "GET", "/")
        await asyncio.gather(
            self.repeat("icon", DIGIT_EVERY, offset, "GET", "/static/icon.svg"),
            self.repeat("number", NUMBER_EVERY, offset, "POST", "/api/read", content=number),
            self.repeat("drawing", SENT_EVERY, offset, "POST", "/api/predict", content=digit),
        )

    async def train(self, settings: dict[str, Any]) -> None:
        """Open the page, train again and again, and watch."""
        await self.ask("page", "GET", "/")
        news, over, learned = asyncio.Event(), asyncio.Event(), [0]
        over.set()
        watching = asyncio.ensure_future(self._watch(news, over, learned))
        while self.goes_on and not watching.done():
            if over.is_set():
                over.clear()
                news.clear()
                await self.ask("start", "POST", "/api/training", json=settings)
            elif news.is_set():
                news.clear()
                await self.ask("network", "GET", "/api/model?of=training")
            await asyncio.sleep(LOOKS_EVERY)
        watching.cancel()
        await asyncio.gather(watching, return_exceptions=True)
        self.met.learned.append(learned[0])

    async def _watch(self, news: asyncio.Event, over: asyncio.Event, learned: list[int]) -> None:
        """Follow the events; say that there are figures, or that all is learned, and count what is."""
        before, name = 0, ""
        try:
            async with self.client.stream("GET", "/api/training/events", timeout=PATIENCE) as answer:
                async for line in answer.aiter_lines():
                    key, _, value = line.partition(": ")
                    name = value if key == "event" else name
                    if key != "data":
                        continue
                    said = json.loads(value)
                    if name == "figures":
                        now = int(said["images"])
                        learned[0] += max(0, now - before) if time.monotonic() >= self.since else 0
                        before = now
                        news.set()
                    elif name == "snapshot" and said["state"] == "failed":
                        self.met.errors.append(f"training: {said['message']}")
                        return
                    elif name == "snapshot" and said["state"] == "finished":
                        before = 0
                        over.set()
        except httpx.HTTPError as error:
            if self.goes_on:
                self.met.errors.append(f"events: {error!r}")


def drawings(count: int) -> list[NDArray[np.uint8]]:
    """Return test images as they would look if drawn on the pad: crisp, dark on light."""
    drawn = []
    for image in byhand.load("mnist").test.images[:count]:
        large = np.asarray(Image.fromarray(image).resize((SIDE, SIDE), Image.Resampling.BICUBIC)).astype(int)
        drawn.append(255 - np.clip((large - 110) * 6, 0, 255).astype(np.uint8))
    return drawn


def _png(pixels: NDArray[np.uint8]) -> bytes:
    """Return a picture as the page sends it."""
    stream = io.BytesIO()
    Image.fromarray(pixels).resize((SIDE, SIDE)).save(stream, "PNG")
    return stream.getvalue()


def _number(digits: Sequence[NDArray[np.uint8]]) -> bytes:
    """Return a number on the pad: its digits side by side."""
    row = np.hstack([digit[::3, ::3] for digit in digits])
    pad = np.full((row.shape[1], row.shape[1]), 255, np.uint8)
    top = (len(pad) - len(row)) // 2
    pad[top : top + len(row)] = row
    return _png(pad)


async def crowd(
    address: str, seconds: float, *, warm_up: float, drawing: int, training: int, settings: dict[str, Any]
) -> Met:
    """Let so many draw and so many train, and return what they met after a first while; all errors count."""
    met, digits = Met(), drawings(40)
    since = time.monotonic() + warm_up

    @asynccontextmanager
    async def browser() -> AsyncIterator[Browser]:
        limits = httpx.Limits(max_connections=6)  # as a browser
        async with httpx.AsyncClient(base_url=address, timeout=PATIENCE, limits=limits) as client:
            yield Browser(client, met, since, since + seconds)

    async def draws(place: int) -> None:
        async with browser() as one:
            three = [digits[(place + k) % len(digits)] for k in range(3)]
            await one.draw(_png(three[0]), _number(three), place / drawing)

    async def trains() -> None:
        async with browser() as one:
            await one.train(settings)

    await asyncio.gather(*(draws(place) for place in range(drawing)), *(trains() for _ in range(training)))
    return met

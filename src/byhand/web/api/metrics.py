"""What a watcher over many servers wants to know of this one, as Prometheus reads it: figures since it was begun.

The format is a line for each figure. Its labels are only ever words of byhand's own, such as the kinds of addresses
that there are: so there are few of them, whatever is asked, and none has to be escaped.
"""

import os
import sys
import time
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from fastapi import APIRouter, Response

from byhand.web.exchanges import METHODS, Exchange

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"
BOUNDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)  # seconds

Labels = tuple[tuple[str, str], ...]
Figures = Iterable[tuple[Labels, float]]


@dataclass(frozen=True)
class Sources:
    """Whom to ask for what is not counted here.

    Attributes
    ----------
    pictures
        Pictures read, by what was read and what came of it.
    processes
        The ids of the processes that there are, by what they do.
    states, kinds
        How many trainings stand how, and all ways in which one may.
    watching
        How many watch it.
    """

    pictures: Callable[[], Mapping[tuple[str, str], int]]
    processes: Callable[[], Mapping[str, list[int]]]
    states: Callable[[], Mapping[str, int]]
    kinds: tuple[str, ...]
    watching: Callable[[], int]


class Metrics:
    """Counts requests, and tells all that there is to know."""

    def __init__(self, sources: Sources) -> None:
        self._sources, self._began = sources, time.time()
        self._requests: Counter[tuple[str, str, int]] = Counter()
        self._times: dict[str, list[int]] = {}  # of each route, how many took at most each of the bounds, or longer
        self._seconds: dict[str, float] = {}

    def count(self, exchange: Exchange, *, endless: bool) -> None:
        """Count a request; how long it took only if it is one that ends by itself."""
        method = exchange.method if exchange.method in METHODS else "other"
        self._requests[method, exchange.route, exchange.status] += 1
        if not endless:
            times = self._times.setdefault(exchange.route, [0] * (len(BOUNDS) + 1))
            times[bisect_left(BOUNDS, exchange.seconds)] += 1
            self._seconds[exchange.route] = self._seconds.get(exchange.route, 0.0) + exchange.seconds

    def text(self) -> str:
        """Return all figures."""
        return "".join(line + "\n" for line in self._lines())

    def _lines(self) -> Iterator[str]:
        """Yield all figures, a line each, with what they mean."""
        asked = self._sources
        requests = [
            ((("method", method), ("route", route), ("status", str(status))), count)
            for (method, route, status), count in sorted(self._requests.items())
        ]
        yield from _told("byhand_requests_total", "counter", "Requests; status 0: the client had left.", requests)
        yield from self._histogram()
        pictures = [
            ((("what", what), ("outcome", how)), count) for (what, how), count in sorted(asked.pictures().items())
        ]
        yield from _told("byhand_pictures_total", "counter", "Pictures read, and what came of it.", pictures)
        processes = asked.processes()
        alive = [((("work", work),), len(ids)) for work, ids in processes.items()]
        yield from _told("byhand_processes", "gauge", "Processes that work for the server.", alive)
        memory = [((("work", work),), sum(map(_resident, ids))) for work, ids in processes.items()]
        yield from _told("byhand_processes_resident_memory_bytes", "gauge", "Memory that these take.", memory)
        states = asked.states()
        stand = [((("state", kind),), states.get(kind, 0)) for kind in asked.kinds]
        yield from _told("byhand_training_state", "gauge", "How many trainings stand so; there may be one.", stand)
        yield from _told("byhand_watching", "gauge", "Streams of events that are open.", [((), asked.watching())])
        yield from _told("byhand_info", "gauge", "The version.", [((("version", version("byhand")),), 1)])
        own = [((), _resident(os.getpid()))]
        yield from _told("process_resident_memory_bytes", "gauge", "Memory that the server itself takes.", own)
        yield from _told("process_cpu_seconds_total", "counter", "Processor time of it.", [((), time.process_time())])
        yield from _told("process_start_time_seconds", "gauge", "When it was begun.", [((), self._began)])

    def _histogram(self) -> Iterator[str]:
        """Yield how long answers took."""
        name = "byhand_request_duration_seconds"
        yield from _told(name, "histogram", "Seconds until the end of an answer, but for streams of events.", [])
        for route, times in sorted(self._times.items()):
            below = 0
            for bound, count in zip((*map(str, BOUNDS), "+Inf"), times, strict=True):
                below += count
                yield _line(f"{name}_bucket", (("route", route), ("le", bound)), below)
            yield _line(f"{name}_sum", (("route", route),), self._seconds[route])
            yield _line(f"{name}_count", (("route", route),), below)


def router(metrics: Metrics) -> APIRouter:
    """Return the route by which the figures are fetched."""
    api = APIRouter()

    @api.get(
        "/metrics",
        responses={200: {"description": "Figures as Prometheus reads them.", "content": {"text/plain": {}}}},
        response_class=Response,
    )
    async def told() -> Response:
        """Tell what was asked, how long it took, what was read, and what runs."""
        return Response(metrics.text(), media_type=MEDIA_TYPE)

    return api


def _told(name: str, kind: str, meaning: str, figures: Figures) -> Iterator[str]:
    """Yield a figure for each of its labels, after what it means."""
    yield f"# HELP {name} {meaning}"
    yield f"# TYPE {name} {kind}"
    for labels, value in figures:
        yield _line(name, labels, value)


def _line(name: str, labels: Labels, value: float) -> str:
    """Return a figure as a line."""
    said = ",".join(f'{label}="{word}"' for label, word in labels)
    return f"{name}{'{' + said + '}' if said else ''} {float(value):.12g}"


def _resident(process: int) -> int:
    """Return how many bytes of memory a process takes; 0 where that is not told."""
    if sys.platform != "win32":
        with suppress(OSError, ValueError, IndexError):
            return int(Path(f"/proc/{process}/statm").read_bytes().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    return 0

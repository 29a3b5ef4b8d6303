"""What happens in a training by HTTP: a stream of events that can be resumed."""

import asyncio
from collections import deque
from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header
from fastapi.responses import Response, StreamingResponse

from byhand.web.api.training_api import PREFIX
from byhand.web.pupils.places import Place, Places
from byhand.web.pupils.visitors import Visitor

EVENTS = f"{PREFIX}/events"  # a stream that goes on for as long as somebody looks
MEDIA_TYPE = "text/event-stream"
MOST_EVENTS = 20  # a second
ALIVE = 15.0  # Seconds after which a silent stream says that it is still there.
LONGEST_NUMBER = 20  # digits of an event


def router(places: Places) -> APIRouter:
    """Return the route by which a training is watched."""
    api = APIRouter()

    @api.get(
        EVENTS,
        responses={200: {"description": "Server-sent events.", "content": {MEDIA_TYPE: {}}}},
        response_class=StreamingResponse,
    )
    async def events(
        visitor: Visitor,
        last: Annotated[
            str | None, Header(alias="Last-Event-ID", description="The number of the last event that has arrived.")
        ] = None,
    ) -> Response:
        """Tell what happens, at most 20 times a second: first what was missed, or else a snapshot."""
        is_number = last is not None and last.isascii() and last.isdigit() and len(last) <= LONGEST_NUMBER
        after = int(last) if last is not None and is_number else None
        told = stream(places.of(visitor), after)
        return StreamingResponse(told, headers={"Cache-Control": "no-store"}, media_type=MEDIA_TYPE)

    return api


async def stream(place: Place, after: int | None) -> AsyncIterator[str]:
    """Yield the events after one, as text: those already missed at once, then each as it comes, at most 20 a second."""
    loop, news = asyncio.get_running_loop(), asyncio.Event()
    sent: deque[float] = deque(maxlen=MOST_EVENTS)  # when the latest were
    missed = True

    def wake() -> None:
        """Say, from whatever thread, that there is news."""
        loop.call_soon_threadsafe(news.set)

    with place.audience.listening(wake):
        yield "retry: 1000\n\n"
        while not place.is_closed:
            news.clear()
            for event in place.audience.events(after):
                if not missed:
                    await _hold_back(sent)
                yield event.text
                after = event.number
            missed = False
            try:
                async with asyncio.timeout(ALIVE):
                    await news.wait()
            except TimeoutError:
                yield ": still here\n\n"


async def _hold_back(sent: deque[float]) -> None:
    """Wait until one more event may be sent, and note that it was."""
    now = asyncio.get_running_loop().time()
    if len(sent) == MOST_EVENTS and now < sent[0] + 1:
        await asyncio.sleep(sent[0] + 1 - now)
    sent.append(asyncio.get_running_loop().time())

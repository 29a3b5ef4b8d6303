"""What many ask for at once: made once, kept once, and sent to whoever takes it without a copy for each."""

import asyncio
import gc
import time
import weakref
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from fastapi import FastAPI

import byhand
from asking import Client
from byhand.data.datasets import Dataset
from byhand.errors import ByhandError
from byhand.web.api import judges, networks
from byhand.web.training.trainer import Trainer
from byhand.web.work import crew as crews
from byhand.web.work.crew import Refusal, Turns
from byhand.web.work.sharing import Shared


class Made:
    """Something that is made as long as nobody lets it be done."""

    def __init__(self) -> None:
        self.begun = self.cancelled = 0
        self.done = asyncio.Event()

    async def make(self) -> int:
        self.begun += 1
        try:
            await self.done.wait()
        except asyncio.CancelledError:
            self.cancelled += 1
            raise
        if self.begun == 3:
            raise ByhandError("the third breaks.")
        return self.begun


async def settle() -> None:
    for _ in range(10):
        await asyncio.sleep(0)


def test_those_who_ask_while_it_is_made_share_the_next() -> None:
    async def ask() -> None:
        made = Made()
        shared = Shared(made.make)
        first = asyncio.ensure_future(shared.get())
        await settle()
        others = [asyncio.ensure_future(shared.get()) for _ in range(100)]
        await settle()
        assert made.begun == 1
        for other in others[:50]:
            other.cancel()
        made.done.set()
        assert await first == 1
        assert {await other for other in others[50:]} == {2}
        broken = await asyncio.gather(*(shared.get() for _ in range(5)), return_exceptions=True)
        assert {str(error) for error in broken} == {"the third breaks."}
        assert await shared.get() == 4

    asyncio.run(ask())


def test_what_nobody_waits_for_is_cancelled() -> None:
    async def ask() -> None:
        made = Made()
        shared = Shared(made.make)
        asked = [asyncio.ensure_future(shared.get()) for _ in range(3)]
        await settle()
        later = asyncio.ensure_future(shared.get())
        await settle()
        for task in asked:
            task.cancel()
        later.cancel()
        await settle()
        assert (made.begun, made.cancelled) == (1, 1)
        made.done.set()
        assert await shared.get() == 2

    asyncio.run(ask())


def test_turns_are_few_and_the_small_come_first() -> None:
    async def ask() -> None:
        order, go_on, turns, most = list[int](), asyncio.Event(), Turns(1), crews.MOST_WAITING

        async def work(size: int) -> None:
            async with turns.turn(size):
                order.append(size)
                await go_on.wait()

        first, *waiting = [asyncio.ensure_future(work(size)) for size in (1000, *range(most, 0, -1))]
        await settle()
        with pytest.raises(Refusal, match="Too many wait") as refusal:
            await work(most)  # as large as the largest there, and later
        assert refusal.value.status == 503
        newcomer = asyncio.ensure_future(work(0))
        await settle()
        with pytest.raises(Refusal, match="Too many wait"):
            await waiting[0]
        waiting[1].cancel()
        go_on.set()
        await settle()
        await asyncio.gather(first, newcomer, *waiting[2:])
        assert order == [1000, *range(most - 1)]
        await asyncio.gather(*(work(5) for _ in range(most + 1)))  # All turns are there again.

    asyncio.run(ask())


def test_the_network_in_training_is_made_once_for_all_who_ask(
    data: Dataset, model: byhand.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer("mnist", tmp_path, data)
    known = networks.Networks(byhand.Model.load())
    now = model
    monkeypatch.setattr(trainer, "model", lambda: now)
    app = FastAPI()
    app.include_router(networks.router(known, trainer))
    client = Client(app)

    async def ask() -> None:
        same = await asyncio.gather(*(known.get("training", trainer) for _ in range(50)))
        assert len({id(one) for one in [*same, await known.get("training", trainer)]}) == 1

    client.loop.run_until_complete(ask())
    sent = client.get("/api/model?of=training")
    assert sent.content == model.to_bytes()
    assert sent.headers["content-length"] == str(len(sent.content))
    held = []
    for number in range(networks.MOST_ALIVE):
        now = replace(model, theta=np.full(len(model.theta), number, np.float32))
        held.append(client.loop.run_until_complete(known.get("training", trainer)).file)
    now = replace(model)
    refused = weakref.ref(now)
    with pytest.raises(Refusal, match="sent to many") as refusal:
        client.loop.run_until_complete(known.get("training", trainer))
    now = replace(model)
    until = time.monotonic() + 60
    while refused() is not None and time.monotonic() < until:  # The thread that has made it may still hold it.
        gc.collect()
        time.sleep(0.05)
    assert refused() is None, refusal  # An error that lives on keeps none.
    held.clear()
    assert client.loop.run_until_complete(known.get("training", trainer)).model is now
    client.close()


def test_what_is_too_short_fetches_nothing_and_what_is_known_waits_for_nothing(
    data: Dataset, model: byhand.Model, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trainer = Trainer("mnist", tmp_path, data)
    judge = judges.Judges(networks.Networks(byhand.Model.load()), data.test)
    monkeypatch.setattr(Trainer, "sizes", model.sizes)

    def fetched() -> None:
        raise AssertionError

    monkeypatch.setattr(trainer, "model", fetched)
    with pytest.raises(ByhandError, match="4 bytes each"):
        asyncio.run(judge.accuracy("training", b"abcd", trainer))
    monkeypatch.setattr(trainer, "model", lambda: model)

    async def ask() -> None:
        known = await judge.judge("served", "judgement", trainer)
        long = asyncio.ensure_future(judge.judge("training", "robustness", trainer))
        await asyncio.sleep(0.05)
        assert await judge.judge("served", "judgement", trainer) == known
        assert not long.done()
        long.cancel()

    asyncio.run(ask())
    judge.close()

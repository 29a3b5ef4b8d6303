"""What the worker and the server say to each other, and what they do not take for it."""

import io
import math
import subprocess
import sys
import threading
import tracemalloc
from dataclasses import replace

import pytest

from byhand.web.training.messages import (
    Changed,
    Command,
    Done,
    Figures,
    Gone,
    Judged,
    Message,
    Notice,
    Order,
    Over,
    Ready,
    Result,
    Theta,
)
from byhand.web.training.process import WorkerProcess
from byhand.web.work.records import encode
from trainings import is_alive, read_message, until

NOTICE = Notice("dead", {"layer": 1, "dead": 11, "units": 20})
FIGURES = Figures(1, 2, 5, 9, 5, None, 0.1, 0, Judged(2, 0.5, 1.0, ((1, 0), (0, 1))), (0, 3))
TESTED = Over("finished", "runs/page-1", result=Result(0.5, (0.4, 0.6), 10))


MESSAGES = pytest.mark.parametrize(
    "message",
    [
        Order("mnist", "runs", {"layers": [12], "activation": "relu"}, None, paused=True),
        Command("step", "epoch", 7),
        Command("quit"),
        Ready("runs/page-1", {"byhand": "1", "data": {"n": 3}}, "paused"),
        Changed("running"),
        FIGURES,
        replace(FIGURES, validation=None),
        replace(FIGURES, rate=1),  # In a recipe, a rate may be a whole number.
        Theta(bytes(range(256))),
        Done(3),
        TESTED,
        Over("failed", None, "it broke off", ("layers", "epochs"), NOTICE),
        Gone(killed=False, words="ä"),
    ],
    ids=lambda message: type(message).__name__,
)


@MESSAGES
def test_messages_come_out_as_they_went_in(message: Message) -> None:
    said = encode(message)
    line, content = said[: said.index(b"\n") + 1], message.content if isinstance(message, Theta) else b""
    assert said == line + content
    stream = io.BytesIO(2 * said)
    assert [read_message(stream) for _ in range(3)] == [message, message, None]


@MESSAGES
def test_half_a_message_is_the_end(message: Message) -> None:
    said = encode(message)
    for length in range(len(said)):
        assert read_message(io.BytesIO(said[:length])) is None


def test_large_parameters_are_neither_written_as_text_nor_held_many_times() -> None:
    content = bytes(20_000_000)
    tracemalloc.start()
    try:
        assert read_message(io.BytesIO(encode(Theta(content)))) == Theta(content)
        assert tracemalloc.get_traced_memory()[1] < 3.5 * len(content)
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"garbage",
        b"[]",
        b"3",
        b"{}",
        b'{"kind": "news"}',
        b'{"kind": ["done"]}',
        b'{"kind": "done"}',
        b'{"kind": "done", "number": "3"}',
        b'{"kind": "done", "number": true}',
        b'{"kind": "done", "number": 3, "more": 1}',
        b'{"kind": "changed", "state": "asleep"}',
        b'{"kind": "theta"}',
        b'{"kind": "theta", "content": "a"}',
        encode(FIGURES).replace(b"[[1, 0], [0, 1]]", b'[[1, 0], ["0", 1]]'),
        encode(Over("failed", None, notice=NOTICE)).replace(b'"dead", "evidence"', b'"ill", "evidence"'),
        encode(Over("failed", None, notice=NOTICE)).replace(b'"units": 20', b'"units": "20"'),
        encode(TESTED).replace(b"[0.4, 0.6]", b"[0.4, 0.5, 0.6]"),
        encode(TESTED).replace(b"[0.4, 0.6]", b"[0.4]"),
        b'{"kind": "theta", "content": -1}',
        100_000 * b"[" + 100_000 * b"]",
        b'{"kind": "ready", "folder": "", "state": "paused", "details": ' + 100_000 * b"[" + 100_000 * b"]" + b"}",
        encode(Ready("", {}, "paused")).replace(b"{}", b"[]"),
    ],
)
def test_what_is_no_message_is_told_with_its_beginning(line: bytes) -> None:
    with pytest.raises(ValueError, match="is no message: ") as error:
        read_message(io.BytesIO(line + b"\n"))
    assert repr(line[:50])[:-1] in str(error.value)


def test_numbers_that_are_none_are_never_sent() -> None:
    with pytest.raises(ValueError, match="not JSON compliant"):
        encode(replace(FIGURES, loss=math.nan))


@pytest.mark.parametrize(
    "said", [b"garbage\n", b"[]\n", b'{"kind": "ready"}\n', encode(Gone(killed=False, words="")), b""]
)
def test_a_worker_that_says_nonsense_is_gone(
    said: bytes, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    script = f"import sys, time\nsys.stdout.buffer.write({said!r})\nsys.stdout.flush()\ntime.sleep(60 * bool({said!r}))"
    popen = subprocess.Popen
    monkeypatch.setattr(
        "byhand.web.work.child.subprocess.Popen",
        lambda _, **options: popen([sys.executable, "-S", "-c", script], **options),
    )
    heard, over = [], threading.Event()

    def listen(_: WorkerProcess, message: Message) -> None:
        if isinstance(message, Gone):
            heard.append(message)
            over.set()
        else:
            raise KeyError("folder")

    worker = WorkerProcess(Order("mnist", "runs", {}, None, paused=True), listen)
    assert over.wait(10)
    assert worker.ask("model", seconds=5)
    assert heard == [Gone(killed=False, words="")]
    assert bool(caplog.records) == bool(said)


def test_a_worker_that_does_not_end_in_time_is_killed(monkeypatch: pytest.MonkeyPatch) -> None:
    popen = subprocess.Popen
    monkeypatch.setattr(
        "byhand.web.work.child.subprocess.Popen",
        lambda _, **options: popen([sys.executable, "-S", "-c", "import time; time.sleep(60)"], **options),
    )
    heard: list[Message] = []
    worker = WorkerProcess(Order("mnist", "runs", {}, None, paused=True), lambda _, message: heard.append(message))
    worker.end("quit", 0.1)
    until(lambda: heard)
    assert heard == [Gone(killed=True, words="")]
    assert not is_alive(worker.number)

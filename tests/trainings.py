"""Small trainings for tests, and how one waits for what they do."""

import os
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import IO, Any

import byhand
from byhand.web.training.messages import KINDS, Message
from byhand.web.training.settings import recipe_of
from byhand.web.work.records import read_record

SMALL = {"layers": [12], "epochs": 3, "batch_size": 8, "limit": 2500, "validation": 1000, "seed": 4}
LONG = {"epochs": 100, "layers": [30]}


def trained(settings: Mapping[str, Any], mnist: byhand.Dataset) -> byhand.Epoch:
    *_, last = byhand.train(recipe_of(settings), mnist.train)
    return last


def read_message(stream: IO[bytes]) -> Message | None:
    """Return the next message between server and worker."""
    return read_record(stream, KINDS)


def until(condition: Callable[[], Any], seconds: float = 60.0) -> Any:
    """Wait for a condition and return its value."""
    end = time.monotonic() + seconds
    while not (value := condition()):
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.01)
    return value


def has_ended(number: int) -> bool:
    """Tell whether a process has ended, also where nobody has asked how: init takes its time with orphans."""
    try:
        return "\nState:\tZ" in Path(f"/proc/{number}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return True


def is_alive(number: int) -> bool:
    """Tell whether a process runs, or has ended without anybody having asked how."""
    try:
        os.kill(number, 0)
    except ProcessLookupError:
        return False
    return True

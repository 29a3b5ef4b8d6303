"""What the server knows of a training from what its worker has said."""

import io
import json
import timeit
from dataclasses import asdict, replace
from typing import Any

import numpy as np
import pytest

import byhand
from byhand.web.training.messages import (
    Changed,
    Figures,
    Gone,
    Judged,
    Message,
    Ready,
    Report,
    Theta,
)
from byhand.web.training.session import KILLED, LOST, Session
from byhand.web.training.settings import recipe_of
from byhand.web.work.records import encode
from trainings import read_message


def told(session: Session, message: Message) -> list[str]:
    heard = read_message(io.BytesIO(encode(message)))
    assert isinstance(heard, Report | Gone)
    return [name for name, _ in session.hear(heard)]


BROKEN = "The training broke off before it could begin:"


def test_a_session_knows_what_its_worker_has_said() -> None:
    session = Session(recipe_of({"epochs": 2}), (784, 128, 64, 10), byhand.load("mnist").test.classes, (28, 28), "key")
    assert session.snapshot()["state"] == "starting"
    assert told(session, Ready("runs/page-1", {}, "paused")) == ["state", "snapshot"]
    judged = Judged(10, 0.5, 0.8, ())
    row = Figures(1, 2, 0, 9, 0, None, 0.1, 0, judged, (0, 0))
    assert told(session, row) == ["figures"]
    assert session.snapshot()["curve"] == {"images": [], "loss": [], "validation_loss": [], "accuracy": []}
    row = replace(row, done=5, images=5, loss=1.0)
    told(session, row)
    told(session, replace(row, done=7, images=7, loss=0.9, validation=None))
    snapshot: Any = session.snapshot()
    assert snapshot["figures"]["validation"] == asdict(judged)
    assert snapshot["curve"]["validation_loss"] == [0.5, None]
    assert told(session, replace(row, validation=replace(judged, loss=0.4))) == ["figures"]
    assert told(session, replace(row, dead=(100, 0))) == ["figures", "state"]
    assert told(session, replace(row, dead=(101, 0))) == ["figures", "state"]  # the notice's figures go on
    assert told(session, replace(row, dead=(101, 0))) == ["figures"]
    gone = Gone(killed=False, words="")
    assert told(session, gone) == ["state", "snapshot"]
    assert (session.snapshot()["state"], session.message) == ("failed", LOST)
    assert told(session, gone) == []
    for words, killed, ends, state, message in (
        (
            "ImportError: no NumPy",
            False,
            False,
            "failed",
            f"{BROKEN} ImportError: no NumPy",
        ),
        ("", False, True, "stopped", None),
        ("", True, True, "stopped", KILLED),
    ):
        session.begin()
        session.is_told_to_end = ends
        told(session, Gone(killed, words))
        assert (session.state, session.message) == (state, message)
    json.dumps(session.snapshot(), allow_nan=False)


def test_a_snapshot_of_a_long_training_takes_no_time() -> None:
    session = Session(recipe_of({}), (784, 128, 64, 10), tuple("0123456789"), (28, 28), "key")
    row = Figures(1, 2, 0, 9, 0, 1.0, 0.1, 0, Judged(10, 0.5, 0.8, ((1, 2), (3, 4))), (0, 0))
    for images in range(1, 999):
        session.hear(replace(row, images=images))
    assert min(timeit.repeat(session.snapshot, number=1, repeat=20)) < 0.001
    snapshot: Any = session.snapshot()
    assert json.loads(json.dumps(snapshot["figures"])) == json.loads(json.dumps(asdict(replace(row, images=998))))
    assert [len(column) for column in snapshot["curve"].values()] == 4 * [998]


def test_that_a_training_runs_is_told_without_a_snapshot(monkeypatch: pytest.MonkeyPatch) -> None:
    session = Session(recipe_of({}), (784, 128, 64, 10), tuple("0123456789"), (28, 28), "key")
    monkeypatch.setattr(session, "snapshot", lambda: pytest.fail("nobody asked for one"))
    assert told(session, Changed("running")) == ["state"]
    assert session.state == "running"


def test_a_network_without_numbers_is_told_from_none() -> None:
    session = Session(recipe_of({}), (784, 128, 64, 10), tuple("0123456789"), (28, 28), "key")
    assert session.model() is None
    session.hear(Theta(np.full(109_386, np.inf, "<f4").tobytes()))
    with pytest.raises(byhand.ByhandError, match="not finite"):
        session.model()

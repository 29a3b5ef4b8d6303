"""Who is at work on a search and who is gone; a lock that the dead do not keep; a journal that was cut off."""

import subprocess
import sys
import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from byhand.runs.sweeps import journal, locks, presence
from byhand.runs.sweeps.locks import Lock
from byhand.runs.sweeps.presence import Watch, present
from trainings import until

AT_WORK = """
import sys, time
from pathlib import Path
from byhand.runs.sweeps.presence import present
with present(Path(sys.argv[1])) as name:
    print(name, flush=True)
    time.sleep(60)
"""


def elsewhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Look from another machine, where locks are not seen."""
    monkeypatch.setattr(presence, "place", lambda: "0" * 8)


def test_one_who_goes_is_gone(tmp_path: Path) -> None:
    watch = Watch(tmp_path / "workers")
    with present(tmp_path / "workers") as name, present(tmp_path / "workers") as other:
        assert name != other
        assert not watch.is_gone(name)
        assert not watch.is_gone(other)
    assert watch.is_gone(name)
    assert not list((tmp_path / "workers").iterdir())


def test_one_who_is_killed_is_gone_at_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    watch = Watch(tmp_path)
    with subprocess.Popen([sys.executable, "-c", AT_WORK, tmp_path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        name = process.stdout.readline().strip()
        assert not watch.is_gone(name)
        process.kill()
    assert watch.is_gone(name)
    with monkeypatch.context() as patched:
        elsewhere(patched)
        assert not Watch(tmp_path).is_gone(name)  # One has to look for a while.
    with present(tmp_path) as other:
        watch.tidy()
        assert {path.stem for path in tmp_path.iterdir()} == {other}
    assert watch.is_gone(name)


def test_from_elsewhere_one_is_gone_who_counts_no_more(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(presence, "BEAT", 0.01)
    monkeypatch.setattr(presence, "PATIENCE", 0.2)
    with present(tmp_path) as name, monkeypatch.context() as patched:
        elsewhere(patched)
        watch, began = Watch(tmp_path), time.monotonic()
        while time.monotonic() - began < 0.4:
            assert not watch.is_gone(name)
            time.sleep(0.02)
        patched.setattr(presence, "_count", lambda *_: None)
        until(lambda: watch.is_gone(name))


def test_on_a_disk_without_locks_counts_tell(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise NotImplementedError("no locks here")

    monkeypatch.setattr("filelock.FileLock.acquire", refuse)
    monkeypatch.setattr(presence, "PATIENCE", 0.0)
    with present(tmp_path) as name:
        watch = Watch(tmp_path)
        assert not watch.is_gone(name)
        until(lambda: watch.is_gone(name), 10)  # as it counts only every five seconds


@pytest.mark.parametrize(
    "name", [None, 5, "", "me", "../../etc/passwd", "x-01234567-1-abcdef/..", "x-01234567-1-abcdef\n"]
)
def test_nobody_has_a_name_of_another_form(tmp_path: Path, name: object) -> None:
    watch = Watch(tmp_path)
    assert watch.is_gone(name)
    watch.forget(name)


@given(st.lists(st.binary(max_size=9).map(lambda line: line.replace(b"\n", b"")), max_size=5), st.binary(max_size=9000))
def test_a_line_that_was_cut_off_is_taken_away(
    tmp_path_factory: pytest.TempPathFactory, lines: list[bytes], torn: bytes
) -> None:
    path = tmp_path_factory.mktemp("journal") / "journal.log"
    whole = b"".join(line + b"\n" for line in lines)
    path.write_bytes(whole + torn.replace(b"\n", b""))
    journal.mend(path)
    assert path.read_bytes() == whole


HOLDING = """
import sys, time
from pathlib import Path
from byhand.runs.sweeps.locks import Lock
with Lock(Path(sys.argv[1])):
    print("has it", flush=True)
    time.sleep(60)
"""
COUNTING = """
import sys, time
from pathlib import Path
from byhand.runs.sweeps.locks import Lock
path = Path(sys.argv[1])
for _ in range(50):
    with Lock(path.with_suffix(".lock")):
        number = int(path.read_text())
        path.write_text(f"{number + 1}")
"""


def test_a_lock_is_had_by_one_at_a_time(tmp_path: Path) -> None:
    path = tmp_path / "count"
    path.write_text("0")
    running = [subprocess.Popen([sys.executable, "-c", COUNTING, path]) for _ in range(3)]
    assert [process.wait(60) for process in running] == [0, 0, 0]
    assert path.read_text() == "150"
    assert [one.name for one in tmp_path.iterdir()] == ["count"]


def test_one_who_is_killed_loses_the_lock_at_once(tmp_path: Path) -> None:
    path = tmp_path / "taking.lock"
    with subprocess.Popen([sys.executable, "-c", HOLDING, path], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "has it\n"
        process.kill()
        began = time.monotonic()
        with Lock(path):  # though nobody has asked yet how that one ended
            assert time.monotonic() - began < 5
        path.write_text(f"{presence.place()} {process.pid} 01234567")
    began = time.monotonic()
    with Lock(path):
        assert time.monotonic() - began < 5
    assert not path.exists()


@pytest.mark.parametrize("content", ["", "elsewhere 1 abc", "0000000 99999999999999999999 x", "a b"])
def test_from_elsewhere_a_lock_is_taken_when_nothing_has_changed_for_long(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: str
) -> None:
    monkeypatch.setattr(locks, "GRACE", 0.1)
    path = tmp_path / "taking.lock"
    path.write_text(content)
    lock = Lock(path)
    with lock:
        path.write_text("another took it")
    assert path.exists()  # It is that one's.

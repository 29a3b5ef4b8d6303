"""Other systems than this one: who gets Numba, a byhand without it, one on Windows, and texts as they are there."""

import ast
import codecs
import json
import re
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement

import byhand
from byhand import files, machine
from byhand.learning import recipe_files
from byhand.reading import folders, reviews
from conftest import REPOSITORY
from lacking import surroundings

# Who installs byhand, and which Numba comes with it, if any. `pip download --platform` told which wheels there are.
CPYTHON, LINUX = {"implementation_name": "cpython"}, {"sys_platform": "linux"}
MACINTOSH, WINDOWS = {"sys_platform": "darwin"}, {"sys_platform": "win32"}
INSTALLERS: list[tuple[str, dict[str, str], str | None]] = [
    *((version, LINUX | {"platform_machine": "x86_64"}, "0.68.1") for version in ("3.11", "3.14", "3.15")),
    ("3.13", LINUX | {"platform_machine": "aarch64"}, "0.68.1"),
    ("3.13", LINUX | {"platform_machine": "ppc64le"}, None),
    ("3.13", LINUX | {"platform_machine": "riscv64"}, None),
    ("3.16", LINUX | {"platform_machine": "x86_64"}, None),  # Not yet.
    ("3.11", LINUX | {"platform_machine": "x86_64", "implementation_name": "pypy"}, None),
    ("3.15", MACINTOSH | {"platform_machine": "arm64"}, "0.68.1"),
    ("3.11", MACINTOSH | {"platform_machine": "x86_64"}, "0.62.1"),
    ("3.13", MACINTOSH | {"platform_machine": "x86_64"}, "0.62.1"),
    ("3.14", MACINTOSH | {"platform_machine": "x86_64"}, None),
    ("3.15", WINDOWS | {"platform_machine": "AMD64"}, "0.68.1"),
    ("3.14", WINDOWS | {"platform_machine": "ARM64"}, "0.68.1"),
    ("3.11", WINDOWS | {"platform_machine": "ARM64"}, None),
    ("3.13", {"sys_platform": "emscripten", "platform_machine": "wasm32"}, None),
    ("3.14", {"sys_platform": "ios", "platform_machine": "arm64"}, None),
]
JOB = Path(__file__).with_name("main_job.py")


@pytest.mark.parametrize(("version", "system", "numba"), INSTALLERS)
def test_numba_is_wanted_where_there_is_a_wheel_of_it(version: str, system: dict[str, str], numba: str | None) -> None:
    told = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]["dependencies"]
    environment = CPYTHON | {"python_version": version, "python_full_version": f"{version}.0"} | system
    wanted = [one for one in map(Requirement, told) if one.name == "numba"]
    wanted = [one for one in wanted if one.marker is None or one.marker.evaluate(environment)]
    taken = [{known for known in ("0.62.1", "0.68.1") if known in one.specifier} for one in wanted]
    assert {max(known) for known in taken} == ({numba} if numba else set())


def run(folder: Path, lacking: str, *command: object) -> str:
    """Return what a process prints in which something is taken away, and those that it begins; nothing fails."""
    there = folder / "Wörter und mehr"
    there.mkdir()
    words = [sys.executable, *map(str, command)]
    environment = surroundings(folder / "without", lacking)
    done = subprocess.run(
        words, cwd=there, env=environment, capture_output=True, encoding="utf-8", timeout=300, check=False
    )
    assert done.returncode == 0, f"{done.stdout}\n{done.stderr}"
    assert "Traceback" not in done.stderr
    return done.stdout


EVERY_MODULE = """
import importlib, pkgutil, byhand
from byhand import machine
others = {name for names in machine.EXTRAS.values() for name in names}  # what is not installed here
others |= {"numba", "llvmlite", "tensorboard", "mlflow", "wandb", "trackio"}
for found in pkgutil.walk_packages(byhand.__path__, "byhand."):
    if found.name == "byhand.__main__":
        continue
    try:
        importlib.import_module(found.name)
    except ImportError as error:
        assert error.name is not None and error.name.partition(".")[0] in others, (found.name, error)
"""


def test_every_module_loads_on_windows(tmp_path: Path) -> None:
    run(tmp_path, "windows", "-c", EVERY_MODULE)


@pytest.mark.slow
@pytest.mark.usefixtures("compiled")
def test_the_main_job_is_done_on_windows(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, "windows", JOB, "everything").splitlines()[-1])
    assert told == {"predicted": ["1"], "many": 65, "read": "1", "served": ["1", "1", "finished"], "notes": []}


@pytest.mark.slow
def test_the_main_job_is_done_without_numba_and_that_is_said_once(tmp_path: Path) -> None:
    told = json.loads(run(tmp_path, "numba", JOB).splitlines()[-1])
    said = ["NumPy learns, many times slower. Numba is missing: pip install numba."]
    assert told == {"predicted": ["1"], "notes": said}


def test_a_file_is_replaced_while_somebody_reads_it_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path, replace = tmp_path / "file", Path.replace
    path.write_bytes(b"old")
    read = threading.Event()

    def refuse(self: Path, target: Path) -> Path:
        if not read.is_set():
            error = PermissionError(13, "Access is denied")
            error.winerror = 5  # type: ignore[attr-defined]
            raise error
        return replace(self, target)

    monkeypatch.setattr(Path, "replace", refuse)
    threading.Timer(0.05, read.set).start()
    files.write_atomically(path, b"new")
    assert path.read_bytes() == b"new"
    read.clear()
    monkeypatch.setattr(files, "PATIENCE", 0.05)
    with pytest.raises(byhand.ByhandError, match="cannot be written"):
        files.write_atomically(path, b"newer")
    assert [other.name for other in tmp_path.iterdir()] == ["file"]


def test_where_nobody_can_wait_for_it_a_file_that_cannot_be_replaced_is_told_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "replace", refuse)
    began = time.monotonic()
    with pytest.raises(PermissionError):
        files.put(tmp_path / "one", tmp_path / "other")
    assert time.monotonic() - began < files.PATIENCE / 2


@pytest.mark.parametrize("mark", [b"", codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE])
def test_texts_are_read_as_the_programs_of_windows_write_them(mark: bytes, tmp_path: Path) -> None:
    coding = {codecs.BOM_UTF16_LE: "utf-16-le", codecs.BOM_UTF16_BE: "utf-16-be"}.get(mark, "utf-8")

    def written(name: str, text: str) -> Path:
        (tmp_path / name).write_bytes(mark + text.replace("\n", "\r\n").encode(coding))
        return tmp_path / name

    assert recipe_files.read(written("é.toml", 'about = "für uns"\n[recipe]\nepochs = 3\n')).about == "für uns"
    header = ",".join(reviews.NEEDED)
    assert reviews.load(written("é.csv", f"{header}\n{','.join('1' for _ in reviews.NEEDED)}\n")).rows


def test_no_more_processes_are_begun_than_python_can_wait_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "cores", lambda: 128)
    assert folders._pool()._max_workers == 61  # type: ignore[attr-defined]


def test_no_text_is_read_or_written_in_whatever_way_the_system_likes() -> None:
    for path in (REPOSITORY / "src").rglob("*.py"):
        text = path.read_text("utf-8")
        if not re.search(r"\b(read_text|write_text|Popen)\(", text):
            continue
        for node in ast.walk(ast.parse(text)):
            if not isinstance(node, ast.Call):
                continue
            name = getattr(node.func, "attr", getattr(node.func, "id", ""))
            said = [one.value for one in node.args if isinstance(one, ast.Constant)]
            named = {one.arg for one in node.keywords}
            assert name != "write_text", f"{path}:{node.lineno}: on Windows other ends of lines"
            assert name != "read_text" or said or "encoding" in named, f"{path}:{node.lineno}: no encoding"
            assert name != "Popen" or "text" not in named, f"{path}:{node.lineno}: no encoding"

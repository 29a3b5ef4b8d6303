"""What is handed out: the wheel, the sdist, the manual, the workflows, and what a container is made of."""

import os
import re
import shutil
import subprocess
import sys
import tarfile
import tomllib
import zipfile
from collections.abc import Mapping
from pathlib import Path

import pytest
from packaging.specifiers import SpecifierSet

from conftest import REPOSITORY

LARGEST_WHEEL = 12.5 * 2**20  # bytes
IN_THE_SDIST = ("structure", "network", "supply", "container", "packages", "spaces")  # what needs files beside the code
WORKFLOWS = sorted(REPOSITORY.glob(".github/workflows/*.yml"))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
MANUAL = REPOSITORY / "docs" / "byhand.1"


def test_the_manual_tells_what_the_commands_say(monkeypatch: pytest.MonkeyPatch) -> None:
    import click

    from byhand import machine
    from byhand.commands.app import BYHAND
    from byhand.commands.grammar.helping import contexts_below

    monkeypatch.setattr(machine, "cores", lambda: 77)  # It is the same whoever writes it.
    done = subprocess.run([sys.executable, "docs/make_manual.py", "--check"], cwd=REPOSITORY, check=False)
    assert done.returncode == 0
    told = MANUAL.read_text("utf-8")
    for one in contexts_below(click.Context(BYHAND, info_name="byhand")):
        assert f".SS {one.command_path} " in told


@pytest.mark.skipif(shutil.which("man") is None, reason="there is no man here")
def test_the_manual_is_shown_without_a_word_of_complaint() -> None:
    shown = subprocess.run(
        ["man", "--warnings", "-E", "UTF-8", "-l", str(MANUAL)],
        capture_output=True,
        encoding="utf-8",
        env={"PATH": "/usr/bin:/bin", "MANWIDTH": "80", "LC_ALL": "C.UTF-8"},
        check=True,
    )
    assert shown.stderr == ""
    text = re.sub(".\b", "", shown.stdout)
    assert "byhand train [OPTIONS]" in text
    assert "--batch-size NUMBER" in text


@pytest.mark.parametrize("workflow", WORKFLOWS, ids=lambda path: path.stem)
def test_a_workflow_runs_nothing_that_others_can_change(workflow: Path) -> None:
    text = workflow.read_text("utf-8")
    used = re.findall(r"uses: (\S+)(.*)", text)
    assert used
    for name, comment in used:
        assert name.startswith("./") or re.fullmatch(r"[\w/-]+@[0-9a-f]{40}", name), name
        assert name.startswith("./") or re.fullmatch(r" # v\d+\.\d+\.\d+", comment), name
    assert "\npermissions:\n  contents: read\n" in text  # and no more, unless a job says so
    assert text.count("write") == text.count("id-token: write # ")
    assert "secrets." not in text


def test_the_workflow_runs_every_python_that_byhand_takes() -> None:
    (pythons,) = re.findall(r"python: \[(.*)\]", (REPOSITORY / ".github/workflows/tests.yml").read_text("utf-8"))
    told = {f"3.{minor}" for minor in range(8, 15)}
    assert set(re.findall(r"3\.\d+", pythons)) == {
        one for one in told if one in SpecifierSet(PROJECT["requires-python"])
    }


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Mapping[str, Path]:
    """Return the sdist, unpacked in an empty folder, and the wheel that was built of it."""
    folder = tmp_path_factory.mktemp("built")
    source = REPOSITORY
    backend = "import sys; from hatchling.build import build_sdist, build_wheel; print({}(sys.argv[1]))"
    made = {}
    for kind in ("sdist", "wheel"):
        command = [sys.executable, "-c", backend.format(f"build_{kind}"), str(folder)]
        done = subprocess.run(command, cwd=source, capture_output=True, encoding="utf-8", check=True)
        made[kind] = folder / done.stdout.split()[-1]
        if kind == "sdist":
            with tarfile.open(made[kind]) as archive:
                archive.extractall(folder / "unpacked", filter="data")
            (source,) = (folder / "unpacked").iterdir()
            made["unpacked"] = source
    return made


@pytest.mark.slow
def test_the_wheel_is_small_and_whole(built: Mapping[str, Path]) -> None:
    assert built["wheel"].stat().st_size <= LARGEST_WHEEL
    with zipfile.ZipFile(built["wheel"]) as archive:
        names = set(archive.namelist())
    ours = {str(path.relative_to(REPOSITORY / "src")) for path in (REPOSITORY / "src").rglob("*") if path.is_file()}
    assert {name for name in ours if "__pycache__" not in name} == {
        name for name in names if name.startswith("byhand/")
    }
    assert [name for name in names if name.endswith("data/share/man/man1/byhand.1")]
    assert not [name for name in names if not name.startswith(("byhand/", f"byhand-{PROJECT['version']}."))]


@pytest.mark.slow
def test_tests_pass_in_the_sdist(built: Mapping[str, Path]) -> None:
    folder = built["unpacked"]
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", *(f"tests/test_{name}.py" for name in IN_THE_SDIST)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST")}
    environment["PYTHONPATH"] = str(folder / "src")
    done = subprocess.run(command, cwd=folder, env=environment, capture_output=True, encoding="utf-8", check=False)
    assert done.returncode == 0, done.stdout[-4000:]
    assert "skipped" not in done.stdout
    tests = {path.name for path in (folder / "tests").rglob("*") if path.is_file()}
    assert {path.name for path in (REPOSITORY / "tests").rglob("*.py")} <= tests  # All others are there, too.

"""What the documents say is true: their code runs, their lines exist, their tables are the measured ones."""

import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest
from packaging.requirements import Requirement
from PIL import Image

import byhand
from conftest import REPOSITORY, Run

README = (REPOSITORY / "README.md").read_text("utf-8")
HOW_IT_WORKS = (REPOSITORY / "docs" / "how-it-works.md").read_text("utf-8")
DOCUMENTS = [
    REPOSITORY / name
    for name in (
        "README.md",
        "SECURITY.md",
        "CHANGELOG.md",
        "CONTRIBUTING.md",
        "docs/how-it-works.md",
        "docs/performance.md",
        "docs/accuracy.md",
        "docs/preprocessing.md",
        "docs/notebooks.md",
        "docs/reading.md",
        "docs/data.md",
        "docs/exports.md",
        "docs/chip.md",
        "docs/page.md",
        "docs/serving.md",
        "docs/watching.md",
        "docs/scikit-learn.md",
        "docs/sweep.md",
        "docs/cluster.md",
        "docs/api.md",
        "docs/gpu.md",
        "docs/torchrun.md",
        "docs/stability.md",
    )
]


def blocks(text: str, language: str) -> list[str]:
    """Return the fenced blocks of a language."""
    return re.findall(rf"^```{language}\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)


def explained() -> str:
    """Return the code that the documents and the page quote."""
    return "".join((REPOSITORY / "src/byhand" / name).read_text() for name in ("network.py", "learning/optimizers.py"))


def test_every_line_of_code_that_is_explained_exists() -> None:
    source = "".join(
        (REPOSITORY / "src" / "byhand" / name).read_text() for name in ("network.py", "learning/optimizers.py")
    )
    quoted = blocks(HOW_IT_WORKS, "python")
    assert len(quoted) >= 7
    for block in quoted:
        assert block in source


def test_every_line_of_code_that_the_page_shows_exists() -> None:
    shown = (REPOSITORY / "src" / "byhand" / "web" / "page" / "static" / "step" / "lines.js").read_text("utf-8")
    source = "".join(
        (REPOSITORY / "src" / "byhand" / name).read_text() for name in ("network.py", "learning/optimizers.py")
    )
    lines = re.findall(r'"([^"]+)"', shown)
    assert len(lines) >= 12
    for line in lines:
        assert f"{line}\n" in source, line


def test_the_readmes_python_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mnist: byhand.Dataset) -> None:
    monkeypatch.chdir(tmp_path)
    Image.fromarray(mnist.test.images[0]).save("digit.png")
    shutil.copytree(REPOSITORY / "docs", tmp_path / "docs")
    (tmp_path / "runs").mkdir()
    (code,) = blocks(README, "python")
    assert len(code.strip().splitlines()) <= 13
    quick = code.replace("Recipe()", "Recipe(limit=2000, epochs=1)")
    assert quick != code
    names: dict[str, object] = {}
    exec(quick, names)  # noqa: S102
    assert Path("runs/my-model.safetensors").exists()


@pytest.mark.usefixtures("undrawn")
def test_the_readmes_commands_run(call: Run, tmp_path: Path) -> None:
    shutil.copytree(REPOSITORY / "docs", tmp_path / "docs")
    commands = [line for block in blocks(README, "sh") for line in block.splitlines() if line.startswith("byhand ")]
    assert len(commands) >= 5
    for command in commands:
        words = shlex.split(command, comments=True)[1:]
        if words[0] == "serve":
            check_it_serves(tmp_path)
            continue
        quick = ["--epochs", "1"] if words[0] == "train" else []
        quick += ["--no-pictures"] if "--seeds" in words else []  # where `undrawn` does not reach
        call(*words, *quick, *(["--limit", "500"] if quick and "--limit" not in words else []))


def check_it_serves(folder: Path) -> None:
    """Start the server, on a port that is free, until it says where it is."""
    command = [sys.executable, "-W", "error", "-m", "byhand", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert "http://127.0.0.1:" in process.stdout.readline()
        process.send_signal(signal.SIGINT)


def test_the_readmes_make_targets_exist() -> None:
    makefile = (REPOSITORY / "Makefile").read_text()
    for target in {"install", "train", "test", "check", "clean", *re.findall(r"^make (\w+)", README, re.MULTILINE)}:
        assert re.search(rf"^{target}:", makefile, re.MULTILINE), target


def test_the_page_of_public_names_shows_every_one() -> None:
    shown = (REPOSITORY / "docs" / "api.md").read_text("utf-8")
    headings = set(re.findall(r"^###+ (\S+)$", shown, re.MULTILINE))
    for name in byhand.__all__:
        assert name in headings
        assert f"](#{name.lower()})" in shown
        for member in vars(getattr(byhand, name)):
            assert member.startswith("_") or f"{name}.{member}" in headings or f"`{member}`" in shown, member


def test_the_lock_has_a_version_that_will_do_of_all_that_byhand_needs() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
    lines = [line.partition(" ;")[0] for line in (REPOSITORY / "requirements.lock").read_text("utf-8").splitlines()]
    locked = [line.split("==") for line in lines]  # Platforms differ in some.
    for text in sum(project["optional-dependencies"].values(), start=project["dependencies"]):
        needed = Requirement(text)
        assert any(name == needed.name and needed.specifier.contains(version) for name, version in locked), needed


def test_what_a_package_index_shows_has_no_link_that_leads_nowhere_there() -> None:
    project = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))
    shown = README
    for change in project["tool"]["hatch"]["metadata"]["hooks"]["fancy-pypi-readme"]["substitutions"]:
        shown = re.sub(change["pattern"], change["replacement"], shown)
    assert re.findall(r"\]\((?!https://)|<img|<!--", shown) == []
    assert "[CC BY-SA 3.0]" not in shown
    assert len(shown.splitlines()) > 0.8 * len(README.splitlines())
    for kept in ("`network.py`, explained", 'pip install ".[read,web]"', "| `small` |"):
        assert kept in shown


def test_the_tables_are_the_measured_ones() -> None:
    command = [sys.executable, "benchmarks/tables.py", "--check"]
    assert subprocess.run(command, cwd=REPOSITORY, check=False).returncode == 0


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: path.name)
def test_links_lead_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#]+)\)", document.read_text("utf-8")):
        assert target.startswith("https://") or (document.parent / target).exists(), target


def test_the_example_on_paper_is_right() -> None:
    sizes = (2, 2, 2)
    theta = np.array([1.0, -1, 2, 1, 0, 0.5, 1, 0, 0, 1, 0, 0])
    losses, gradient = byhand.network.loss_and_gradient(
        theta, sizes, "relu", np.array([[1.0, 0]]), np.array([[0.0, 1]])
    )
    assert f"= {losses[0]:.3f} |" in HOW_IT_WORKS
    assert f"(({gradient[0]:.3f}, 0), (0, 0))" in HOW_IT_WORKS


@pytest.mark.slow
def test_the_two_commands_work_in_a_fresh_clone(tmp_path: Path) -> None:
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", REPOSITORY, clone], check=True)
    environment = {name: value for name, value in os.environ.items() if name not in ("MAKEFLAGS", "MAKELEVEL", "ARGS")}
    done = subprocess.run(["make", "train"], cwd=clone, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    lines = done.stdout.splitlines()
    assert sum(line.startswith("epoch ") for line in lines) == 20
    (accuracy,) = (float(match[1]) for line in lines if (match := re.match(r"test: (\d+\.\d+) %", line)))
    assert accuracy >= 97.8
    assert (clone / "runs" / "mnist-1" / "model.safetensors").exists()
    test = ["make", "test", "ARGS=tests/test_network.py"]
    assert subprocess.run(test, cwd=clone, env=environment, capture_output=True, check=False).returncode == 0

"""What is loaded when, and what may import what."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY

SOURCE = REPOSITORY / "src" / "byhand"

# From the ground floor up: a module imports only from floors below its own, or from its own where a set says so.
FLOORS: list[set[str]] = [
    {"errors"},
    {"files", "machine"},
    {"network", "compiling"},
    {"kernels", "steps", "data.warping", "data.idx", "images.fit", "images.pictures", "images.paper", "images.rules"},
    {"images.segment"},
    {"images.prepare", "images.cutting"},
    {"optimizers", "data.datasets", "data.distortions", "recipes", "model"},
    {"recipes.store", "ensembles", "engines.arrays", "engines.compiled", "data.strangers", "calibration", "parsing"},
    {"engines", "repeats", "reading"},
    {"training", "evaluation", "batches"},
    {"checkpoints", "figures"},
    {"annotations", "runs", "console"},
    {"web.bodies", "web.messages", "web.modules", "web.problems", "web.samples", "web.schemas"},
    {
        "web.channel",
        "web.gauges",
        "web.guard",
        "web.judging",
        "web.process",
        "web.settings",
        "web.snapshots",
    },
    {"web.facts"},
    {"web.assets"},
    {"web.export", "web.history"},
    {"web.diagnosis"},
    {"web.reporting", "web.session"},
    {"web.answers", "web.connections", "web.threads", "web.trainer", "web.worker"},
    {"web.files", "web.images", "web.networks", "web.reader", "web.training_api", "web.training_events"},
    {"web.judges"},
    {"web.server"},
    {"cli_train"},
    {"cli_read", "cli_web"},
    {"cli"},
    {"__main__"},
]
NOT_HOUSED = {"", "data", "images", "web"}


def modules() -> dict[str, Path]:
    """Return every module of the package by its name below `byhand`."""
    named = {}
    for path in SOURCE.rglob("*.py"):
        parts = path.relative_to(SOURCE).with_suffix("").parts
        named[".".join(part for part in parts if part != "__init__")] = path
    return named


def imported(path: Path) -> set[str]:
    """Return the byhand modules that a file imports anywhere, types included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "byhand":
            inside = node.module.partition(".")[2]
            below = {f"{inside}.{alias.name}".lstrip(".") for alias in node.names} & modules().keys()
            found |= below or {inside}
    return found


@pytest.mark.parametrize("name", sorted(modules()))
def test_imports_point_downwards(name: str) -> None:
    if name in NOT_HOUSED:
        return
    floor = {module: number for number, floor in enumerate(FLOORS) for module in floor}
    assert name in floor, "give the new module a floor"
    for other in imported(modules()[name]):
        below = floor[other] < floor[name] or (name, other) in {("console", "runs")}
        assert below, f"{name} imports {other}, which is not below it"


def loaded_by(code: str) -> set[str]:
    """Return the names of all modules loaded after running `code` in a fresh process."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(printed.splitlines()[-1].split())


WEB = {"fastapi", "starlette", "uvicorn"}
HEAVY = {"numba", "matplotlib", "PIL", "rich", "typer", "safetensors", "torch", "scipy", "array_api_compat"} | WEB


def test_import_byhand_loads_nothing_heavier_than_numpy() -> None:
    with_numpy, with_byhand = loaded_by("import numpy"), loaded_by("import byhand, numpy")
    extra = {name.split(".")[0] for name in with_byhand - with_numpy}
    assert extra <= {"byhand", "importlib"}
    assert not loaded_by("import byhand") & HEAVY


def test_learning_and_judging_load_no_pictures_and_no_console() -> None:
    loaded = loaded_by("import byhand\nfor name in byhand.__all__: getattr(byhand, name)")
    assert not loaded & (HEAVY - {"array_api_compat"})


def test_help_loads_no_arithmetic() -> None:
    for command in ("train", "serve"):
        loaded = loaded_by(f"from byhand.cli import main\nassert main(['{command}', '--help']) == 0")
        assert not loaded & (HEAVY - {"rich", "typer"} | {"numpy"})


def test_the_public_names_are_all_there() -> None:
    import byhand

    assert all(getattr(byhand, name) is not None for name in byhand.__all__)
    assert set(byhand.__all__) <= set(dir(byhand))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = byhand.nonsense


def test_the_library_prints_nothing() -> None:
    for name, path in modules().items():
        text = path.read_text()
        assert "print(" not in text or name in {"cli", "cli_read", "cli_train", "cli_web", "console", ""}, name

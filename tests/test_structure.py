"""The house: what may import what, how large a room may be, and what is loaded when."""

import ast
import importlib
import re
import subprocess
import sys
from pathlib import Path

import pytest

from conftest import REPOSITORY

SOURCE = REPOSITORY / "src" / "byhand"
MOST_FILES, MOST_LINES, LONGEST_FUNCTION = 14, 320, 45
MOST_AT_THE_TOP = {"files": 9, "folders": 12}
DOORS = {"byhand", "byhand.sklearn"}  # whose names users import


def floors() -> list[str]:
    """Return every module in the order of the map in CONTRIBUTING, such as `byhand.images.fit`."""
    text = (REPOSITORY / "CONTRIBUTING.md").read_text("utf-8")
    drawn = re.search(r"<!-- map -->\n\n```text\n(.*?)```", text, re.DOTALL)
    assert drawn is not None
    found, folder = [], ""
    for line in drawn[1].splitlines():
        if not line.startswith(" "):
            folder = line.split()[0].rstrip("/").replace("/", ".")
        else:
            found += [f"{folder}.{name}" for name in line.split()]
    return found


def modules() -> dict[str, Path]:
    """Return every module of the package by its full name; those that only name a folder are the folder's."""
    named = {}
    for path in sorted(SOURCE.rglob("*.py")):
        parts = path.relative_to(SOURCE.parent).with_suffix("").parts
        named[".".join(part for part in parts if part != "__init__")] = path
    return named


MODULES = modules()
FOLDERS = {name for name, path in MODULES.items() if path.name == "__init__.py"}


def imported(path: Path) -> set[str]:
    """Return the byhand modules that a file imports anywhere, types included."""
    found = set()
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names if alias.name.split(".")[0] == "byhand"}
        if isinstance(node, ast.ImportFrom) and node.module and node.module.split(".")[0] == "byhand":
            below = {f"{node.module}.{alias.name}" for alias in node.names} & MODULES.keys()
            found |= below or {node.module}
    return found


def test_the_map_shows_every_module_once() -> None:
    shown = floors()
    assert len(shown) == len(set(shown))
    assert set(shown) == MODULES.keys() - FOLDERS


@pytest.mark.parametrize("name", sorted(MODULES.keys() - FOLDERS))
def test_a_module_imports_only_what_stands_before_it_in_the_map(name: str) -> None:
    order = floors()
    before = set(order[: order.index(name)])
    # What a folder itself names, such as a version, stands before all that lies in it.
    before |= {folder for folder in FOLDERS if any(module.startswith(f"{folder}.") for module in before)}
    before |= {folder for folder in FOLDERS - {"byhand"} if name.startswith(f"{folder}.")}
    assert imported(MODULES[name]) <= before, f"{name} imports what stands after it"


@pytest.mark.parametrize("name", sorted(FOLDERS - DOORS))
def test_a_folder_itself_imports_nothing(name: str) -> None:
    assert not imported(MODULES[name])


def test_no_folder_is_crowded() -> None:
    for folder in (SOURCE, *(path for path in SOURCE.rglob("*") if path.is_dir() and path.name != "__pycache__")):
        files = [path for path in folder.iterdir() if path.is_file()]
        assert len(files) <= MOST_FILES, folder
    top = [path for path in SOURCE.iterdir() if path.name != "__pycache__"]
    assert sum(path.suffix == ".py" for path in top) <= MOST_AT_THE_TOP["files"]
    assert sum(path.is_dir() for path in top) <= MOST_AT_THE_TOP["folders"]


@pytest.mark.parametrize("suffix", ["py", "js", "css"])
def test_no_module_is_too_long(suffix: str) -> None:
    for path in SOURCE.rglob(f"*.{suffix}"):
        assert len(path.read_text("utf-8").splitlines()) <= MOST_LINES, path


def test_no_function_is_too_long() -> None:
    for path in MODULES.values():
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                assert (node.end_lineno or 0) - node.lineno + 1 <= LONGEST_FUNCTION, f"{path}: {node.name}"


def loaded_by(code: str) -> set[str]:
    """Return the names of all modules loaded after running `code` in a fresh process."""
    script = f"{code}\nimport sys; print(*sys.modules)"
    printed = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout
    return set(printed.splitlines()[-1].split())


WEB = {"fastapi", "starlette", "uvicorn"}
HEAVY = {"numba", "matplotlib", "PIL", "rich", "safetensors", "torch", "scipy", "array_api_compat"} | WEB


def test_import_byhand_loads_nothing_heavier_than_numpy() -> None:
    with_numpy, with_byhand = loaded_by("import numpy"), loaded_by("import byhand, numpy")
    extra = {name.split(".")[0] for name in with_byhand - with_numpy}
    assert extra <= {"byhand", "importlib"}
    assert not loaded_by("import byhand") & HEAVY


def test_learning_and_judging_load_no_pictures_and_no_console() -> None:
    loaded = loaded_by("import byhand\nfor name in byhand.__all__: getattr(byhand, name)")
    assert not loaded & HEAVY


def test_a_model_and_a_training_load_no_rooms_for_pictures() -> None:
    rooms = {"byhand.images.pictures", "byhand.images.paper", "byhand.images.prepare", "byhand.reading"}
    assert not loaded_by("import byhand\nbyhand.Model, byhand.train, byhand.evaluate") & rooms


def test_help_loads_no_arithmetic() -> None:
    for command in ("train", "serve"):
        loaded = loaded_by(f"from byhand.commands.app import main\nassert main(['{command}', '--help']) == 0")
        assert not loaded & (HEAVY | {"numpy"})


def test_the_public_names_are_all_there() -> None:
    import byhand

    assert all(getattr(byhand, name) is not None for name in byhand.__all__)
    assert set(byhand.__all__) <= set(dir(byhand))
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        _ = byhand.nonsense


def test_the_library_prints_nothing() -> None:
    for name, path in MODULES.items():
        assert "print(" not in path.read_text() or name.startswith("byhand.commands.") or name == "byhand", name


def test_without_scikit_learn_its_classifier_says_how_to_have_it(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [name for name in sys.modules if name.startswith("byhand.sklearn")]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, "sklearn", None)
    with pytest.raises(ImportError, match=re.escape('pip install "byhand[sklearn]"')):
        importlib.import_module("byhand.sklearn")

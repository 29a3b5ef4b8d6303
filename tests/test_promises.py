"""What docs/stability.md promises to leave as it is: names, JSON, addresses and files, compared with what is recorded.

python -m pytest tests/test_promises.py --record    write anew what is recorded, when a change is meant
"""

import dataclasses
import inspect
import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import byhand
from byhand.commands.app import BYHAND
from conftest import REPOSITORY, Run

if TYPE_CHECKING:
    from fastapi import FastAPI

RECORDED = Path(__file__).parent / "promised"
Compare = Callable[[str, list[str]], None]


@pytest.fixture
def same(request: pytest.FixtureRequest) -> Compare:
    """Return what compares lines with those recorded under a name, or records them."""

    def same(name: str, lines: list[str]) -> None:
        path = RECORDED / f"{name}.txt"
        if request.config.getoption("--record"):
            path.write_bytes(("\n".join(lines) + "\n").encode())
        assert lines == path.read_text("utf-8").splitlines(), (
            "docs/stability.md promises this; see the head of this file."
        )

    return same


def signature(name: str, of: Callable[..., object]) -> str:
    """Return how a function is called: names, kinds and defaults, but no types, which each Python writes otherwise."""
    parameters = []
    for one in inspect.signature(of).parameters.values():
        default = ... if isinstance(one.default, Path) else one.default
        parameters.append(one.replace(annotation=inspect.Parameter.empty, default=default))
    return f"{name}{inspect.Signature(parameters)}"


def members(name: str, of: type) -> Iterator[str]:
    """Yield what a class has that anybody may use."""
    fields = [one.name for one in dataclasses.fields(of)] if dataclasses.is_dataclass(of) else []
    yield from (f"{name}.{field}" for field in fields)
    for member, value in sorted(inspect.getmembers(of)):
        public = not member.startswith("_") and not hasattr(Exception, member)
        if public and isinstance(value, property):
            yield f"{name}.{member}"
        elif public and callable(value):
            yield signature(f"{name}.{member}", value)


def test_public_names_stay(same: Compare) -> None:
    lines = []
    for name in sorted(byhand.__all__):
        of = getattr(byhand, name)
        lines.append(signature(name, of))
        lines += members(name, of) if inspect.isclass(of) else []
    same("python", lines)


@pytest.mark.sklearn
def test_public_names_for_scikit_learn_stay(same: Compare) -> None:
    from byhand import sklearn

    lines = []
    for name in sorted(sklearn.__all__):
        of = getattr(sklearn, name)
        lines.append(signature(name, of))
        # What else there is, also what callbacks must have, scikit-learn's versions tell.
        every = inspect.getmembers(of, inspect.isroutine) if of is sklearn.ByhandClassifier else []
        ours = [each for each in every if str(getattr(each[1], "__module__", "")).startswith("byhand.")]
        lines += [signature(f"{name}.{member}", value) for member, value in ours if not member.startswith("_")]
    same("sklearn", lines)


def forms(schema: Mapping[str, Any], whole: Mapping[str, Any], where: str = "") -> Iterator[str]:
    """Yield the fields of a JSON schema, as paths with what is there."""
    while "$ref" in schema:
        schema = whole["components"]["schemas"][schema["$ref"].rpartition("/")[2]]
    for one in schema.get("anyOf", schema.get("oneOf", ())):
        yield from forms(one, whole, where)
    for name, field in schema.get("properties", {}).items():
        yield from forms(field, whole, f"{where}.{name}" if name in schema.get("required", ()) else f"{where}.{name}?")
    if "items" in schema:
        yield from forms(schema["items"], whole, f"{where}[]")
    if isinstance(more := schema.get("additionalProperties"), dict):
        yield from forms(more, whole, f"{where}.*")
    if (kind := schema.get("type")) not in (None, "object", "array"):
        yield f"{where or '.'}: {kind}"


def spoken(about: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is asked with an address, and what it answers."""
    for one in about.get("parameters", ()):
        yield f"  {one['in']} {one['name']}{'' if one.get('required') else '?'}"
    for kind, content in about.get("requestBody", {}).get("content", {}).items():
        yield f"  sent as {kind}"
        yield from sorted({f"    {form}" for form in forms(content.get("schema", {}), whole)})
    yield f"  refused with {' '.join(sorted(code for code in about['responses'] if code >= '400'))}"
    for code, answer in sorted((code, answer) for code, answer in about["responses"].items() if code < "400"):
        for kind, content in answer.get("content", {"nothing": {}}).items():
            yield f"  {code}: {kind}"
            yield from sorted({f"    {form}" for form in forms(content.get("schema", {}), whole)})


def test_addresses_and_what_is_said_there_stay(same: Compare, app: "FastAPI") -> None:
    whole = app.openapi()
    lines = []
    for path, ways in sorted(whole["paths"].items()):
        for way, about in sorted(ways.items()):
            lines += [f"{way.upper()} {path}", *spoken(about, whole)]
    same("http", lines)


def said(value: object, where: str = "") -> Iterator[str]:
    """Yield the fields of JSON as paths, with the kind of what is there; of classes only that there are some."""
    if isinstance(value, dict):
        for name, one in value.items():
            yield from said(one, f"{where}.{'*' if name.isdecimal() else name}")
    elif isinstance(value, list):
        for one in value:
            yield from said(one, f"{where}[]") if one is not None else ()
    else:
        kind = {bool: "truth", int: "number", float: "number", str: "text", type(None): "null"}[type(value)]
        yield f"{where}: {kind}"


@pytest.mark.usefixtures("undrawn")
def test_what_commands_say_in_json_stays(same: Compare, call: Run, small_folder: Path, seven: bytes) -> None:
    small_folder.with_name("7.png").write_bytes(seven)
    data = ("--data", small_folder)
    asked = {
        "train": (*data, "--layers", "8", "--epochs", "1", "--validation", "50", "--out", "run"),
        "evaluate": ("run", *data),
        "compare": ("run", "run", *data),
        "predict": ("7.png",),
        "read": ("7.png",),
        "info": ("run",),
        "data": data,
        "recipes": (),
    }
    lines = []
    for command, words in asked.items():
        for line in call(command, *words, "--json").stdout.splitlines():
            lines += [f"{command} {one}" for one in said(json.loads(line)) if ".recipe." not in one]
    same("json", list(dict.fromkeys(lines)))


def test_what_is_kept_in_files_stays(same: Compare, call: Run, small_folder: Path, seven: bytes) -> None:
    small_folder.with_name("7.png").write_bytes(seven)
    call("train", "--data", small_folder, "--layers", "8", "--epochs", "1", "--out", "run", "--no-pictures")
    run = small_folder.with_name("run")
    history = json.loads((run / "history.json").read_bytes())
    model = byhand.Model.load(run)
    lines = [f"run/{path.name}" for path in sorted(run.iterdir()) if not path.name.startswith(".")]
    for name, facts in (("history.json", history), ("model.safetensors", dict(model.details))):
        lines += [f"{name} {one}" for one in dict.fromkeys(said(facts)) if not one.startswith(".recipe.")]
    for command in ("predict", "read"):
        lines.append(f"{command} --csv {call(command, '7.png', '--csv').stdout.splitlines()[0]}")
    same("files", lines)


def test_the_document_tells_of_all_that_is_recorded() -> None:
    told = (REPOSITORY / "docs" / "stability.md").read_text("utf-8")
    assert all(f"tests/promised/{path.name}" in told for path in RECORDED.iterdir())
    assert BYHAND.name == "byhand"

"""The page's types of what the server says have the fields that the server describes."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

import byhand

pytest.importorskip("fastapi")

PAGE = Path(byhand.__file__).parent / "web" / "page" / "static"
TYPE = re.compile(r"@typedef \{object\} (\w+)(.*?)\*/", re.DOTALL)
FIELD = re.compile(r"@property \{.+\} (\w+)")
# Where the server's description has each message: the answer's type, or a field of another message.
MESSAGES = {
    "Problem": "Problem",
    "Data": "Data",
    "Prediction": "Prediction",
    "NumberRead": "Number",
    "PageRead": "Page",
    "Judgement": "Judgement",
    "Bin": "Judgement.reliability",
    "Robustness": "Robustness",
    "Change": "Robustness.rows",
    "Accuracy": "Accuracy",
    "Snapshot": "Snapshot",
    "Figures": "Snapshot.figures",
    "Judged": "Snapshot.figures.validation",
    "Seen": "Snapshot.figures.seen",
    "Moved": "Snapshot.figures.seen.most",
    "Curve": "Snapshot.curve",
    "Notice": "Snapshot.notice",
    "Result": "Snapshot.result",
}


@pytest.fixture(scope="module")
def schemas(few: byhand.Split, tmp_path_factory: pytest.TempPathFactory) -> Iterator[dict[str, Any]]:
    from byhand.web.server import build

    app = build(byhand.Model.load(), byhand.Dataset("mnist", few, few), runs=tmp_path_factory.mktemp("runs"))
    yield app.openapi()["components"]["schemas"]
    app.state.close()


def properties(schemas: dict[str, Any], path: str) -> dict[str, Any]:
    """Return the fields of a message by its path, such as `Snapshot.figures`."""
    name, *fields = path.split(".")
    schema = schemas[name]
    for field in fields:
        (name,) = re.findall(r"'#/components/schemas/(\w+)'", str(schema["properties"][field]))
        schema = schemas[name]
    found: dict[str, Any] = schema["properties"]
    return found


def test_the_page_knows_every_field_of_the_servers_messages(schemas: dict[str, Any]) -> None:
    text = (PAGE / "server" / "messages.js").read_text("utf-8")
    known = {name: set(FIELD.findall(body)) for name, body in TYPE.findall(text)}
    assert known == {name: set(properties(schemas, path)) for name, path in MESSAGES.items()}
    assert set(properties(schemas, "Started")) == {*known["Snapshot"], "key"}

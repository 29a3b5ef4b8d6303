"""The page about the API: what can be asked, and how, in HTML made from the server's own OpenAPI description.

It loads nothing from elsewhere. Its examples can be pasted into a terminal; a module puts in the address under which
the page itself was found, which behind a proxy only the browser knows.
"""

import html
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from byhand.web.page.assets import FOLDER

Described: TypeAlias = Mapping[str, Any]

EXAMPLES: dict[str, Any] = json.loads((FOLDER / "reference" / "examples.json").read_text("utf-8"))
ADDRESS = "http://127.0.0.1:8765"  # until the module knows better
START = """<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="description" content="What programs can ask of byhand's server, with examples.">
<title>byhand: the API</title>
<link rel="icon" href="static/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="static/style.css">
<link rel="stylesheet" href="static/reference/reference.css">
<script type="module" src="static/reference/view.js"></script>
</head>
<body class="reference">
<a class="skip" href="#main">Skip to what can be asked</a>
<header id="header"><a class="wordmark" href="./">byhand</a><span>The API</span>
<span class="aside"><a href="./">The page</a> <a href="openapi.json">OpenAPI</a></span></header>
<main id="main" tabindex="-1">
"""
END = "</main>\n</body>\n</html>\n"


@dataclass(frozen=True)
class Example:
    """How an operation is asked for: what follows its path, what is sent, and what is to be said of that.

    Attributes
    ----------
    path
        Its path, and what follows a question mark.
    answer
        What to do in Python with an `answer`.
    curl
        What curl is given besides.
    sent
        What is sent, in Python.
    headers
        Others than the token.
    said
        What the example needs.
    """

    path: str
    answer: str
    curl: str = ""
    sent: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    said: str = ""


def reference(described: Described) -> str:
    """Return the page about what a description describes."""
    asks = "security" in described
    operations = [
        (method, path, told) for path, methods in described["paths"].items() for method, told in methods.items()
    ]
    common = _common([told for _, _, told in operations])
    names = "".join(
        f'<li><a href="#{_anchor(method, path)}">{_name(method, path)}</a></li>\n' for method, path, _ in operations
    )
    parts = [
        START,
        _introduction(described, common, asks=asks),
        f'<nav aria-label="Operations"><ul>\n{names}</ul></nav>\n',
    ]
    schemas = described["components"]["schemas"]
    for method, path, told in operations:
        parts.append("".join(_operation(method, path, told, schemas, common, asks=asks and told.get("security") != [])))
    return "".join([*parts, END])


def _common(operations: list[Described]) -> dict[str, str]:
    """Return the refusals that every operation has, by their status."""
    said = [{status: answer["description"] for status, answer in told["responses"].items()} for told in operations]
    return {
        status: text
        for status, text in said[0].items()
        if int(status) >= 400 and all(other.get(status) == text for other in said)
    }


def _introduction(described: Described, common: Mapping[str, str], *, asks: bool) -> str:
    """Return what holds for all that can be asked."""
    token = (
        "<p>Each request must bring the token along, in a header: <code>Authorization: Bearer …</code> The examples "
        "take it from a variable: <code>export TOKEN=…</code></p>\n"
        if asks
        else ""
    )
    rows = "".join(f"<tr><th scope=row>{status}</th><td>{_text(text)}</td></tr>\n" for status, text in common.items())
    return (
        f"<section class=card><h1>What programs can ask</h1>\n"
        f"<p>{_text(described['info']['summary'])} The server answers at "
        f'<code class="address">{ADDRESS}</code>, in JSON where nothing else is said.</p>\n{token}'
        "<p>A picture may be sent as it is, in a form (<code>curl -F</code>, <code>FormData</code>), as "
        "<code>{&quot;image&quot;: &quot;data:image/png;base64,…&quot;}</code> in JSON, or as such a link alone.</p>\n"
        "<p>What cannot be answered is told in one sentence, <code>detail</code>, with the names that it is about, "
        "<code>fields</code>:</p>\n"
        f"<table><tbody>\n{rows}</tbody></table>\n</section>\n"
    )


def _operation(
    method: str, path: str, told: Described, schemas: Described, common: Mapping[str, str], *, asks: bool
) -> Iterator[str]:
    """Yield what there is to know about one thing that can be asked."""
    anchor = _anchor(method, path)
    yield f'<section class=card id="{anchor}" aria-labelledby="{anchor}-name">\n'
    yield f'<h2 id="{anchor}-name">{_name(method, path)}</h2>\n<p>{_text(told["description"])}</p>\n'
    example = Example(**{"path": path} | EXAMPLES[""] | EXAMPLES.get(f"{method} {path}", {}))
    if example.said:
        yield f"<p class=muted>{_text(example.said)}</p>\n"
    for title, code in (("curl", _curl(example, asks=asks)), ("Python", _python(example, asks=asks))):
        shown = _text(code).replace(ADDRESS, f'<span class="address">{ADDRESS}</span>')
        yield f'<h3>{title}</h3>\n<pre tabindex=0 class="{title.lower()}"><code>{shown}</code></pre>\n'
    if rows := "".join(map(_parameter, told.get("parameters", []))):
        yield f"<h3>Parameters</h3>\n<div class=scroll tabindex=0><table><tbody>\n{rows}</tbody></table></div>\n"
    if kinds := told.get("requestBody", {}).get("content", {}):
        yield f"<h3>What is sent</h3>\n<ul>{''.join(_body(kind, of['schema']) for kind, of in kinds.items())}</ul>\n"
    for status, answer in told["responses"].items():
        if status not in common:
            yield from _answer(status, answer, schemas)
    yield "</section>\n"


def _answer(status: str, answer: Described, schemas: Described) -> Iterator[str]:
    """Yield what an answer holds."""
    kinds = answer.get("content", {})
    name = next(
        (of["schema"]["$ref"].rpartition("/")[2] for of in kinds.values() if "$ref" in of.get("schema", {})), ""
    )
    said = answer["description"]
    if said == "Successful Response":  # FastAPI's own words
        said = schemas[name].get("description", "What was asked for.") if name else "What was asked for."
    yield f"<h3>{status}: {_text(said)}</h3>\n"
    if int(status) < 400 and name:
        fields = "".join(_field(field, of) for field, of in schemas[name].get("properties", {}).items())
        yield f"<details><summary>Its fields</summary><div class=scroll tabindex=0><table><tbody>\n{fields}"
        yield "</tbody></table></div></details>\n"
    elif int(status) < 400:
        yield f"<p class=muted>{', '.join(f'<code>{_text(kind)}</code>' for kind in kinds)}</p>\n"


def _parameter(of: Described) -> str:
    """Return a row about a parameter."""
    needed = "needed" if of.get("required") else "may be left out"
    said = of.get("description", of["schema"].get("description", ""))
    said = f"{_kind(of['schema'])}, {needed}. {_text(said)}"
    return f"<tr><th scope=row><code>{_text(of['name'])}</code></th><td>{said}</td></tr>\n"


def _body(kind: str, schema: Described) -> str:
    """Return an entry about a way in which something is sent."""
    fields = ", ".join(f"<code>{_text(name)}</code>" for name in schema.get("properties", {}))
    said = f"{_text(schema.get('description', ''))}{f' Fields: {fields}.' if fields else ''}"
    return f"<li><code>{_text(kind)}</code>{': ' if said else ''}{said}</li>\n"


def _field(name: str, of: Described) -> str:
    """Return a row about a field of an answer."""
    said = _text(of.get("description", ""))
    return f"<tr><th scope=row><code>{_text(name)}</code></th><td>{_kind(of)}{'. ' if said else ''}{said}</td></tr>\n"


def _kind(schema: Described) -> str:
    """Return in words what a value is."""
    if "anyOf" in schema:
        return " or ".join(dict.fromkeys(map(_kind, schema["anyOf"])))
    if "$ref" in schema:
        return f"<i>{_text(schema['$ref'].rpartition('/')[2])}</i>"
    if "enum" in schema:
        return "one of " + ", ".join(f"<code>{_text(str(value))}</code>" for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_kind(schema['items'])}" if "items" in schema else "list"
    return _text({"null": "null", "object": "object"}.get(str(schema.get("type")), str(schema.get("type", "anything"))))


def _curl(example: Example, *, asks: bool) -> str:
    """Return how curl asks."""
    headers = [f"-H '{name}: {value}'" for name, value in example.headers.items()]
    token = ['-H "Authorization: Bearer $TOKEN"'] if asks else []
    address = f"{ADDRESS}{example.path}"
    return " ".join(["curl", *token, *headers, *filter(None, [example.curl]), f"'{address}'"])


def _python(example: Example, *, asks: bool) -> str:
    """Return how Python asks."""
    headers = [f"{json.dumps(name)}: {json.dumps(value)}" for name, value in example.headers.items()]
    token = ['"Authorization": "Bearer " + os.environ["TOKEN"]'] if asks else []
    imports = ["json"] * ("json" in example.answer) + ["os"] * asks + ["urllib.request"]
    given = [f'"{ADDRESS}{example.path}"', *filter(None, [example.sent])]
    if token or headers:
        given.append(f"headers={{{', '.join([*token, *headers])}}}")
    call = given[0] if len(given) == 1 else "".join(["\n", *(f"    {each},\n" for each in given)])
    return (
        f"import {', '.join(imports)}\n\nrequest = urllib.request.Request({call})\n"
        f"with urllib.request.urlopen(request) as answer:\n    {example.answer}"
    )


def _anchor(method: str, path: str) -> str:
    """Return the name of a place on the page."""
    return re.sub(r"[^a-z]+", "-", f"{method}{path}").strip("-")


def _name(method: str, path: str) -> str:
    """Return what is asked for as HTML."""
    return f"<span class=method>{method.upper()}</span> <code>{_text(path)}</code>"


def _text(text: str) -> str:
    """Return a text as HTML."""
    return html.escape(text)

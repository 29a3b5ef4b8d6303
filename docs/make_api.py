"""Write docs/api.md, which shows every public name of byhand, from the docstrings.

python docs/make_api.py           write it
python docs/make_api.py --check   fail if it says anything else than the docstrings
"""

import dataclasses
import re
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path

from numpydoc.docscrape import Parameter

from byhand.learning.recipe import Recipe
from public import Public, aliases, annotations, docstring, literal, methods, properties, sections, signature, summary

PAGE = Path(__file__).parent / "api.md"
HEAD = """# byhand in Python

Every public name, made from the docstrings by `docs/make_api.py`. `import byhand` is enough for all of them, and each
is loaded when it is first used. Arrays are NumPy's; their shapes stand in brackets."""
TYPES = """## Types

What the names of types above are short for. `np` is NumPy, and `NDArray` comes from `numpy.typing`."""


def entry(name: str, of: Public, level: int) -> Iterator[str]:
    """Yield the paragraphs of a function, class or method."""
    short = name.removeprefix("byhand.")
    yield f"{'#' * level} {short}\n\n```python\n{signature(name, of)}\n```\n\n{summary(of)}"
    doc, types = docstring(of), annotations(of)
    if doc["Extended Summary"]:
        yield "\n".join(doc["Extended Summary"])
    if of is Recipe:
        yield from choices()
    told = [] if of is Recipe else doc["Attributes"]  # whose tables tell more of its fields
    result = types.pop("return", "")
    each = result.removeprefix("Iterator[").removesuffix("]")
    computed = [f"- `{property_}` (`{kind}`): {text}" for property_, (kind, text) in properties(of).items()]
    parts = {
        "Parameters": listed(doc["Parameters"], types),
        "Fields" if told else "Properties": listed(told, types) + computed,
        "Returns": [f"- `{result}`{words(found)}" for found in doc["Returns"]],
        "Yields": [f"- `{each}`{words(found)}" for found in doc["Yields"]],
        "Raises": [f"- {in_code(found.type)}{words(found)}" for found in doc["Raises"]],
    }
    yield from (f"**{title}**\n\n" + "\n".join(lines) for title, lines in parts.items() if lines)
    for method, function in methods(of).items():
        yield from entry(f"{short}.{method}", function, level + 1)


def listed(found: list[Parameter], types: Mapping[str, str]) -> list[str]:
    """Return a line for each parameter or field, or for several of one type and text."""
    kinds = [types.get(each.name.split(", ")[0].lstrip("*")) for each in found]
    return [
        f"- {in_code(each.name)}{f' (`{kind}`)' if kind else ''}{words(each)}"
        for each, kind in zip(found, kinds, strict=True)
    ]


def words(found: Parameter) -> str:
    """Return what is said of a parameter or result, in one line, after a colon."""
    return "".join([":", *(f" {line.strip()}" for line in found.desc if line.strip())]) if found.desc else ""


def in_code(names: str) -> str:
    """Return names with commas between them, each in backquotes."""
    return ", ".join(f"`{name}`" for name in names.split(", "))


def choices() -> Iterator[str]:
    """Yield the tables of the recipe's fields, in the groups of the command line's options."""
    types, table = annotations(Recipe), list[str]()
    for field in dataclasses.fields(Recipe):
        if field.metadata["begins"]:
            yield from ["\n".join(table)] if table else []
            yield f"**{field.metadata['begins']}**"
            table = ["| field | default | values | what it is |", "| --- | --- | --- | --- |"]
        values = allowed(types[field.name], **field.metadata)
        table.append(f"| `{field.name}` | `{literal(field.default)}` | {values} | {field.metadata['help']} |")
    yield "\n".join(table)


def allowed(kind: str, *, least: int, bounds: Mapping[str, float | None], **_: object) -> str:
    """Return which values a field of the recipe may have."""
    if "tuple[" in kind:
        return f"`{kind}`".replace(" | ", "` or `")
    if kind.startswith("Literal["):
        return in_code(kind.removeprefix("Literal[").removesuffix("]"))
    low = f"at least {least}" if bounds["above"] is None else f"above {bounds['above']}"
    high = [f"{word} {bounds[key]}" for key, word in {"most": "at most", "below": "below"}.items() if bounds[key]]
    return ", ".join([f"`{kind}`".replace(" | ", "` or `"), low, *high])


def page() -> str:
    """Return the whole page."""
    contents, body = [HEAD], []
    for title, names in sections().items():
        contents += [f"**{title}**", "\n".join(f"- `{name}`: {summary(of)}" for name, of in names.items())]
        body += [f"## {title}", *(part for name, of in names.items() for part in entry(name, of, 3))]
    text = "\n\n".join([*contents, *body])
    short = "\n".join(f"- `{name}`: `{kind}`" for name, kind in aliases(text).items())
    return f"{with_links(text)}\n\n{TYPES}\n\n{short}\n"


def with_links(text: str) -> str:
    """Return the page with every name in it that has a heading, or is short for a type, leading there."""
    targets = dict.fromkeys(aliases(text), "types")
    for name in re.findall(r"^###+ (.+)$", text, re.MULTILINE):
        # A bare `load` may be something else, a bare `Model` not.
        targets |= dict.fromkeys([f"byhand.{name}", name][: 1 + name[0].isupper()], name.lower().replace(".", ""))
    return re.sub(r"`([\w.]+)`", lambda at: f"[{at[0]}](#{targets[at[1]]})" if at[1] in targets else at[0], text)


if __name__ == "__main__":
    if "--check" not in sys.argv:
        PAGE.write_bytes(page().encode())
    elif not PAGE.exists() or PAGE.read_text("utf-8") != page():
        sys.exit("docs/api.md says something else than the docstrings; run python docs/make_api.py.")

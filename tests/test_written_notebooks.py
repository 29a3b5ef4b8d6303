"""The notebooks for learners run as they stand, and show what they speak of."""

import re
from pathlib import Path
from typing import Any

import pytest

from conftest import REPOSITORY

pytestmark = pytest.mark.notebook

NOTEBOOKS = sorted((REPOSITORY / "notebooks").glob("*.py"))
PICTURE, HTML, WIDGET = "image/png", "text/html", "application/vnd.jupyter.widget-view+json"
PATIENCE = 120  # seconds, on a busy machine

# What a cell with these words shows: a kind of output, and what its text says.
SHOWN = {
    "first_steps": [
        ('byhand.load("mnist")', HTML, "60,000 training and 10,000 test images"),
        ("data.train.images.shape", "text/plain", r"\(60000, 28, 28\)"),
        ("recipe = byhand.Recipe", HTML, "limit=20000"),
        (
            "for epoch in byhand.train",
            "stream",
            r"(?s)epoch 1: .* 9\d\.\d% .*epoch 5: loss 0\.0\d+, 9[67]\.\d% read right",
        ),
        ("model = epoch.model", HTML, "784-128-64-10"),
        ("byhand.evaluate", HTML, r"9[67]\.\d\d % of 10,000 images read right"),
        ("evaluation.mistakes", HTML, "40 images"),
        ("worst.images[0]", HTML, r"Answer: \d"),
        ("byhand.Pad(model)", WIDGET, r"Pad: 7 \("),
        ("pad.digit", "stream", "believes in 7"),
        ("byhand.Model.load()", HTML, "Answer: 7 "),
        ("model.save", HTML, "Answer: 7 "),
    ],
    "your_own_data": [
        ('draw("triangle")', PICTURE, ""),
        ('byhand.prepare(draw("cross"))', HTML, "ready to be read"),
        ("table.writerow", "stream", r"label,pixel0,.*\ncircle,0,"),
        ("byhand.load(folder", "stream", "has no test images. 85 of its 600"),
        ("byhand.load(folder", HTML, r"3 classes \(circle, cross, triangle\)"),
        ("byhand.evaluate(model", HTML, r"(9[5-9]|100)\.\d\d % of 85 images"),
        ("byhand.Pad(model)", WIDGET, "Pad: triangle"),
        ("pad.answer", HTML, r"Answer: cross \(cross 9\d"),
        ('byhand.recognize(draw("triangle"))', HTML, "it is like no digit"),
        ("counts = ", PICTURE, ""),
    ],
    "what_a_network_sees": [
        ("byhand.Pad()", WIDGET, "Pad: 7"),
        ("pad.centred = False", "stream", r"made ready: <byhand.Answer: 7 .*\nas it is: *<byhand.Answer: none"),
        ("pad.centred = True", "stream", r" 255 255 .*\n"),
        ("model = pad.model", HTML, "784-384-128-10"),
        ("np.argsort(-first)", PICTURE, ""),
        ("units are active", "stream", r"second hidden layer: \d+ of 128"),
        ("by hand", "stream", r"7: 0\.99\d+ by hand, 0\.99\d+ by the model"),
        ("wiped", PICTURE, ""),
        ("byhand's own", PICTURE, ""),
    ],
}


def told(cell: Any, kind: str) -> str | None:
    """Return the text beside what a cell shows of a kind; None if it shows none."""
    if kind == "stream":
        return "".join(output.text for output in cell.outputs if output.output_type == "stream") or None
    shown = [output.data for output in cell.outputs if kind in output.get("data", {})]
    return shown[0]["text/plain"] if shown else None


def test_every_notebook_is_looked_at() -> None:
    assert [path.stem for path in NOTEBOOKS] == sorted(SHOWN)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_runs_and_shows_what_it_speaks_of(path: Path, tmp_path: Path) -> None:
    import jupytext
    from nbclient import NotebookClient

    notebook = jupytext.read(path)
    assert notebook.metadata.kernelspec.name == "python3"
    resources = {"metadata": {"path": str(tmp_path)}}
    NotebookClient(notebook, timeout=PATIENCE, kernel_name="python3", resources=resources).execute()
    cells = [cell for cell in notebook.cells if cell.cell_type == "code"]
    looked_at = []
    for words, kind, text in SHOWN[path.stem]:
        cell = next(cell for cell in cells if words in cell.source)
        looked_at.append(cell)
        found = told(cell, kind)
        assert found is not None, (words, kind)
        assert re.search(text, found), (words, found)
    assert {cell.source for cell in cells if cell.outputs} == {cell.source for cell in looked_at}
    assert not [*tmp_path.iterdir()]  # It leaves nothing where one stands.


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_a_notebook_leads_to_what_there_is(path: Path) -> None:
    links = re.findall(r"\]\(([^)]+)\)", path.read_text("utf-8"))
    assert links
    for link in links:
        assert (path.parent / link).exists(), link

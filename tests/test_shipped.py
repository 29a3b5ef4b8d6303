"""The model that comes with byhand reads what it is said to read."""

import json

import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.data.validation import set_aside
from byhand.learning import recipe_files
from byhand.model import SHIPPED
from conftest import Run


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


def test_it_is_small_and_says_where_it_comes_from(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    assert SHIPPED.stat().st_size < 1_000_000
    assert shipped.sizes == (784, 384, 128, 10)
    details, recipe = shipped.details, recipe_files.read("reader").recipe
    assert details["recipe"] == recipe.to_dict() | {"engine": "compiled"}
    learned, validation = set_aside(mnist.train, recipe.validation, recipe.seed)
    assert validation is not None
    assert details["data"] == {"name": "mnist", "n": 55_000, "sha256": learned.sha256()}
    accuracy = byhand.evaluate(shipped, mnist.test).accuracy
    assert details["scores"]["accuracy"] == accuracy > 0.993  # type: ignore[index,call-overload]


@pytest.mark.parametrize(("degrees", "right", "down"), [(15, 0, 0), (-15, 0, 0), (0, 2, 0), (0, -2, 0), (0, 0, 2)])
def test_it_reads_shifted_and_turned_images(
    shipped: byhand.Model, mnist: byhand.Dataset, degrees: int, right: int, down: int
) -> None:
    changed = [
        Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR, translate=(right, down))
        for image in mnist.test.images
    ]
    answers = shipped.predict(np.stack([np.asarray(image) for image in changed]))
    assert (answers == mnist.test.labels).mean() >= 0.98


def test_compiled_it_names_the_same_digits(shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    reader = shipped.compile()
    for image in mnist.test.images[:10]:
        compiled, plain = byhand.recognize(image, reader), byhand.recognize(image, shipped)
        assert (compiled.name, compiled.reason) == (plain.name, plain.reason)
        assert dict(compiled.guesses) == pytest.approx(dict(plain.guesses), abs=1e-6)
    other = byhand.Model((4, 10), "relu", np.zeros(50, np.float32), shipped.classes, (2, 2)).compile()
    with pytest.raises(byhand.UsageError, match=r"the model takes images of \(2, 2\)"):
        byhand.recognize(mnist.test.images[0], other)


def test_it_is_used_where_none_is_named(call: Run, mnist: byhand.Dataset, tmp_path: object) -> None:
    assert json.loads(call("evaluate", "--json").stdout)["accuracy"] > 0.993
    assert "recipe" in call("info").stdout
    Image.fromarray(mnist.test.images[0]).save(f"{tmp_path}/seven.png")
    assert call("predict", "seven.png").stdout.startswith("seven.png: 7 (")

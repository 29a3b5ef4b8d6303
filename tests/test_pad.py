"""The pad of a notebook as Python has it: what is set is read at once, and what cannot be used is refused."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import byhand
from byhand.images.fit import resize
from byhand.network import initial_parameters

pytestmark = pytest.mark.notebook

STROKES = [{"brush": 20, "erase": False, "points": [(80, 70), (200, 70), (190, 90), (150, 150), (125, 230)]}]


def test_what_is_set_is_read_at_once_and_told_once(mnist: byhand.Dataset) -> None:
    pad, told = byhand.Pad(), []
    assert repr(pad) == "<byhand.Pad: it is blank>"
    pad.observe(lambda change: told.append((change["name"], pad.digit)), ["strokes", "image", "probabilities", "digit"])
    pad.strokes = STROKES
    assert sorted(name for name, _ in told) == ["digit", "image", "probabilities", "strokes"]
    assert {digit for _, digit in told} == {"7"}  # Whoever is told of one finds all.
    assert repr(pad).startswith("<byhand.Pad: 7 (")
    assert np.array_equal(pad.image, byhand.prepare(255 - pad.ink).image)
    assert np.array_equal(pad.probabilities, byhand.Model.load().predict_proba(pad.image))
    wanted = byhand.recognize(255 - pad.ink)
    assert (pad.answer.name, pad.answer.guesses) == (wanted.name, wanted.guesses)
    for image in (mnist.test.images[1], mnist.test.images[1].ravel().tolist(), mnist.test.images[1] / 255):
        pad.image = image
        assert (pad.digit, pad.image.dtype, pad.image.shape) == ("2", np.uint8, (28, 28))
        assert np.array_equal(pad.image, mnist.test.images[1])
    assert len(pad.strokes) == 1
    pad.strokes = []
    assert (pad.digit, pad.image.any()) == (None, False)
    assert not pad.image.flags.writeable


def test_any_network_for_such_images_reads(model: byhand.Model, model_file: Path) -> None:
    epoch = byhand.fit(byhand.Recipe(layers=(4,), epochs=1, limit=20, engine="numpy"), byhand.load("mnist"))
    for given in (model, model.compile(), model_file, str(model_file), epoch, None):
        pad = byhand.Pad(given)
        pad.strokes = STROKES
        assert np.array_equal(pad.probabilities, pad.model.predict_proba(pad.image))
    theta = initial_parameters((784, 12, 3), "tanh", np.random.default_rng(1))
    pad.model = byhand.Model((784, 12, 3), "tanh", theta, ("1", "seven", "<b>"))
    assert (len(pad.probabilities), pad.answer.guesses[0][0] in pad.model.classes) == (3, True)
    small = byhand.Model((4, 2), "relu", np.zeros(10, np.float32), ("a", "b"), (2, 2))
    refused: Any
    for refused in (small, 7):
        with pytest.raises(byhand.UsageError, match="model"):
            byhand.Pad(refused)
        with pytest.raises(byhand.UsageError, match="model"):
            pad.model = refused
    assert len(pad.probabilities) == 3


@pytest.mark.parametrize(
    ("name", "given", "says"),
    [
        ("strokes", [7], "7 is no stroke"),
        ("strokes", 7, "no list"),
        ("image", np.zeros((2, 28, 28)), "one at a time, not 2"),
        ("image", np.zeros((20, 20)), "do not fit"),
        ("image", np.full((28, 28), 2.0), "must lie in 0…1"),
        ("image", "seven.png", "not a file"),
        ("image", None, "image"),
        ("digit", "8", "cannot be set"),
        ("probabilities", np.zeros(10), "cannot be set"),
    ],
)
def test_what_cannot_be_used_is_refused_and_changes_nothing(name: str, given: object, says: str) -> None:
    pad = byhand.Pad()
    pad.strokes = STROKES
    with pytest.raises(byhand.UsageError) as error:
        setattr(pad, name, given)
    assert says in str(error.value)
    assert len(str(error.value).splitlines()) == 1
    assert error.value.fields == (name,)
    assert (pad.digit, len(pad.strokes)) == ("7", 1)


def test_a_page_cannot_say_what_the_network_says() -> None:
    pad = byhand.Pad()
    pad.set_state({"strokes": STROKES, "_given": "", "digit": "3", "probabilities": [], "image": b"", "_network": b""})
    assert (pad.digit, len(pad.probabilities), pad.image.shape) == ("7", 10, (28, 28))
    with pytest.raises(byhand.UsageError, match="no stroke"):
        pad.set_state({"strokes": [7]})
    assert (pad.digit, len(pad.strokes)) == ("7", 1)


def test_what_is_not_centred_is_only_made_smaller() -> None:
    pad = byhand.Pad()
    pad.strokes = [{"brush": 10, "points": [(20, 20), (80, 20), (42, 100)]}]
    assert pad.digit == "7"
    pad.centred = False
    rows, columns = np.nonzero(pad.image)
    assert (rows.max(), columns.max()) < (12, 12)
    assert np.array_equal(pad.image, resize(pad.ink, (28, 28)))
    pad.strokes = ()
    assert pad.answer.reason == "it is blank"

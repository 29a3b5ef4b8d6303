"""The page's JavaScript computes what Python computes: the same pixels, the same answers, the same gradients."""

import base64
import json
import shutil
import subprocess
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, TypeAlias, cast

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw, ImageFilter

import byhand
from byhand.images.digit.pieces import main_ink
from byhand.images.fit import bounds, fit, resize
from byhand.images.paper import away_from_paper, is_drawing
from byhand.images.pictures import open_picture
from byhand.images.prepare import FAINTEST, Prepared, prepare
from byhand.learning.drawing.orders import Orders
from byhand.learning.progress import Epoch
from byhand.learning.recipe import RATES
from byhand.learning.training import Progress, Training
from byhand.model import SHIPPED
from byhand.network import ACTIVATIONS, initial_parameters, layers, loss_and_gradient, one_hot
from byhand.reading.answers import UNLIKE_DIGITS, answer
from byhand.web.notebook.strokes import Stroke, drawn
from byhand.web.work import judging

pytestmark = pytest.mark.page

Bytes = NDArray[np.uint8]
Node: TypeAlias = Callable[..., Any]

HERE = Path(__file__).parent
PAD = 280
OPTIMIZERS = tuple(RATES)
PROBLEMS = {
    None: None,
    "it is blank": "blank",
    "its ink is a few specks, far apart": "specks",
    "it is filled rather than written: its strokes are far too thick": "filled",
    "it seems to be more than one digit; byhand read reads several": "several",
}


@pytest.fixture
def node(tmp_path: Path) -> Node:
    """Run a job of page/parity.mjs."""
    if shutil.which("node") is None:
        pytest.skip("Node is not installed")

    def node(job: str, data: bytes = b"", **facts: object) -> Any:
        given, binary, out = tmp_path / "in.json", tmp_path / "in.bin", tmp_path / "out.json"
        given.write_text(json.dumps(facts))
        binary.write_bytes(data)
        subprocess.run(["node", HERE / "page" / "parity.mjs", job, given, binary, out], check=True, timeout=120)
        return json.loads(out.read_text())

    return node


@pytest.fixture(scope="module")
def shipped() -> byhand.Model:
    return byhand.Model.load()


def unpacked(text: str, dtype: type = np.uint8, shape: Sequence[int] = (-1,)) -> NDArray[Any]:
    """Return the array that base64 stands for."""
    return np.frombuffer(base64.b64decode(text), dtype).reshape(shape)


def reason_in_words(reason: dict[str, str] | None) -> str | None:
    """Say the page's reason as Python does; a problem is compared by itself."""
    if reason is None:
        return None
    return {
        "problem": next((said for said, kind in PROBLEMS.items() if kind == reason.get("problem")), None),
        "either": f"it may be {reason.get('first')} or {reason.get('second')}",
        "unlike": UNLIKE_DIGITS,
        "somewhat": f"it is somewhat like {reason.get('first')}, not enough",
    }[reason["kind"]]


def check_reading(found: dict[str, Any], prepared: Prepared, model: byhand.Model) -> None:
    """Check that the page prepared and read a picture just as Python."""
    assert np.array_equal(unpacked(found["image"], shape=(28, 28)), prepared.image)
    assert found["problem"] == PROBLEMS[prepared.problem]
    if prepared.fitted is None:
        assert found["fitted"] is None
    else:
        fitted = found["fitted"]
        assert (tuple(fitted["box"]), tuple(fitted["shift"])) == (prepared.fitted.box, prepared.fitted.shift)
        assert fitted["scale"] == prepared.fitted.scale
        assert fitted["strokeWidth"] == prepared.fitted.stroke_width
        assert fitted["thickened"] == prepared.fitted.thickened
        total = prepared.ink.sum(dtype=np.int64)
        for axis, place in enumerate(found["mass"]):
            sums = prepared.ink.sum(axis=axis, dtype=np.int64)
            assert place == pytest.approx((sums * (np.arange(len(sums)) + 0.5)).sum() / total, abs=1e-9)
    probabilities = model.predict_proba(prepared.image)
    np.testing.assert_allclose(unpacked(found["probabilities"], np.float32), probabilities, rtol=0, atol=1e-5)
    wanted = answer(model, probabilities, prepared.problem)
    assert (found["name"], reason_in_words(found["reason"])) == (wanted.name, wanted.reason)
    assert found["guesses"][0][0] == wanted.guesses[0][0]
    assert [p for _, p in found["guesses"]] == pytest.approx([p for _, p in wanted.guesses], abs=1e-5)


# The network ------------------------------------------------------------------------------------------------------


def test_every_test_image_gets_the_same_probabilities(
    node: Node, shipped: byhand.Model, mnist: byhand.Dataset, tmp_path: Path
) -> None:
    theta = initial_parameters((784, 20, 10), "tanh", np.random.default_rng(3))
    other = byhand.Model((784, 20, 10), "tanh", theta, shipped.classes)
    other.save(tmp_path / "tanh.safetensors")
    for model, path, n in ((shipped, SHIPPED, 10_000), (other, tmp_path / "tanh.safetensors", 200)):
        images = mnist.test.images[:n]
        found = unpacked(
            node("probabilities", images.tobytes(), model=str(path), pixels=784), np.float32, (len(images), 10)
        )
        probabilities = model.predict_proba(images)
        np.testing.assert_allclose(found, probabilities, rtol=0, atol=1e-5)
        assert np.array_equal(found.argmax(axis=1), probabilities.argmax(axis=1))


def test_gradients_are_the_same(node: Node) -> None:
    rng = np.random.default_rng(8)
    shapes = ((784, 128, 64, 10), (784, 10), (30, 16, 10), (12, 7, 6, 5, 4, 3))
    networks, data, wanted = [], b"", []
    for sizes in shapes:
        for activation in ACTIVATIONS:
            theta = initial_parameters(sizes, activation, rng)
            for _, bias in layers(theta, sizes):
                bias[...] = rng.normal(0, 0.1, bias.shape)
            x = (rng.random(sizes[0], np.float32) * (rng.random(sizes[0]) < 0.4)).astype(np.float32)
            label = int(rng.integers(sizes[-1]))
            y = one_hot(np.array([label]), sizes[-1], np.float32)
            loss, gradient = loss_and_gradient(theta, sizes, activation, x[None], y)
            networks.append({"sizes": sizes, "activation": activation, "label": label})
            data += theta.tobytes() + x.tobytes()
            wanted.append((float(loss[0]), gradient))
    for found, (right, gradient) in zip(node("gradients", data, networks=networks), wanted, strict=True):
        assert found["loss"] == pytest.approx(right, rel=1e-5, abs=1e-6)
        largest = float(np.abs(gradient).max())
        np.testing.assert_allclose(unpacked(found["gradient"], np.float32), gradient, rtol=1e-4, atol=2e-6 * largest)


@pytest.mark.parametrize("optimizer", OPTIMIZERS)
def test_a_thousand_steps_of_training_are_the_same(node: Node, mnist: byhand.Dataset, optimizer: str) -> None:
    """The last batch of an epoch is a short one, and some batches are cut into pieces."""
    told, data, wanted = [], b"", []
    for batch_size, n, epochs, pieces, schedule, layers_, activation in (
        (1, 500, 2, [500], "linear", (32, 16), "relu"),
        (8, 404, 20, [404], "cosine", (16,), "tanh"),
        (3, 100, 2, [2, 5], "step", (8,), "leaky_relu"),
        (5, 60, 1, [60], "constant", (), "sigmoid"),
    ):
        choices = {
            "layers": layers_, "activation": activation, "optimizer": optimizer, "batch_size": batch_size,
            "epochs": epochs, "schedule": schedule, "learning_rate": 0.02 if optimizer == "sgd" else 0.002, "seed": 4,
        }  # fmt: skip
        recipe = byhand.Recipe(**choices, engine="numpy")  # type: ignore[arg-type]
        split = mnist.train.take(slice(n))
        training = Training(recipe, split)
        data += training.theta.tobytes() + split.images.tobytes() + split.labels.tobytes()
        orders = Orders.of(recipe.seed, n, 784)
        told.append(
            {
                "sizes": training.sizes, "activation": activation, "choices": recipe.to_dict(), "n": n,
                "orders": [orders.part(epoch + 1, 0).learned().tolist() for epoch in range(epochs)], "pieces": pieces,
            }
        )  # fmt: skip
        losses, piece = [], 0
        while not training.is_over:
            record = training.advance(pieces[piece % len(pieces)])
            piece += isinstance(record, Progress)
            losses += [record.loss] if isinstance(record, Epoch) else []
        wanted.append((losses, training.theta.copy()))
    found = node("trainings", data, trainings=told, pixels=784)
    for one, (losses, theta) in zip(found, wanted, strict=True):
        assert one["over"]
        np.testing.assert_allclose(one["losses"], losses, rtol=0, atol=1e-4)
        np.testing.assert_allclose(unpacked(one["theta"], np.float32), theta, rtol=0, atol=1e-4)


def test_judgements_are_the_same(node: Node, shipped: byhand.Model, mnist: byhand.Dataset) -> None:
    split = mnist.test.take(slice(3000, 3120))
    data = split.images.tobytes() + split.labels.tobytes()
    found = node("judgements", data, model=str(SHIPPED), n=len(split))
    wanted = judging.judgement(shipped, split)
    assert set(found["judgement"]) == set(wanted)
    for name, value in wanted.items():
        if name in ("classes", "confusion_matrix"):
            assert found["judgement"][name] == value, name
        elif name != "reliability":
            assert found["judgement"][name] == pytest.approx(value, abs=1e-4), name
    said, told = found["judgement"]["reliability"], cast("list[dict[str, Any]]", wanted["reliability"])
    assert [bin_["n"] for bin_ in said] == [bin_["n"] for bin_ in told]
    robust = cast("dict[str, Any]", judging.robustness(shipped, split))
    assert found["robustness"]["n"] == robust["n"]
    for row, other in zip(found["robustness"]["rows"], robust["rows"], strict=True):
        assert (row["kind"], row["amount"]) == (other["kind"], other["amount"])
        # Rounding tips a pixel now and then; and other noise is as strong, on 120 images.
        assert row["accuracy"] == pytest.approx(other["accuracy"], abs=0.2 if row["kind"] == "noise" else 0.005)


# Drawings ---------------------------------------------------------------------------------------------------------


def check_drawings(
    node: Node, model: byhand.Model, drawings: list[list[dict[str, Any]]], side: int
) -> list[dict[str, Any]]:
    """Let the page draw and read strokes, let Python read the same pixels, and return what the page read."""
    found: list[dict[str, Any]] = node("drawings", model=str(SHIPPED), side=side, drawings=drawings)
    compared = []
    for one, strokes in zip(found, drawings, strict=True):
        pixels = unpacked(one["ink"], shape=(side, side))
        assert np.array_equal(drawn(cast("list[Stroke]", strokes), side), pixels)
        whole = np.zeros((28, 28), np.uint8) if pixels.max(initial=0) < FAINTEST else resize(pixels, (28, 28))
        assert np.array_equal(unpacked(one["whole"], shape=(28, 28)), whole)
        prepared = prepare(pixels) if is_taken_for_drawing(pixels) else None
        if prepared is not None:
            check_reading(one, prepared, model)
            compared.append(one)
        elif pixels.max() >= FAINTEST:  # So much ink that in a picture it would be taken for the paper, or a photo.
            main, _ = main_ink(pixels)
            assert np.array_equal(unpacked(one["image"], shape=(28, 28)), fit(main)[0])
            assert tuple(one["fitted"]["box"]) == bounds(main)
    return compared


def is_taken_for_drawing(pixels: Bytes) -> bool:
    """Tell whether Python sees the same ink in the pixels as there is."""
    ink, _ = away_from_paper(pixels)
    return np.array_equal(ink, pixels) and is_drawing(ink)


def test_recorded_drawings_become_the_same_pixels_and_answers(node: Node, shipped: byhand.Model) -> None:
    recorded = json.loads((HERE / "data" / "drawings.json").read_text())
    drawings = [
        [{"brush": one["brush"], "erase": False, "points": points} for points in one["strokes"]]
        for one in recorded["drawings"]
    ]
    found = check_drawings(node, shipped, drawings, recorded["canvas"])
    assert len(found) == len(drawings)
    digits = [(one["label"], each["name"]) for one, each in zip(recorded["drawings"], found, strict=True)]
    known = [name == label for label, name in digits if label in shipped.classes]
    assert len(known) == 70
    assert sum(known) >= 60


@pytest.mark.parametrize("side", [28, 131, PAD])
def test_random_strokes_become_the_same_pixels(node: Node, shipped: byhand.Model, side: int) -> None:
    rng = np.random.default_rng(side)

    def stroke() -> dict[str, Any]:
        middle, spread = rng.uniform(0.2, 0.8, 2) * side, rng.uniform(0, 0.35) * side
        places = np.round(4 * (middle + rng.uniform(-spread, spread, (rng.integers(1, 9), 2)))) / 4
        brush = round(4 * side * rng.choice([0.005, 0.02, 0.07, 0.15, 0.28])) / 4
        return {"brush": brush, "erase": bool(rng.random() < 0.15), "points": places.tolist()}

    drawings = [[stroke() for _ in range(rng.integers(1, 5))] for _ in range(120)]
    found = check_drawings(node, shipped, drawings, side)
    assert len(found) >= 80
    changes = {int(np.sign(one["fitted"]["thickened"])) for one in found if one["fitted"]}
    assert changes == ({-1, 0} if side == 28 else {-1, 0, 1})  # On a small pad no pen is too thin.


# Pictures ---------------------------------------------------------------------------------------------------------


def random_ink(rng: np.random.Generator, width: int, height: int) -> Bytes:
    """Return random lines, dots, specks or grain, of any width and strength."""
    if rng.random() < 0.15:
        grain = rng.integers(0, 256, (height, width)) * (rng.random((height, width)) < rng.choice([0.001, 0.05, 0.5]))
        return np.asarray(grain, np.uint8)
    picture = Image.new("L", (width, height))
    draw = ImageDraw.Draw(picture)
    pen = max(1, int(max(width, height) * rng.choice([0.01, 0.03, 0.1, 0.3])))
    for _ in range(rng.integers(1, 4)):
        places = rng.uniform(0.1, 0.9, (rng.integers(1, 6), 2)) * (width, height)
        for x, y in places:
            draw.ellipse((x - pen / 2, y - pen / 2, x + pen / 2, y + pen / 2), fill=255)
        if len(places) > 1:
            draw.line([tuple(place) for place in places], fill=255, width=pen)
    if rng.random() < 0.6:
        picture = picture.filter(ImageFilter.GaussianBlur(rng.uniform(0.3, 1.5)))
    return np.asarray(picture)


def random_picture(rng: np.random.Generator) -> Bytes:
    """Return (height, width, 4): ink of any colour on paper of any colour, some of it transparent."""
    width, height = (int(side) for side in np.exp(rng.uniform(0, np.log(240), 2)))
    share = random_ink(rng, width, height)[..., None] / 255 * rng.choice([0.08, 0.5, 1])
    paper, pen = rng.integers(0, 256, (2, 3))
    if rng.random() < 0.5:
        paper[:], pen[:] = (255, 0) if rng.random() < 0.5 else (0, 255)
    alpha = np.full((height, width, 1), 255)
    kind = rng.random()
    if kind < 0.25:  # Only the ink can be seen.
        alpha, share = 255 * share, np.ones_like(share)
    elif kind < 0.4:
        alpha = rng.integers(0, 256, (height, width, 1))
    colours = paper + (pen - paper) * share
    return np.asarray(np.concatenate([np.broadcast_to(colours, (height, width, 3)), alpha], axis=2).round(), np.uint8)


def test_random_pictures_become_the_same_pixels(node: Node, shipped: byhand.Model) -> None:
    rng = np.random.default_rng(77)
    pictures = [random_picture(rng) for _ in range(500)]
    sizes = [(picture.shape[1], picture.shape[0]) for picture in pictures]
    data = b"".join(picture.tobytes() for picture in pictures)
    found = node("pictures", data, model=str(SHIPPED), sizes=sizes)
    seen: set[str | None] = set()
    for picture, one in zip(pictures, found, strict=True):
        ink, dark = away_from_paper(open_picture(picture).pixels)
        assert one["dark"] == dark
        assert one["drawing"] == is_drawing(ink)
        assert np.array_equal(unpacked(one["ink"], shape=ink.shape), ink)
        if one["drawing"]:
            check_reading(one, prepare(picture), shipped)
            seen.add(one["problem"])
    assert sum(one["drawing"] for one in found) >= 300
    assert seen >= {None, "blank", "filled", "several"}


def test_specks_far_apart_are_told(node: Node, shipped: byhand.Model) -> None:
    picture = np.zeros((700, 2000, 4), np.uint8)
    picture[..., 3] = 255
    picture[[99, -99], [99, -99], :3] = 120
    (one,) = node("pictures", picture.tobytes(), model=str(SHIPPED), sizes=[(2000, 700)])
    assert one["problem"] == "specks"
    check_reading(one, prepare(picture), shipped)


# The settings of a training ----------------------------------------------------------------------------------------


def test_the_form_knows_the_recipes_defaults_and_the_servers_limits() -> None:
    from byhand.web.page.facts import FACTS
    from byhand.web.training import settings

    presets = (HERE.parent / "src/byhand/web/page/static/learn/form/presets.js").as_uri()
    optimizers, sizes = ("sgd", "momentum", "nesterov", "adam", "adamw"), (1, 8, 32, 128)
    script = f"""
      import {{ START, suitingRate }} from {json.dumps(presets)};
      const known = {json.dumps(FACTS["rates"])};
      const rates = {json.dumps(optimizers)}.map((name) =>
        {json.dumps(sizes)}.map((size) => suitingRate(known, name, size)));
      console.log(JSON.stringify({{ START, rates }}));
    """
    command = ["node", "--input-type=module", "--eval", script]
    found = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    for optimizer, rates in zip(optimizers, found["rates"], strict=True):
        recipes = [byhand.Recipe(optimizer=optimizer, batch_size=size) for size in sizes]  # type: ignore[arg-type]
        assert rates == pytest.approx([recipe.default_rate for recipe in recipes])
    start = settings.recipe_of({**found["START"]})
    assert start == settings.recipe_of({})
    assert FACTS["gains"] == {"relu": 2, "leaky_relu": 2, "tanh": 1, "sigmoid": 16}
    assert FACTS["most"] == settings.MOST.facts()

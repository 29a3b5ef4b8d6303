"""The header of C, compiled with sanitizers, as C and as C++, and run on a Cortex-M4."""

import re
import subprocess
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image, ImageDraw

import byhand
from byhand.export import c_header, fixed_point, quantising
from byhand.images import prepare
from byhand.images.digit.pieces import main_ink
from byhand.images.pictures import open_picture
from byhand.network import layers, n_parameters
from compiling import ARM, CHECKED, CPP, INSTRUCTIONS, QEMU, answers, compiled, header, packed_drawings
from conftest import REPOSITORY, Run

pytestmark = pytest.mark.chip

PROBLEMS = [None, "blank", "specks", "filled", "several"]


def drawn_model(sizes: tuple[int, ...], activation: str, rng: np.random.Generator) -> byhand.Model:
    """Return a model of images of (1, sizes[0]) pixels with weights of all magnitudes."""
    theta = rng.normal(0, 0.3, n_parameters(sizes)) * 10.0 ** rng.uniform(-2, 0.3, n_parameters(sizes))
    classes = tuple(f"class {k}" for k in range(sizes[-1]))
    return byhand.Model(sizes, activation, theta.astype(np.float32), classes, (1, sizes[0]))


def check_alike(
    folder: Path, model: byhand.Model, network: fixed_point.Network, images: NDArray[np.uint8], *options: str
) -> NDArray[np.int32]:
    """Check that a compiled header answers bit for bit as NumPy does, and return the classes."""
    header(folder, model, network)
    program = compiled(folder, "host.c", *CHECKED, *options)
    told = subprocess.run([program], input=images.tobytes(), capture_output=True, check=True).stdout
    read, logits, probabilities = answers(told, len(model.classes))
    wanted = fixed_point.logits(network, images)
    assert (logits == wanted).all()
    assert (probabilities == fixed_point.probabilities(wanted, network.fraction)).all()
    assert (read == logits.argmax(axis=1)).all()
    return read


@pytest.mark.parametrize(("bits", "n"), [(8, 10_000), (6, 3000)])
def test_test_images_are_read_bit_for_bit_as_by_numpy_and_as_well_as_in_float32(
    bits: int, n: int, mnist: byhand.Dataset, tmp_path: Path
) -> None:
    model, images, labels = byhand.Model.load(), mnist.test.images[:n], mnist.test.labels[:n]
    network = quantising.quantised(model, quantising.examples(model, mnist.train), bits)
    read = check_alike(tmp_path, model, network, images)
    right = int((read == labels).sum())
    assert abs(right - int((model.predict(images) == labels).sum())) <= 5  # of 10,000 they are 0.05 points
    assert network.n_bytes < bits / 8 * len(model.theta) + 9 * sum(model.sizes)


@pytest.mark.parametrize("bits", range(2, 9))
def test_every_activation_and_width_of_weights(bits: int, rng: np.random.Generator, tmp_path: Path) -> None:
    images = rng.integers(0, 256, (300, 1, 20), np.uint8) * rng.integers(0, 2, (300, 1, 20), np.uint8)
    kinds = ["relu", "leaky_relu", "tanh", "sigmoid"]
    for activation, sizes in ((kinds[bits % 4], (20, 7, 5, 3)), (kinds[(bits + 1) % 4], (20, 300, 2))):
        model = drawn_model(sizes, activation, rng)
        check_alike(tmp_path, model, quantising.quantised(model, images, bits), images)
    model = drawn_model((20, 3), "relu", rng)
    check_alike(tmp_path, model, quantising.quantised(model, images, bits), images)


def test_weights_of_any_size_and_dead_units(rng: np.random.Generator, tmp_path: Path) -> None:
    images = rng.integers(0, 256, (300, 1, 20), np.uint8)
    images[:, :, 0] = 0
    for scale in (1e-30, 1e-3, 1e4):
        model = drawn_model((20, 6, 4, 3), "relu", rng)
        theta = scale * model.theta
        (w, b), (v, c), _ = layers(theta, model.sizes)
        w[:, 0], b[0], w[0, 1], v[:, 1], c[1], b[2] = 0, 0, 1e30, 0, 1e3, -1e20
        changed = replace(model, theta=theta)
        check_alike(tmp_path, changed, quantising.quantised(changed, images, 8), images)
        dark = np.zeros_like(images)
        check_alike(tmp_path, changed, quantising.quantised(changed, dark, 8), images)


def test_two_headers_in_one_program_of_c_and_of_c_plus_plus(
    model: byhand.Model, model_file: Path, tmp_path: Path, call: Run
) -> None:
    names = ('"a"', "b\\", "c??/", "ä €", "%d", "*/", "1", "'", "7?", "\N{GRINNING FACE}")
    replace(model, classes=names).save(tmp_path / "other.safetensors")
    call("export", "c", "one.h", "--model", model_file, "--fit")
    relabelled = byhand.Model.load(tmp_path / "other.safetensors")
    network = quantising.quantised(relabelled, np.zeros((5, 28, 28), np.uint8), 5)
    (tmp_path / "other.h").write_text(c_header.text(relabelled, network, "other", "o*?.h", fit=True))
    for options in ({}, {"compiler": CPP}):
        program = compiled(tmp_path, "two.c", *CHECKED, **options)
        told = subprocess.run([program], capture_output=True, check=True).stdout.decode().splitlines()
        assert told[:20] == [*model.classes, *names]
        assert len(told) == 21


def test_the_program_in_the_document_can_be_compiled(model: byhand.Model, tmp_path: Path) -> None:
    (program,) = re.findall(
        r"^```c\n(.*?)^```", (REPOSITORY / "docs/chip.md").read_text("utf-8"), re.DOTALL | re.MULTILINE
    )
    network = quantising.quantised(model, np.zeros((5, 28, 28), np.uint8), 4)
    (tmp_path / "digits.h").write_text(c_header.text(model, network, "digits", "digits.h", fit=True))
    (tmp_path / "main.c").write_text(f"{program}\nint main(void)\n{{\n    read_drawing();\n    return 0;\n}}\n")
    told = subprocess.run([compiled(tmp_path, str(tmp_path / "main.c"))], capture_output=True, check=True)
    assert told.stdout == b"Please write one digit.\n"


def drawings(mnist: byhand.Dataset, rng: np.random.Generator) -> list[NDArray[np.uint8]]:
    """Return ink of all kinds: digits of all sizes, several, at edges, strokes thick and thin, faint, grain, specks."""
    made = []
    for k in range(60):
        width, height = (int(side) for side in rng.integers(1, 260, 2))
        picture = Image.new("L", (width, height))
        for _ in range(rng.integers(1, (2, 4, 9, 40)[k % 4])):
            points = [(int(x) * width // 100, int(y) * height // 100) for x, y in rng.integers(-10, 110, (3, 2))]
            thick = int(rng.integers(1, (6, 20, 60, 8)[k % 4]))
            ImageDraw.Draw(picture).line(points, fill=int(rng.integers(10, 256)), width=thick, joint="curve")
        made.append(np.asarray(picture))
        made.append(np.asarray((rng.random((height, width)) < 0.2 * rng.random()) * rng.integers(0, 256), np.uint8))
        enlarged = np.pad(np.kron(mnist.test.images[k], np.ones((k % 9 + 1,) * 2, np.uint8)), k % 23)
        grain = rng.integers(0, 1 + k % 3 * 8, enlarged.shape)
        made.append(np.asarray(np.minimum(enlarged + grain, 255), np.uint8)[k % 20 :, k % 15 :])
        row = np.concatenate([np.pad(image, 3) for image in mnist.test.images[k : k + 2 + k % 5]], axis=k % 2)
        made.append(row)
    strewn = np.asarray(255 * (rng.random((90, 90)) < 0.03), np.uint8)
    strewn[40, 10:70] = 255
    far = np.zeros((60, 2000), np.uint8)
    far[0, 0] = far[-1, -1] = 60
    return [*made, strewn, far]


def check_fitted(inks: list[NDArray[np.uint8]], told: list[tuple[int, NDArray[np.uint8]]]) -> set[str | None]:
    """Check that drawings became the very pixels that Python makes of them, and return their problems."""
    seen: set[str | None] = set()
    for ink, (problem, image) in zip(inks, told, strict=True):
        main, kind = main_ink(ink) if ink.max() >= prepare.FAINTEST else (ink, None)
        # As `prepare_drawing` does, of ink whose paper is 0 wherever it lies.
        picture = open_picture(ink)
        wanted = prepare._finished(picture, main, drawing=True, dark=False, threshold=1.0, problem=kind)
        assert PROBLEMS[problem] == wanted.problem_kind
        assert (image == wanted.image.ravel()).all()
        seen.add(wanted.problem_kind)
    return seen


def test_a_drawing_becomes_the_same_pixels_as_in_python(
    model: byhand.Model, mnist: byhand.Dataset, rng: np.random.Generator, tmp_path: Path
) -> None:
    network = quantising.quantised(model, mnist.train.images[:1000], 8)
    header(tmp_path, model, network, fit=True)
    program = compiled(tmp_path, "host.c", "-DFIT", *CHECKED)
    inks = drawings(mnist, rng)
    told = subprocess.run([program], input=packed_drawings(inks), capture_output=True, check=True).stdout
    records = np.frombuffer(told, np.uint8).reshape(len(inks), -1)
    seen = check_fitted(inks, [(int(record[0]), record[4:]) for record in records])
    assert seen == set(PROBLEMS)


def test_a_cortex_m4_answers_the_same_from_little_flash_and_memory(mnist: byhand.Dataset, tmp_path: Path) -> None:
    *_, last = byhand.train(byhand.Recipe(epochs=1), mnist.train)  # of the usual size, 784-128-64-10
    network = quantising.quantised(last.model, quantising.examples(last.model, mnist.train), 8)
    images, inks = mnist.test.images[:500], [np.pad(image, 36) for image in mnist.test.images[:20]]
    inks += [np.pad(np.kron(image, np.ones((5, 5), np.uint8)), 9) for image in mnist.test.images[20:30]]
    (tmp_path / "images").write_bytes(images.tobytes())
    (tmp_path / "drawings").write_bytes(packed_drawings(inks))
    sizes = {}
    for fit in (False, True):
        header(tmp_path, last.model, network, fit=fit)
        program = compiled(tmp_path, "board.c", *(["-DFIT"] if fit else []), compiler=ARM)
        told = subprocess.run(["arm-none-eabi-size", program], capture_output=True, text=True, check=True).stdout
        text, data, *_ = told.splitlines()[1].split()
        sizes[fit] = int(text) + int(data)
        subprocess.run(QEMU, cwd=tmp_path, check=True, timeout=100)
        numbers = np.frombuffer((tmp_path / "answers").read_bytes(), np.int32).reshape(len(images), -1)
        read, logits, probabilities = answers(numbers[:, :-2].tobytes(), 10)
        assert (logits == fixed_point.logits(network, images)).all()
        assert (probabilities == fixed_point.predict_proba(network, images)).all()
        assert (read == logits.argmax(axis=1)).all()
        ticks, stack = numbers[:, -2:].T
        assert stack.max() + images[0].nbytes < 2048
        assert ticks.mean() * INSTRUCTIONS < 250_000
    assert sizes[False] < 115_000
    assert sizes[True] < 120 * 1024
    records = np.frombuffer((tmp_path / "fitted").read_bytes(), np.uint8).reshape(len(inks), -1)
    facts = records[:, :12].copy().view(np.int32)
    check_fitted(inks, list(zip(facts[:, 0].tolist(), records[:, 12:], strict=True)))
    assert facts[:, 2].max() < 4096
    assert facts[:, 1].max() * INSTRUCTIONS < 40_000_000

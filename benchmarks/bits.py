"""Measure what weights of few bits are worth, how they are best rounded, and what a network costs on a Cortex-M4.

python benchmarks/bits.py          a quarter of an hour; needs arm-none-eabi-gcc, newlib and qemu-system-arm
"""

import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from unittest.mock import patch

import numpy as np

import byhand
from byhand.data.validation import validation_part
from byhand.export import fixed_point, quantising
from byhand.export.measuring import measured
from byhand.types import Json
from common import Row, write_result

sys.path.insert(0, str(Path(__file__).parent.parent / "tests"))
from compiling import ARM, INSTRUCTIONS, QEMU, compiled, header, packed_drawings

BITS = (8, 7, 6, 5, 4, 3, 2)
SEEDS, VALIDATION = 3, 10_000
WIDTHS = (127, 255, 32767)  # the most that a hidden unit puts out: 7, 8 and 15 bits
IMAGES = 500  # that are read on the Cortex-M4
DRAWING = 100  # Pixels of its side


def nearest(
    w: quantising.Doubles, b: quantising.Doubles, _: fixed_point.Whole, unit: float, top: int
) -> tuple[np.ndarray, fixed_point.Whole, quantising.Doubles]:
    """Round weights to the nearest whole numbers, the largest of a unit to the largest: the usual way."""
    scales = np.maximum(np.abs(w).max(axis=0), 1e-30) / top
    return np.rint(w / scales).astype(np.int8), np.rint(b / (scales * unit)).astype(np.int64), scales * unit


def choices(mnist: byhand.Dataset) -> Iterator[Row]:
    """Yield how accurate ways to round are, on validation images, seed by seed."""
    for seed in range(SEEDS):
        recipe = byhand.Recipe(seed=seed, validation=VALIDATION)
        *_, last = byhand.train(recipe, mnist.train)
        part = validation_part(mnist.train, VALIDATION, seed)
        examples = quantising.examples(last.model, mnist.train)
        ways = [(bits, fixed_point.FULL) for bits in BITS] + [(8, most) for most in WIDTHS[:-1]]
        row: Row = {"seed": seed, "float32": float((last.model.predict(part.images) == part.labels).mean())}
        for bits, most in ways:
            network = quantising.quantised(last.model, examples, bits, most=most)
            row[f"{bits} bits, {most}"] = accuracy(network, part)
            if most == fixed_point.FULL:
                with patch.object(quantising, "rounded", nearest):
                    row[f"{bits} bits, nearest"] = accuracy(quantising.quantised(last.model, examples, bits), part)
        print(row, flush=True)
        yield row


def accuracy(network: fixed_point.Network, part: byhand.Split) -> float:
    """Return the share of images that are read right."""
    return float((fixed_point.logits(network, part.images).argmax(axis=1) == part.labels).mean())


def on_chip(name: str, model: byhand.Model, bits: int, *, fit: bool, mnist: byhand.Dataset) -> Row:
    """Return what a program that reads images takes on a Cortex-M4: flash, stack, and instructions by QEMU."""
    network = quantising.quantised(model, quantising.examples(model, mnist.train), bits)
    pad = (DRAWING - 28 * 3) // 2
    drawings = [np.pad(np.kron(image, np.ones((3, 3), np.uint8)), pad) for image in mnist.test.images[:50]]
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        header(folder, model, network, fit=fit)
        (folder / "images").write_bytes(mnist.test.images[:IMAGES].tobytes())
        (folder / "drawings").write_bytes(packed_drawings(drawings))
        program = compiled(folder, "board.c", *(["-DFIT"] if fit else []), compiler=ARM)
        told = subprocess.run(["arm-none-eabi-size", program], capture_output=True, text=True, check=True)  # noqa: S607
        text, data, *_ = map(int, told.stdout.splitlines()[1].split()[:3])
        subprocess.run(QEMU, cwd=folder, check=True)
        answers = np.frombuffer((folder / "answers").read_bytes(), np.int32).reshape(IMAGES, -1)
        row: Row = {"network": name, "bits": bits, "fit": fit, "flash": text + data}
        row |= {"instructions": float(answers[:, -2].mean() * INSTRUCTIONS), "stack": int(answers[:, -1].max())}
        if fit:
            fitted = np.frombuffer((folder / "fitted").read_bytes(), np.uint8).reshape(len(drawings), -1)
            facts = fitted[:, :12].copy().view(np.int32)
            row |= {"fit_instructions": float(facts[:, 1].mean() * INSTRUCTIONS), "fit_stack": int(facts[:, 2].max())}
    print(row, flush=True)
    return row


def main() -> None:
    """Measure all of it."""
    mnist = byhand.load("mnist")
    *_, last = byhand.train(byhand.Recipe(), mnist.train)
    models = {"seed": last.model, "reader": byhand.Model.load()}
    rows: list[Json] = []
    for name, model in models.items():
        for found in measured(model, mnist, BITS):
            rows.append({"network": name, **found.to_dict()})
            print(rows[-1], flush=True)
    chips: list[Json] = [
        on_chip(name, model, bits, fit=fit, mnist=mnist)
        for name, model in models.items()
        for bits in (8, 6, 4)
        for fit in (False, True)
    ]
    write_result(
        "bits",
        {
            "networks": {name: "-".join(map(str, model.sizes)) for name, model in models.items()},
            "rows": rows,
            "choices": list(choices(mnist)),
            "chips": chips,
            "compiler": first_line(ARM[0], "--version"),
            "qemu": first_line(QEMU[0], "--version"),
        },
    )


def first_line(*command: str) -> str:
    """Return the first line that a command prints."""
    return subprocess.run(command, capture_output=True, text=True, check=True).stdout.splitlines()[0]


if __name__ == "__main__":
    main()

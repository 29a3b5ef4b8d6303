"""How the command line says things: lines of text, and JSON lines."""

import contextlib
import json
import re
import sys
from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING

from byhand.commands.terminal import fitted
from byhand.labels import printable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from byhand.commands.seeds import SeedResult
    from byhand.data.datasets import Dataset, Split
    from byhand.errors import ByhandError
    from byhand.judging.evaluation import Comparison, Evaluation
    from byhand.judging.spread import SeedComparison
    from byhand.learning.progress import Epoch
    from byhand.learning.training import Training
    from byhand.reading.answers import Answer
    from byhand.reading.pages import Page
    from byhand.types import Json


_COMMAND = re.compile(r"\bbyhand [a-z]+ (?!--help)(--|\S*[./'])|\bpip install ")


def say(text: str, *, as_it_is: bool = False) -> None:
    """Print lines of text, which break between words on a terminal, unless they are to be taken as they are."""
    text = printable(text, "\n\t")
    print(text if as_it_is else fitted(text, sys.stdout), flush=True)


def say_json(facts: "Mapping[str, Json]") -> None:
    """Print one line of JSON."""
    text = json.dumps(facts, ensure_ascii=False, allow_nan=False)
    try:
        text.encode(getattr(sys.stdout, "encoding", None) or "utf-8")
    except UnicodeEncodeError:  # A program is to get the very text.
        text = json.dumps(facts, allow_nan=False)
    print(printable(text), flush=True)


def note(message: str) -> None:
    """Tell the user something beside the results, in one line."""
    text = printable(f"byhand: {message}")
    if not _COMMAND.search(text):  # Whoever copies one wants no end of a line within it.
        text = fitted(text, sys.stderr)
    with contextlib.suppress(OSError):  # Nobody listens; the work goes on.
        print(text, file=sys.stderr, flush=True)


def error_line(error: "ByhandError") -> str:
    """Return an error as a line of text, with its fields as options."""
    from byhand.learning.recipe import Recipe

    known = {*error.fields, *(entry.name for entry in fields(Recipe))}
    about = f"{', '.join(map(_option, error.fields))}: " if error.fields else ""
    return about + error.text_with(lambda name: _option(name) if name in known else f"`{name}`")


def _option(name: str) -> str:
    """Return a field or argument as the command line's option."""
    return f"--{name.replace('_', '-')}"


def training_lines(training: "Training", data: str) -> str:
    """Return what is going to be trained, on data of some name, as lines of text."""
    from byhand.data.distortions import Distortions
    from byhand.network import n_parameters

    recipe, sizes = training.recipe, training.sizes
    anew = ", drawn anew in every epoch" if Distortions.of(recipe) else ""
    rough = "" if recipe.precision == "float32" else f", products in {recipe.precision}"
    place = f" on {recipe.device}{rough}" if recipe.engine == "torch" else ""
    anew += ", classes weighted" if recipe.class_weight is not None else ""
    return (
        f"network {'-'.join(map(str, sizes))} ({n_parameters(sizes):,} parameters, {recipe.activation}), "
        f"seed {recipe.seed}\nlearns {len(training.learned):,} images of {data}{anew}, {recipe.batch_size} at a time: "
        f"{recipe.optimizer}, learning rate {recipe.starting_rate:.3g} ({recipe.schedule}), "
        f"{recipe.engine} engine{place}"
    )


def epoch_line(epoch: "Epoch", epochs: int, width: int | None = None) -> str:
    """Return an epoch's record as a line of text; what is wanted least is left out if a terminal is too narrow."""
    start = f"epoch {epoch.number:{len(str(epochs))}}/{epochs}   loss {loss_text(epoch.loss)}"
    right = "" if epoch.accuracy is None else f"{100 * epoch.accuracy:.2f} %"
    judged = f"   validation {right}" * bool(right)
    fully = (
        judged if epoch.validation_loss is None else f"   validation loss {loss_text(epoch.validation_loss)}, {right}"
    )
    lines = [start + rest for rest in (f"{fully}   {epoch.seconds:.1f} s", fully, judged, "")]
    return next((line for line in lines if width is None or len(line) <= width), start)


def loss_text(loss: float, digits: int = 4) -> str:
    """Return a loss with so many digits behind the point, or before a divergence in few characters."""
    return f"{loss:.{digits}f}" if loss < 1e5 else f"{loss:.{digits}g}"


def recipe_lines(name: str, about: str, measured: "Mapping[str, float] | None") -> str:
    """Return what there is to know about a recipe as lines of text."""
    result = ""
    if measured is not None:
        several = measured["n"] > 1
        spread, plural = (f" ± {measured['deviation']:.2f}", "s") if several else ("", "")
        result = (
            f"\n{'':23}test error {measured['error']:.2f}{spread} % ({measured['n']:.0f} seed{plural}), "
            f"{duration(measured['seconds'])} on one core"
        )
    return f"{name:<23}{about}{result}"


def duration(seconds: float) -> str:
    """Return a time in the unit that suits it."""
    return f"{seconds:.1f} s" if seconds < 90 else f"{seconds / 60:.0f} min"


def comparison_lines(comparison: "Comparison", names: tuple[str, str]) -> str:
    """Return a comparison of two models as lines of text, with the verdict in words."""
    better = names[0] if comparison.only_first > comparison.only_second else names[1]
    return (
        "\n".join(f"{name}: {100 * value:.2f} %" for name, value in zip(names, comparison.accuracies, strict=True))
        + f"\nread right by the first alone: {comparison.only_first}, by the second alone: {comparison.only_second}\n"
        + _verdict(comparison.p_value, "exact McNemar test", better, "images")
    )


def seed_comparison_lines(comparison: "SeedComparison", names: tuple[str, str]) -> str:
    """Return a comparison of two folders of seeds as lines of text, with the verdict in words."""
    better = names[comparison.accuracies[1] > comparison.accuracies[0]]
    told = [
        f"{name}: {100 * mean:.2f} ± {100 * deviation:.2f} % (mean ± standard deviation of {n} seeds)"
        for name, mean, deviation, n in zip(
            names, comparison.accuracies, comparison.deviations, comparison.n, strict=True
        )
    ]
    return "\n".join([*told, _verdict(comparison.p_value, "Welch's t-test", better, "seeds")])


def _verdict(p: float, test: str, better: str, evidence: str) -> str:
    """Return how often chance alone would part two as far, and what follows from that."""
    how_often = f"in {100 * p:.3g} of 100 cases ({test}, p = {p:.3g})"
    if p < 1e-6:  # Further digits mean nothing, and far below they run out.
        how_often = f"in less than one of a million cases ({test}, p < 0.000001)"
    verdict = (
        f"So the difference is hardly chance: {better} is better."
        if p < 0.05
        else f"So the difference may well be chance: these {evidence} do not tell which is better."
    )
    return f"Were they equally good, chance would part them as far {how_often}.\n{verdict}"


def seed_line(seed: "SeedResult") -> str:
    """Return how one seed did as a line of text."""
    return f"seed {seed.seed}   test {100 * seed.result.accuracy:.2f} %   {seed.result.seconds:.1f} s"


def summary_line(summary: "Mapping[str, Json]") -> str:
    """Return how all seeds did as a line of text."""
    if summary["deviation"] is None:
        return f"test: {100 * float(str(summary['accuracy'])):.2f} % read right by the one seed that did not fail"
    mean, deviation = (100 * float(str(summary[name])) for name in ("accuracy", "deviation"))
    return f"test: {mean:.2f} ± {deviation:.2f} % read right: mean ± standard deviation of {summary['n']} seeds"


def evaluation_line(evaluation: "Evaluation") -> str:
    """Return the accuracy and loss as a line of text."""
    low, high = evaluation.interval
    return (
        f"{100 * evaluation.accuracy:.2f} % of {evaluation.n:,} images read right "
        f"(95 % interval {100 * low:.2f} to {100 * high:.2f} %), loss {evaluation.loss:.4f}"
    )


def class_table(evaluation: "Evaluation", classes: Sequence[str]) -> str:
    """Return precision and recall of every class as a table."""
    matrix = evaluation.confusion_matrix
    rows = [
        (name, f"{matrix[k].sum():,}", f"{100 * evaluation.precision[k]:.2f} %", f"{100 * evaluation.recall[k]:.2f} %")
        for k, name in enumerate(classes)
    ]
    return (
        table(("class", "images", "precision", "recall"), rows)
        + "\nprecision: of all read as this class, how many were; recall: of all of this class, how many were found"
        f"\ncalibration error {100 * evaluation.calibration_error:.2f} %: how far its probabilities are from the truth"
    )


def fact_lines(facts: "Mapping[str, Json]", indent: str = "") -> str:
    """Return named facts, which may be nested, as lines of text; what is None is left out."""
    lines = []
    width = max([16 - len(indent), *(len(name) + 2 for name in facts)])
    for name, value in facts.items():
        if value is None:
            continue
        if isinstance(value, Mapping):
            lines.append(f"{indent}{name}\n{fact_lines(value, indent + '  ')}")
        elif isinstance(value, list | tuple) and any(isinstance(item, Mapping) for item in value):
            numbered = {str(k): item for k, item in enumerate(value, 1)}
            lines.append(f"{indent}{name}\n{fact_lines(numbered, indent + '  ')}")
        else:
            text = ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)
            lines.append(f"{indent}{name:<{width}}{text}")
    return "\n".join(lines)


def split_facts(split: "Split") -> "dict[str, Json]":
    """Return what there is to know about a split as JSON; the mean image in grey levels 0…255."""
    import numpy as np

    ink, mean = _ink_of(split)
    return {
        "n": len(split),
        "shape": list(split.image_shape),
        "counts": dict(
            zip(split.classes, np.bincount(split.labels, minlength=len(split.classes)).tolist(), strict=True)
        ),
        "share_of_ink": ink,
        "sha256": split.sha256(),
        "mean_image": np.round(mean, 2).tolist(),
    }


def dataset_lines(dataset: "Dataset") -> str:
    """Return what there is to know about a data set as lines of text, with its mean training image."""
    import numpy as np

    train, test = dataset.train, dataset.test
    counts = [np.bincount(split.labels, minlength=len(split.classes)) for split in (train, test)]
    rows = [(name, f"{counts[0][k]:,}", f"{counts[1][k]:,}") for k, name in enumerate(train.classes)]
    rows.append(("all", f"{len(train):,}", f"{len(test):,}"))
    height, width = train.image_shape
    ink, mean = _ink_of(train)
    checks = [
        f"{height}×{width} pixels, {100 * ink:.1f} % of them with ink",
        "files whole, as many labels as images, every label one of the classes",
        *(["checksums right (SHA256SUMS)"] if dataset.checksums else []),
    ]
    mean = mean / 255
    return "\n".join(
        [
            f"{dataset.name}: {'; '.join(checks)}",
            table(("class", "train", "test"), rows),
            "mean training image:",
            drawn_in_text(mean / mean.max() if mean.any() else mean),
        ]
    )


def _ink_of(split: "Split") -> "tuple[float, NDArray[np.float64]]":
    """Return the share of pixels with ink, and the mean image in grey levels."""
    import numpy as np

    from byhand.data.disk.stored import chunks

    lit, total = 0, np.zeros(split.image_shape)
    for some in chunks(split.source):
        lit += int(np.count_nonzero(some))
        total += some.sum(axis=0, dtype=np.float64)
    return lit / max(len(split) * total.size, 1), total / max(len(split), 1)


def drawn_in_text(image: "NDArray[np.floating]", ramp: str = " ░▒▓█") -> str:
    """Return an image (height, width) of values 0…1 as lines of text, two characters a pixel."""
    return "\n".join(
        "".join(2 * ramp[min(int(value * len(ramp)), len(ramp) - 1)] for value in row).rstrip() for row in image
    )


def table(header: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as lines with columns aligned to the right."""
    widths = [max(map(len, column)) for column in zip(header, *rows, strict=True)]
    return "\n".join(
        "  ".join(cell.rjust(width) for cell, width in zip(row, widths, strict=True)) for row in (header, *rows)
    )


def answer_line(name: str, answer: "Answer") -> str:
    """Return what a picture was read as, or why not, as a line of text."""
    (first, p), (second, q) = answer.guesses[:2]
    name = printable(name)
    if answer.name is not None:
        return f"{name}: {first} ({100 * p:.1f} %; next {second}, {100 * q:.1f} %)"
    return f"{name}: ? {answer.reason}" + (f" (most like {first}, {100 * p:.1f} %)" if answer.judged else "")


def say_page(page: "Page", name: str | None) -> None:
    """Print the numbers on a page, below its name if there is one; what was not read is told beside the results."""
    if name is not None:
        print(f"{printable(name)}:")
    if page.lines:
        say(page.text, as_it_is=True)
    for digit in page.digits:
        if digit.answer.name is None:
            left, top, right, bottom = digit.box
            note(f"? at {(left + right) // 2} right, {(top + bottom) // 2} down: {digit.answer.reason}.")

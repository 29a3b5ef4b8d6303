"""ByhandClassifier beside scikit-learn's MLPClassifier: seconds of learning, and how many rows are told right.

    python benchmarks/estimator.py             side by side, with the same settings
    python benchmarks/estimator.py --choose    what parameters are by default, on rows set aside

Both learn a network of 128 and 64 units by Adam at a rate of 0.001 that stays, as many epochs, batches as large,
without weight decay, from the same float32 rows; they take turns, a new seed each turn. A ratio is the median of those
of the turns. Times are of `fit` alone, of one core's processor time, as others may keep the machine busy.

Where the rows come from: MNIST comes with byhand, the digits with scikit-learn. Texts and terrain are made here, as the
real ones (20 newsgroups, covertype) lie elsewhere: as many rows, columns and classes, as sparse, and of units as many (of covertype's rows a tenth).
"""

import argparse
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from statistics import mean, median, stdev
from typing import Any

if __name__ == "__main__":  # before NumPy is loaded
    os.environ |= dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "NUMBA_NUM_THREADS"), "1")

import numpy as np
import scipy.sparse as sp
from sklearn.datasets import load_breast_cancer, load_digits, load_iris, load_wine
from sklearn.feature_extraction.text import TfidfTransformer
from sklearn.model_selection import RepeatedStratifiedKFold, train_test_split
from sklearn.neural_network import MLPClassifier
from sklearn.preprocessing import StandardScaler

import byhand
from byhand import machine
from byhand.sklearn import ByhandClassifier
from byhand.types import Json
from common import Row, write_result

RATE = 0.001
LAYERS = (128, 64)
TURNS = 3


@dataclass(frozen=True, eq=False)
class Data:
    """Rows to learn, and rows to judge by."""

    x: Any
    y: Any
    test_x: Any
    test_y: Any


def mnist() -> Data:
    """Return the images of MNIST as pixels of 0 to 1."""
    data = byhand.load()
    x, test_x = (part.images.reshape(-1, 784) / np.float32(255) for part in (data.train, data.test))
    return Data(x, data.train.labels, test_x, data.test.labels)


def sparse(data: Data) -> Data:
    """Return the same rows as sparse ones."""
    return Data(sp.csr_array(data.x), data.y, sp.csr_array(data.test_x), data.test_y)


def digits() -> Data:
    """Return scikit-learn's digits, a quarter to judge by."""
    x, y = load_digits(return_X_y=True)
    x, test_x, y, test_y = train_test_split(x / 16, y, stratify=y, random_state=0)
    return Data(x.astype(np.float32), y, test_x.astype(np.float32), test_y)


def texts(train: int = 11_314, test: int = 7_532, words: int = 30_000, topics: int = 20) -> Data:
    """Return texts of 20 topics, as counts of their words weighted by how rare these are.

    Words come as often as Zipf's law has it; each topic prefers some. The length of a text is log-normal, about 80
    words, a fifth of them of its topic.
    """
    rng = np.random.default_rng(0)
    count = train + test
    y, lengths = rng.integers(topics, size=count), np.maximum(rng.lognormal(4.4, 0.9, count).astype(int), 5)
    common = 1 / np.arange(1, words + 1)
    shares = [common / common.sum()]
    for _ in range(topics):
        own = common * (rng.random(words) < 0.03) * rng.lognormal(0, 1, words)
        own[:100] = 0
        shares.append(own / own.sum())
    rows, columns = [], []
    for topic in range(-1, topics):
        chosen = np.arange(count) if topic < 0 else np.flatnonzero(y == topic)
        often = rng.binomial(lengths[chosen], 0.8 if topic < 0 else 0.2)
        rows.append(np.repeat(chosen, often))
        columns.append(rng.choice(words, often.sum(), p=shares[topic + 1]))
    places = np.concatenate(rows), np.concatenate(columns)
    counts = sp.csr_array((np.ones(len(places[0]), np.float32), places), (count, words))
    weigher = TfidfTransformer(sublinear_tf=True).fit(counts[:train])
    x = sp.csr_array(weigher.transform(counts)).astype(np.float32)
    return Data(x[:train], y[:train], x[train:], y[train:])


def terrain(train: int = 50_000, test: int = 20_000) -> Data:
    """Return tables like covertype: ten measures in their units, four areas and forty soils as ones, seven classes.

    A network of random weights says what class a row is; one of ten is of another.
    """
    rng = np.random.default_rng(0)
    count = train + test
    hidden = rng.normal(size=(count, 6))
    measures = np.tanh(hidden @ rng.normal(size=(6, 10)) * 0.6) + 0.3 * rng.normal(size=(count, 10))
    ones = [np.eye(n)[(hidden @ rng.normal(size=(6, n)) + rng.gumbel(size=(count, n))).argmax(1)] for n in (4, 40)]
    whole = np.hstack([measures, *ones])
    inner = np.maximum(whole @ rng.normal(size=(54, 40)) / 2 + rng.normal(size=40), 0)
    logits = 2 * (inner @ rng.normal(size=(40, 7))) / np.sqrt(40) + np.array([1.5, 1.8, 0, -1.5, -0.8, -0.3, -0.2])
    y = logits.argmax(1)
    wrong = rng.random(count) < 0.1
    y[wrong] = rng.integers(7, size=int(wrong.sum()))
    units = np.r_[280, 112, 7.5, 212, 58, 1560, 27, 20, 38, 1325, np.ones(44)]
    x = (whole * units + np.r_[2960, 156, 14, 269, 46, 2350, 212, 223, 142, 1980, np.zeros(44)]).astype(np.float32)
    return Data(x[:train], y[:train], x[train:], y[train:])


def standardized(data: Data) -> Data:
    """Return the same rows as MLPClassifier needs them."""
    scaler = StandardScaler().fit(data.x)
    return Data(scaler.transform(data.x), data.y, scaler.transform(data.test_x), data.test_y)


def both(batch: int, epochs: int, seed: int) -> tuple[Any, Any]:
    """Return the two classifiers, with the same settings."""
    ours = ByhandClassifier(
        LAYERS,
        optimizer="adam",
        learning_rate=RATE,
        schedule="constant",
        batch_size=batch,
        epochs=epochs,
        random_state=seed,
    )
    theirs = MLPClassifier(
        LAYERS,
        learning_rate_init=RATE,
        batch_size=batch,
        max_iter=epochs,
        n_iter_no_change=epochs + 1,
        alpha=0,
        random_state=seed,
    )
    return ours, theirs


def turn(classifier: Any, data: Data) -> tuple[float, float]:
    """Return how many seconds a classifier learns, and the share that it then tells right."""
    start = time.process_time()
    classifier.fit(data.x, data.y)
    seconds = time.process_time() - start
    return seconds, float(classifier.score(data.test_x, data.test_y))


def beside(name: str, data: Data, batch: int, epochs: int, turns: int) -> Row:
    """Return what both came to."""
    both(batch, 1, 0)[0].fit(data.x[:500], data.y[:500])  # Loops are loaded, or compiled.
    told: list[list[tuple[float, float]]] = [[], []]
    for seed in range(turns):
        for each, classifier in zip(told, both(batch, epochs, seed), strict=True):
            each.append(turn(classifier, data))
    (ours, right), (theirs, their_right) = ([list(column) for column in zip(*each, strict=True)] for each in told)
    row = {
        "data": name,
        "rows": int(data.x.shape[0]),
        "features": int(data.x.shape[1]),
        "batch_size": batch,
        "epochs": epochs,
        "turns": turns,
        "byhand_seconds": ours,
        "byhand_accuracy": right,
        "mlp_seconds": theirs,
        "mlp_accuracy": their_right,
        "ratio": median(slow / fast for slow, fast in zip(theirs, ours, strict=True)),
    }
    print(
        f"{name}, batch {batch}: {median(ours):.2f} s beside {median(theirs):.2f} s, {row['ratio']:.2f} times as fast; "
        f"{100 * mean(right):.2f} beside {100 * mean(their_right):.2f} %",
        flush=True,
    )
    return row


def side_by_side(turns: int) -> list[Row]:
    """Return every comparison."""
    images, tables, batches = mnist(), standardized(terrain()), {32: 5, 200: 10}  # and epochs
    rows = [beside("MNIST", images, batch, epochs, turns) for batch, epochs in batches.items()]
    rows += [beside("MNIST, sparse", sparse(images), batch, epochs, turns) for batch, epochs in batches.items()]
    rows += [beside("digits", digits(), batch, 50, turns) for batch in batches]
    rows += [beside("texts, sparse", texts(), batch, 3, turns) for batch in batches]
    rows += [beside("terrain", tables, batch, 5, turns) for batch in batches]
    return rows


def small_sets() -> Iterator[tuple[str, Data]]:
    """Yield data to choose by: parts of each set, several times."""
    sets: dict[str, Callable[[], tuple[Any, Any]]] = {
        "iris": lambda: load_iris(return_X_y=True),
        "wine": lambda: load_wine(return_X_y=True),
        "cancer": lambda: load_breast_cancer(return_X_y=True),
        "digits": lambda: load_digits(return_X_y=True),
    }
    for name, load in sets.items():
        x, y = load()
        for learned, judged in RepeatedStratifiedKFold(n_splits=4, n_repeats=2, random_state=0).split(x, y):
            yield name, Data(x[learned], y[learned], x[judged], y[judged])
    for name, whole in (("terrain", terrain(12_000, 1)), ("MNIST", mnist())):
        x, y = whole.x, whole.y
        for seed in range(2):
            chosen = np.random.default_rng(seed).permutation(x.shape[0])[:12_000]
            learned, judged = chosen[: len(chosen) * 3 // 4], chosen[len(chosen) * 3 // 4 :]
            yield name, Data(x[learned], y[learned], x[judged], y[judged])


def choose() -> list[Row]:
    """Return how well each choice of steps and batch does on rows set aside."""
    rows = []
    for batch in (16, 32, 64):
        for epochs in (20, 50, 200, None):
            found: dict[str, list[float]] = {}
            start = time.process_time()
            for name, data in small_sets():
                if epochs is not None and epochs > 50 and data.x.shape[0] > 5_000:
                    continue  # Nobody would wait for it.
                made = ByhandClassifier(epochs=epochs, batch_size=batch, random_state=len(found.get(name, ())))
                found.setdefault(name, []).append(turn(made, data)[1])
            row: Row = {"batch_size": batch, "epochs": epochs, "seconds": time.process_time() - start}
            row["right"] = {name: {"mean": mean(all_), "sd": stdev(all_)} for name, all_ in found.items()}
            rows.append(row)
            told = ", ".join(f"{name} {100 * each['mean']:.2f}" for name, each in row["right"].items())
            print(f"batch {batch}, epochs {epochs}: {told} ({row['seconds']:.0f} s)", flush=True)
    return rows


def main() -> None:
    """Measure, and write what came out."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--choose", action="store_true", help="choose the default parameters")
    parser.add_argument("--turns", type=int, default=TURNS, help="how often each comparison is made")
    arguments = parser.parse_args()
    name, rows = (
        ("estimator_choice", choose) if arguments.choose else ("estimator", lambda: side_by_side(arguments.turns))
    )
    with machine.linear_algebra(1):
        result: dict[str, Json] = {"rows": rows(), "load": os.getloadavg()[1]}
    write_result(name, result, ["scikit-learn", "scipy", "numba"])


if __name__ == "__main__":
    main()

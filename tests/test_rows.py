"""Rows of numbers, dense and sparse, are learned as images are: by every engine, to the same weights."""

import tracemalloc
from collections.abc import Callable
from dataclasses import replace
from functools import partial
from itertools import pairwise
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import byhand
from byhand import machine, network
from byhand.compiled.blocks import lateness
from byhand.compiled.network import learn as learn_singly
from byhand.compiled.rows import probabilities
from byhand.data.rows import Sparse, Table
from byhand.learning.drawing import rows as drawing
from byhand.learning.drawing.rows import RowPortions
from byhand.learning.engines import compiled
from byhand.learning.engines.arrays import ArrayEngine
from byhand.learning.engines.compiled import CompiledEngine
from byhand.learning.optimizers import optimizer
from byhand.learning.progress import Epoch
from byhand.learning.training import Progress, Training
from byhand.network import Array
from byhand.types import Floats

OPTIMIZERS = ("sgd", "momentum", "nesterov", "adam", "adamw")
NAMES = ("low", "middle", "high")
ENGINES = ["numpy", "compiled", pytest.param("torch", marks=pytest.mark.torch)]


def written(rows: Floats, rng: np.random.Generator) -> Sparse:
    """Return rows as sparse ones: their columns in any order, some values in two parts, and some zeros told."""
    values, columns, starts = [], [], [0]
    for row in rows:
        told = np.flatnonzero(row)
        some = rng.choice(told, len(told) // 3, replace=False) if len(told) else told
        zeros = rng.integers(0, len(row), 2)
        parts = rng.normal(size=len(some)).astype(np.float32)
        order = rng.permutation(len(told) + len(some) + len(zeros))
        first = row[told].copy()
        first[np.searchsorted(told, some)] -= parts
        columns.append(np.concatenate([told, some, zeros])[order])
        values.append(np.concatenate([first, parts, np.zeros(2, np.float32)])[order])
        starts.append(starts[-1] + len(order))
    return Sparse(np.concatenate(values), np.concatenate(columns), np.array(starts), rows.shape[1])


def some_rows(n: int, width: int, dark: float, rng: np.random.Generator) -> Floats:
    """Return rows of numbers of both signs, of which a share is zero."""
    return (rng.normal(0, 2, (n, width)) * (rng.random((n, width)) >= dark)).astype(np.float32)


@pytest.fixture(scope="module")
def table() -> Table:
    """Return rows of which a network can learn something."""
    rng = np.random.default_rng(0)
    rows = some_rows(2300, 40, 0.8, rng)
    labels = (rows @ rng.normal(size=(40, 3))).argmax(axis=1).astype(np.uint8)
    return Table(rows, labels, NAMES)


@pytest.fixture(scope="module")
def sparse(table: Table) -> Table:
    """Return the same rows as sparse ones."""
    assert isinstance(table.features, np.ndarray)
    return replace(table, features=written(table.features, np.random.default_rng(1)))


def test_sparse_rows_say_what_they_are() -> None:
    rows = Sparse(np.array([1.5, 2, -1, 4]), np.array([2, 0, 2, 1]), np.array([0, 1, 1, 4]), 3)
    assert (len(rows), rows.shape) == (3, (3, 3))
    assert [rows.values.dtype.name, rows.columns.dtype.name, rows.starts.dtype.name] == ["float32", "int32", "int64"]
    np.testing.assert_array_equal(rows.dense(), [[0, 0, 1.5], [0, 0, 0], [2, 4, -1]])
    assert repr(rows) == "<byhand sparse rows: 3 of 3 numbers, 4 of them told>"
    twice = Sparse(rows.values, np.array([1, 1, 1, 0]), rows.starts, 3)
    np.testing.assert_array_equal(twice.dense(), [[0, 1.5, 0], [0, 0, 0], [4, 1, 0]])
    with pytest.raises(TypeError, match="have parts"):
        rows[1]  # type: ignore[index]
    lit, few = rows[:2].lit()
    np.testing.assert_array_equal(lit, [2])
    np.testing.assert_array_equal(few, [[1.5], [0]])


def test_a_table_says_what_it_is(table: Table, sparse: Table) -> None:
    assert repr(table) == repr(sparse) == "<byhand.Table: 2,300 rows of 40 numbers, 3 classes>"
    assert (len(table), table.width, table.image_shape) == (2300, 40, (1, 40))
    assert table.sha256() == table.take(slice(None)).sha256() != sparse.sha256()
    assert table.weighted(np.ones(2300)).weighted(None).sample_weight is None
    with pytest.raises(byhand.UsageError, match="no row is left") as error:
        byhand.train(byhand.Recipe(), table.take(slice(0)))
    assert error.value.fields == ("limit", "validation")


def test_what_has_the_right_types_is_not_copied() -> None:
    values, columns, starts = np.ones(3, np.float32), np.arange(3, dtype=np.int32), np.array([0, 2, 3])
    rows = Sparse(values, columns, starts, 3)
    for found, arrays in (
        (rows.values, values),
        (rows.columns, columns),
        (rows.starts, starts),
        (rows[1:].values, values),
    ):
        assert np.shares_memory(found, arrays)
        assert not found.flags.writeable
    dense = np.ones((2, 3), np.float32)
    assert np.shares_memory(Table(dense, np.zeros(2, np.uint8), NAMES).features, dense)


@given(
    n=st.integers(1, 12),
    width=st.integers(1, 9),
    dark=st.sampled_from([0.0, 0.7, 1.0]),
    seed=st.integers(0, 999),
    data=st.data(),
)
def test_parts_of_sparse_rows_are_those_of_dense_ones(
    n: int, width: int, dark: float, seed: int, data: st.DataObject
) -> None:
    rng = np.random.default_rng(seed)
    dense = some_rows(n, width, dark, rng)
    sparse = written(dense, rng)
    places: list[Any] = [
        data.draw(st.slices(n)),
        np.array(data.draw(st.lists(st.integers(-n, n - 1), max_size=15)), np.intp),
        rng.random(n) < 0.5,
    ]
    for chosen in places:
        np.testing.assert_allclose(sparse[chosen].dense(), dense[chosen], atol=1e-6)
    with pytest.raises(IndexError):
        sparse.taken(np.array([n]))


@pytest.mark.parametrize("number", [np.nan, np.inf, 1e39])
def test_what_is_no_number_is_refused_with_its_place(number: float) -> None:
    rows = np.zeros((3, 4))
    rows[2, 1] = number
    with pytest.raises(byhand.UsageError, match="row 2, column 1") as error:
        Table(rows, np.zeros(3, np.uint8), NAMES)  # type: ignore[arg-type]
    assert error.value.fields == ("features",)
    with pytest.raises(byhand.UsageError, match="place 1"):
        Sparse(np.array([0, number]), np.array([0, 1]), np.array([0, 2]), 2)


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"features": np.zeros(3)}, "features"),
        ({"features": np.zeros((3, 0))}, "features"),
        ({"features": [["a"]] * 3}, "features"),
        ({"labels": np.zeros(2, np.uint8)}, "labels"),
        ({"labels": np.array([0, 1, 3])}, "labels"),
        ({"labels": np.array([0, 1, -1])}, "labels"),
        ({"labels": np.zeros(3)}, "labels"),
        ({"classes": tuple(map(str, range(255)))}, "labels"),
        ({"weights": np.ones(2, np.float32)}, "weights"),
        ({"weights": np.array([1, -1, 1])}, "weights"),
        ({"weights": np.array([1, np.nan, 1])}, "weights"),
        ({"weights": np.array([1, 1e39, 1])}, "weights"),
    ],
)
def test_what_fits_no_table_is_refused_by_its_field(change: dict[str, Any], field: str) -> None:
    sound: dict[str, Any] = {
        "features": np.zeros((3, 2), np.float32),
        "labels": np.zeros(3, np.uint8),
        "classes": NAMES,
    }
    with pytest.raises(byhand.UsageError) as error:
        Table(**{**sound, **change})
    assert error.value.fields == (field,)
    Table(**{**sound, "classes": tuple(map(str, range(254)))})


@pytest.mark.parametrize(
    "change",
    [
        {"width": 0},
        {"width": 2**31},
        {"width": 2},
        {"columns": np.array([0, -1, 1])},
        {"columns": np.array([0, 1])},
        {"starts": np.array([0, 2])},
        {"starts": np.array([0, 3, 2, 3])},
        {"starts": np.array([1, 3])},
        {"starts": np.empty(0, np.int64)},
    ],
)
def test_sparse_rows_that_do_not_fit_together_are_refused(change: dict[str, Any]) -> None:
    sound = {"values": np.ones(3), "columns": np.array([0, 2, 1]), "starts": np.array([0, 3]), "width": 3}
    with pytest.raises(byhand.UsageError) as error:
        Sparse(**{**sound, **change})
    assert error.value.fields == ("features",)


def moved(engine_of: Callable[..., Any], start: Array, sizes: tuple[int, ...], name: str, **given: Any) -> Array:
    """Return by how much an engine moved, and the losses, when it has learned the rows that are given."""
    mover = optimizer(name, start.copy(), weight_decay=0.1)
    if engine_of is CompiledEngine:  # As trainings have it; else it would compile the loops for images, too.
        engine_of = partial(engine_of, like=given["learned"][0][:0])
    engine = engine_of(start.copy(), sizes, given["activation"], mover, given["batch_size"])
    losses = [engine.learn(*given["learned"], rate, given["weights"]) for rate in given["rates"]]
    return np.concatenate([engine.theta - start, *losses, *(v.ravel() for v in mover.memory().values())])


@settings(max_examples=60)
@given(
    hidden=st.lists(st.integers(1, 140), max_size=2),
    width=st.integers(1, 300),
    batch_size=st.sampled_from([1, 2, 7, 70]),
    n=st.integers(1, 90),
    activation=st.sampled_from(sorted(network.ACTIVATIONS)),
    name=st.sampled_from(OPTIMIZERS),
    dark=st.sampled_from([0.2, 0.9, 0.99, 1.0]),
    is_sparse=st.booleans(),
    seed=st.integers(0, 9999),
)
def test_compiled_loops_learn_any_rows_as_the_network_does(
    hidden: list[int],
    width: int,
    batch_size: int,
    n: int,
    activation: str,
    name: str,
    dark: float,
    is_sparse: bool,
    seed: int,
) -> None:
    rng = np.random.default_rng(seed)
    sizes = (width, *hidden, 3)
    rows = some_rows(n, width, dark, rng)
    labels, weights = rng.integers(0, 3, n).astype(np.uint8), rng.uniform(0.5, 2, n).astype(np.float32)
    start = network.initial_parameters(sizes, activation, rng)
    given = {"batch_size": batch_size, "weights": weights, "activation": activation, "rates": (1e-3, 5e-4)}
    expected = moved(ArrayEngine, start.astype(np.float64), sizes, name, learned=(rows, labels), **given)
    learned = written(rows, rng) if is_sparse else rows
    found = moved(CompiledEngine, start, sizes, name, learned=(learned, labels), **given)
    # Adam divides by the root of what may be nearly nothing.
    close = 2e-4 if name.startswith("adam") else 1e-4
    assert np.linalg.norm(found - expected) <= close * np.linalg.norm(expected)


@pytest.mark.parametrize("name", OPTIMIZERS[1:])
def test_columns_that_were_not_named_for_long_have_moved_like_all_others(name: str) -> None:
    rng = np.random.default_rng(0)
    rows, sizes, n = np.zeros((700, 30), np.float32), (30, 9, 3), 700
    rows[np.arange(n), np.minimum(rng.geometric(0.2, n), 29)] = rng.normal(size=n)
    rows[::350, 0], rows[5, 27], rows[300:310, 28] = 1, 1, 1
    labels, start = rng.integers(0, 3, n).astype(np.uint8), network.initial_parameters(sizes, "tanh", rng)
    given = {"batch_size": 1, "weights": None, "activation": "tanh", "rates": (1e-3,)}
    expected = moved(ArrayEngine, start.astype(np.float64), sizes, name, learned=(rows, labels), **given)
    found = moved(CompiledEngine, start, sizes, name, learned=(written(rows, rng), labels), **given)
    assert np.linalg.norm(found - expected) <= 2e-5 * np.linalg.norm(expected)


@pytest.mark.parametrize("name", ["sgd", "nesterov", "adamw"])
@pytest.mark.parametrize(("width", "told"), [(200, 3), (70_000, 3), (70_000, 90)])
def test_wide_rows_are_learned_in_many_pieces(
    name: str, width: int, told: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(compiled, "SMALLEST_PART", 50)
    monkeypatch.setattr(lateness, "TOGETHER", 1000)
    rng = np.random.default_rng(0)
    n, sizes = 130, (width, 5, 3)
    # The squares of uniform numbers: some columns are named again and again.
    places = (rng.random(n * told) ** 2 * width).astype(np.int32)
    rows = Sparse(rng.normal(size=n * told).astype(np.float32), places, np.arange(n + 1) * told, width)
    labels, start = rng.integers(0, 3, n).astype(np.uint8), network.initial_parameters(sizes, "relu", rng)
    given = {"batch_size": 40, "weights": None, "activation": "relu", "rates": (1e-3, 1e-3), "learned": (rows, labels)}
    expected = moved(ArrayEngine, start.astype(np.float64), sizes, name, **given)
    found = moved(CompiledEngine, start, sizes, name, **given)
    assert np.linalg.norm(found - expected) <= 1e-4 * np.linalg.norm(expected)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("batch_size", [1, 20])
def test_divergence_is_told_in_words(engine: Any, batch_size: int, table: Table, sparse: Table) -> None:
    recipe = byhand.Recipe(engine=engine, batch_size=batch_size, learning_rate=1e30, epochs=1, limit=200)
    for learned in (table, sparse):
        with pytest.raises(byhand.ByhandError, match=r"in epoch 1: .*`learning_rate`"):
            byhand.fit(recipe, learned)


def test_nothing_is_left_to_compile_when_the_engine_is_made(table: Table) -> None:
    Training(byhand.Recipe(engine="compiled"), table).advance(1)
    signatures = learn_singly.signatures  # type: ignore[attr-defined]
    assert [str(images.dtype) for _, _, _, images, *_ in signatures].count("float32") == 1


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_threads_change_no_bit(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(0)
    rows, sizes = some_rows(900, 700, 0.95, rng), (700, 90, 3)
    labels, start = rng.integers(0, 3, 900).astype(np.uint8), network.initial_parameters(sizes, "relu", rng)
    for learned in (rows, written(rows, rng)):
        found = []
        for threads in (1, 2):
            monkeypatch.setattr(machine, "threads", lambda threads=threads: threads)
            engine = CompiledEngine(start, sizes, "relu", optimizer(name, start.copy()), 150, like=learned[:0])
            engine.learn(learned, labels, 0.01)
            found.append(engine.theta.tobytes())
        assert found[0] == found[1]


@pytest.fixture(params=["entries", "written"])
def way(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let sparse rows be learned entry by entry, or be written down as those that are full are."""
    monkeypatch.setattr(drawing, "FULL", 0.0 if request.param == "written" else 2.0)


@pytest.mark.usefixtures("way")
@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", OPTIMIZERS)
def test_every_engine_learns_sparse_rows_as_dense_ones(engine: Any, name: Any, table: Table, sparse: Table) -> None:
    recipe = byhand.Recipe(layers=(8,), epochs=2, batch_size=32, optimizer=name, validation=300, limit=500)
    expected = byhand.fit(replace(recipe, engine="numpy"), table)
    for learned in (table, sparse):
        epoch = byhand.fit(replace(recipe, engine=engine), learned)
        assert epoch.loss == pytest.approx(expected.loss, rel=1e-4)
        assert epoch.validation_loss == pytest.approx(expected.validation_loss, rel=1e-4)
        np.testing.assert_allclose(epoch.model.theta, expected.model.theta, atol=1e-4)


@pytest.mark.parametrize("full", [None, 0.0, 2.0])  # dense rows; sparse ones, as `way` has it
@pytest.mark.parametrize(
    ("engine", "choices"),
    [
        ("compiled", {}),
        ("compiled", {"batch_size": 7, "optimizer": "momentum", "class_weight": "balanced"}),
        (
            "compiled",
            {"batch_size": 64, "optimizer": "adamw", "average": 0.9, "validation": 100, "patience": 1, "warmup": 0.3},
        ),
        ("compiled", {"batch_size": 16, "optimizer": "adam", "label_smoothing": 0.1}),
        ("numpy", {"batch_size": 32, "optimizer": "nesterov"}),
    ],
)
def test_going_on_from_any_moment_gives_the_same_bits(
    engine: Any,
    full: float | None,
    choices: dict[str, Any],
    table: Table,
    sparse: Table,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    recipe = byhand.Recipe(layers=(6,), epochs=2, engine=engine, limit=1700, **choices)
    learned = table if full is None else sparse
    monkeypatch.setattr(drawing, "FULL", full)
    states, whole = [], []
    for record in Training(recipe, learned).run():
        if isinstance(record, Progress):
            states.append(record.training.state())
        else:
            whole.append(record)
    for state in states[:-1]:
        rest = [record for record in Training(recipe, learned, state).run() if isinstance(record, Epoch)]
        assert [epoch.loss for epoch in rest] == [epoch.loss for epoch in whole[state.place.epoch - 1 :]]
        assert rest[-1].best.theta.tobytes() == whole[-1].best.theta.tobytes()
        assert rest[-1].model.theta.tobytes() == whole[-1].model.theta.tobytes()


@pytest.mark.parametrize("name", ["sgd", "momentum", "adam"])
def test_other_rows_are_learned_from_where_a_training_stood(name: Any, sparse: Table) -> None:
    recipe = byhand.Recipe(layers=(6,), epochs=1, batch_size=16, optimizer=name, schedule="constant")
    parts = [sparse.take(slice(start, start + 575)) for start in range(0, 2300, 575)]
    state, losses = None, []
    for number, part in enumerate(parts, 1):
        training = Training(replace(recipe, epochs=number), part, state)
        losses += [record.loss for record in training.run() if isinstance(record, Epoch)]
        state = training.state().onward(number + 1)
    assert all(later < earlier for earlier, later in pairwise(losses))
    assert state is not None
    assert state.place.best_epoch == state.place.done == 0


def test_a_weight_counts_as_rows_that_are_there_so_often(table: Table) -> None:
    few, recipe = table.take(slice(60)), byhand.Recipe(layers=(5,), epochs=3, batch_size=1000)
    counts = np.arange(60) % 3
    repeated = byhand.fit(recipe, few.take(np.repeat(np.arange(60), counts)))
    weighed = byhand.fit(recipe, few.weighted(counts.astype(np.float64)))
    np.testing.assert_allclose(weighed.model.theta, repeated.model.theta, atol=1e-5)
    assert few.weighted(counts.astype(np.float64)).sha256() != few.sha256()
    again = byhand.fit(recipe, few, sample_weight=counts)
    np.testing.assert_array_equal(again.model.theta, weighed.model.theta)


@pytest.mark.parametrize(
    "choice", [{"rotation": 3.0}, {"elastic": 1.0}, {"strangers": 0.1}, {"hands": 0.1}, {"adversarial": 0.1}]
)
def test_what_only_images_can_have_is_refused_by_its_field(choice: dict[str, float], table: Table) -> None:
    with pytest.raises(byhand.UsageError, match="for images") as error:
        byhand.train(byhand.Recipe(**choice), table)  # type: ignore[arg-type]
    assert error.value.fields == (*choice,)


@pytest.mark.parametrize("has_numba", [True, False])
def test_probabilities_are_the_networks(has_numba: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "has_numba", lambda: has_numba)
    rng = np.random.default_rng(0)
    rows, sizes = some_rows(1500, 90, 0.9, rng), (90, 130, 7, 3)
    theta = network.initial_parameters(sizes, "tanh", rng)
    _, logits = network.forward(theta.astype(np.float64), sizes, "tanh", rows)
    expected = network.softmax(logits)
    for features in (rows, rows.astype(np.float64), written(rows, rng), written(rows, rng)[:0]):
        found = probabilities(theta, sizes, "tanh", features)  # type: ignore[arg-type]
        assert found.dtype == np.float32
        np.testing.assert_allclose(found, expected[: len(features)], atol=2e-6)
    none = probabilities(theta[: 90 * 3 + 3], (90, 3), "tanh", written(rows[:5], rng))
    np.testing.assert_allclose(none, probabilities(theta[: 90 * 3 + 3], (90, 3), "tanh", rows[:5]), atol=2e-6)
    with pytest.raises(byhand.UsageError, match="90") as error:
        probabilities(theta, sizes, "tanh", rows[:, 1:])
    assert error.value.fields == ("features",)
    with pytest.raises(byhand.UsageError, match="no number"):
        probabilities(theta * 1e30, sizes, "relu", rows * 1e10)


@pytest.mark.parametrize("engine", ENGINES)
@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_no_table_is_written_down_with_its_zeros(engine: Any, name: Any) -> None:
    n, width = 100_000, 1_000_000
    rng = np.random.default_rng(0)
    columns = rng.integers(0, width, 3 * n, np.int32)
    rows = Sparse(np.ones(3 * n, np.float32), columns, np.arange(n + 1) * 3, width)
    learned = Table(rows, rng.integers(0, 2, n).astype(np.uint8), ("no", "yes"))
    training = Training(byhand.Recipe(layers=(2,), batch_size=8, optimizer=name, engine=engine), learned)
    training.engine.learn(rows[:0], learned.labels[:0], 0.1) if engine == "compiled" else None
    tracemalloc.start()
    assert training.advance(8) is not None
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 12 * training.theta.nbytes + 2**26


def full_rows(n: int, width: int, told: int) -> tuple[Sparse, Floats]:
    """Return rows of which each tells so many numbers, and the same with their zeros."""
    rng = np.random.default_rng(0)
    columns = rng.random((n, width)).argsort(axis=1)[:, :told]
    columns.sort(axis=1)
    rows = Sparse(rng.normal(size=n * told), columns.ravel(), np.arange(n + 1) * told, width)  # type: ignore[arg-type]
    return rows, rows.dense()


@pytest.mark.parametrize(
    ("told", "batch_size", "room", "as_dense"),
    [
        (30, 10, 2**24, True),
        (30, 9, 2**24, False),  # Most columns are left alone by a batch.
        (29, 1000, 2**24, False),  # Most of what would be written down are zeros.
        (300, 1, 2**24, True),
        (30, 10**9, 5000 * 300, True),
        (30, 10**9, 5000 * 300 - 1, False),  # A batch of everything has no room.
        (30, 10, 1000 * 300 - 1, False),
    ],
)
def test_rows_that_are_full_are_written_down_where_that_pays_and_has_room(
    told: int, batch_size: int, room: int, as_dense: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(drawing, "ROOM", room)
    columns = np.tile(np.arange(told), 5000)
    rows = Sparse(np.ones(len(columns), np.float32), columns, np.arange(5001) * told, 300)
    stretch = max(1000 // batch_size, 1) * batch_size
    portions = RowPortions(byhand.Recipe(batch_size=batch_size, engine="numpy"), rows, stretch)
    assert isinstance(portions.none, np.ndarray) is as_dense
    assert type(portions.take(1, 0, 20)) is type(portions.none)
    assert (portions.steps_at_once == 1) is as_dense


@pytest.mark.parametrize("engine", ["numpy", "compiled"])
@pytest.mark.parametrize("choices", [{"optimizer": "adam"}, {"average": 0.9, "validation": 400}])
def test_full_rows_are_learned_to_the_bits_of_dense_ones(engine: Any, choices: dict[str, Any]) -> None:
    rows, dense = full_rows(1700, 30, 6)
    labels = (dense[:, :3].argmax(axis=1)).astype(np.uint8)
    recipe = byhand.Recipe(layers=(8,), epochs=2, batch_size=24, engine=engine, **choices)
    one, other = (byhand.fit(recipe, Table(features, labels, NAMES)) for features in (rows, dense))
    assert (one.loss, one.accuracy) == (other.loss, other.accuracy)
    assert one.model.theta.tobytes() == other.model.theta.tobytes()


def test_the_loop_writes_what_is_told_twice_or_nowhere_as_numpy_does() -> None:
    rng = np.random.default_rng(0)
    rows = written(some_rows(50, 9, 0.5, rng), rng)
    recipe, found = byhand.Recipe(batch_size=50), []
    for engine in ("numpy", "compiled"):
        portions = RowPortions(replace(recipe, engine=engine), rows, 50)
        found.append(portions.take(3, 4, 44))
        assert portions.none.shape == (0, 9)
    assert found[0].tobytes() == found[1].tobytes()  # type: ignore[union-attr]


@pytest.mark.parametrize("engine", ENGINES)
def test_full_rows_are_never_all_written_down(engine: Any) -> None:
    rows, _ = full_rows(20_000, 100, 10)
    learned = Table(rows, np.zeros(20_000, np.uint8), NAMES)
    training = Training(byhand.Recipe(layers=(2,), batch_size=50, engine=engine, epochs=1), learned)
    training.advance()
    tracemalloc.start()
    while not isinstance(training.advance(), Epoch):
        pass
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000 * 100 * 4 / 3


def test_large_numbers_whose_sum_is_too_large_are_learned_all_the_same() -> None:
    rows = np.full((4, 2), 3e38, np.float32)
    assert len(Table(rows, np.zeros(4, np.uint8), NAMES)) == 4
    with pytest.raises(byhand.UsageError, match="row 2, column 1"):
        Table(np.where(np.arange(8).reshape(4, 2) == 5, np.inf, rows), np.zeros(4, np.uint8), NAMES)


@pytest.mark.torch
@pytest.mark.usefixtures("way")
def test_networks_that_learn_sparse_rows_together_write_down_a_batch_at_a_time(
    table: Table, sparse: Table, monkeypatch: pytest.MonkeyPatch
) -> None:
    dense, sizes = Sparse.dense, list[int]()

    def seen(rows: Sparse) -> Floats:
        sizes.append(len(rows))
        return dense(rows)

    monkeypatch.setattr(Sparse, "dense", seen)
    recipe = byhand.Recipe(layers=(8,), epochs=1, limit=200, batch_size=64, optimizer="adam", engine="torch")
    *_, expected = byhand.train_together(recipe, table, seeds=3)  # type: ignore[arg-type]
    *_, found = byhand.train_together(recipe, sparse, seeds=3)  # type: ignore[arg-type]
    for one, other in zip(found, expected, strict=True):
        assert isinstance(one, Epoch)
        assert isinstance(other, Epoch)
        np.testing.assert_allclose(one.model.theta, other.model.theta, atol=1e-4)
    assert max(sizes) == (64 if drawing.FULL else 200)

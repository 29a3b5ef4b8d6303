"""The classifier as a data scientist uses it: pipelines, searches, sparse rows, frames, tensors, callbacks."""

import logging
import os
import pickle
import subprocess
import sys
from functools import partial
from pathlib import Path
from typing import Any

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # else SciPy, and so scikit-learn, heeds no arrays of other libraries

import joblib
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
import sklearn
import sklearn.exceptions
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.datasets import load_digits, load_wine, make_classification
from sklearn.ensemble import VotingClassifier
from sklearn.inspection import permutation_importance
from sklearn.model_selection import GridSearchCV, cross_val_score
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.utils import estimator_checks

import byhand
from byhand.data.rows import Table
from byhand.errors import UsageError
from byhand.sklearn import ByhandClassifier, Checkpoint, EarlyStopping, Logging, scaling
from byhand.sklearn.scaling import scaling_of
from conftest import REPOSITORY
from test_docs import blocks

pytestmark = pytest.mark.sklearn

X, Y = load_digits(return_X_y=True)
X, Y, REST, REST_Y = X[:600], Y[:600], X[600:], Y[600:]
quick = partial(ByhandClassifier, (32,), epochs=8, learning_rate=0.01, random_state=0)

with_callbacks = pytest.mark.skipif(not hasattr(ByhandClassifier, "set_callbacks"), reason="scikit-learn before 1.9")


def same(one: Any, other: Any) -> bool:
    """Tell whether two classifiers say the same of some rows, to the last bit."""
    return np.array_equal(one.predict_proba(REST), other.predict_proba(REST))


def test_it_learns_in_pipelines_searches_and_ensembles() -> None:
    grid = {"byhandclassifier__layers": [(2,), (32,)], "byhandclassifier__activation": ["relu", "tanh"]}
    search = GridSearchCV(make_pipeline(StandardScaler(), quick()), grid, cv=2).fit(X, Y)
    assert search.best_params_["byhandclassifier__layers"] == (32,)
    assert search.score(REST, REST_Y) > 0.85
    assert CalibratedClassifierCV(quick(), cv=2).fit(X, Y).score(REST, REST_Y) > 0.8
    voting = VotingClassifier([("a", quick()), ("b", quick().set_params(layers=(16,)))], voting="soft")
    assert voting.fit(X, Y).score(REST, REST_Y) > 0.85
    moved = permutation_importance(quick().fit(X, Y), REST, REST_Y, n_repeats=1, random_state=0).importances_mean
    assert moved.max() > 0.005 > abs(moved[0])  # A corner is never lit.


def test_a_search_in_two_processes_finds_the_same_and_shares_the_cores() -> None:
    score = partial(cross_val_score, quick(), X, Y, cv=2)
    assert np.array_equal(score(n_jobs=2), score())
    with joblib.parallel_config(backend="threading"):
        assert np.array_equal(score(n_jobs=2), score())
    told = joblib.Parallel(n_jobs=2)(joblib.delayed(_threads)() for _ in range(2))
    assert max(told) <= max(1, joblib.cpu_count() // 2)


def _threads() -> int:
    from byhand import machine

    return machine.threads()


def test_a_pickle_a_clone_and_a_second_fit_say_the_same() -> None:
    fitted = quick().fit(X, Y)
    assert same(pickle.loads(pickle.dumps(fitted)), fitted)  # noqa: S301  # our own
    assert same(clone(fitted).fit(X, Y), fitted)
    assert same(fitted.fit(X, Y), clone(fitted).fit(X, Y))
    assert not hasattr(clone(fitted), "classes_")
    assert repr(fitted) == "ByhandClassifier(epochs=8, layers=(32,), learning_rate=0.01, random_state=0)"


def test_the_unit_of_a_feature_does_not_matter() -> None:
    x, y = load_wine(return_X_y=True)
    units = 10.0 ** np.arange(-6, 7)
    one, other = (quick(epochs=30).fit(rows, y) for rows in (x, x * units))
    assert np.allclose(one.predict_proba(x), other.predict_proba(x * units), atol=1e-3)
    assert one.score(x, y) > 0.97


def test_features_far_from_zero_are_told_apart() -> None:
    x = np.random.default_rng(0).normal(1.7e9, 3600, (300, 1))  # seconds since 1970
    y = (x[:, 0] > 1.7e9).astype(int)
    assert quick(epochs=40).fit(x, y).score(x, y) > 0.95
    huge = quick(epochs=40).fit(x * 1e290, y)
    assert huge.score(x * 1e290, y) > 0.95
    assert np.isfinite(quick().fit(x / 1e300, y).predict_proba([[1e300]])).all()


@pytest.mark.parametrize("form", [sp.csr_array, sp.csc_array, sp.coo_array, sp.csr_matrix])
def test_sparse_rows_say_what_dense_ones_say(form: Any) -> None:
    dense, sparse = quick().fit(X, Y), quick().fit(form(X), Y)
    assert np.allclose(sparse.predict_proba(form(REST)), dense.predict_proba(REST), atol=1e-5)
    assert np.array_equal(sparse.predict(REST), dense.predict(REST))


@pytest.mark.parametrize("form", [np.asarray, sp.csr_array])
def test_a_row_is_answered_alike_wherever_it_stands(form: Any) -> None:
    fitted, rng = ByhandClassifier((64,), epochs=8, random_state=0).fit(X, Y), np.random.default_rng(0)
    said = fitted.predict_proba(form(REST))
    for _ in range(20):
        some = rng.permutation(len(REST))[: rng.integers(1, len(REST))]
        # A product in float32 gives about 1e-6, as on most processors it rounds the last rows in another way.
        assert np.allclose(fitted.predict_proba(form(REST[some])), said[some], rtol=2e-7, atol=0)


def test_a_place_told_twice_in_sparse_rows_is_a_sum() -> None:
    twice = sp.csr_array((np.r_[1.0, 2, 5], [0, 0, 1], [0, 2, 3]), (2, 2))
    one = quick().fit(twice, [0, 1])
    assert np.array_equal(one.predict_proba(twice), quick().fit(twice.toarray(), [0, 1]).predict_proba(twice))
    assert twice.nnz == 3


@pytest.mark.parametrize("sparse", [False, True])
def test_scaling_counts_a_weighted_row_as_often_as_it_counts(sparse: bool) -> None:
    rng = np.random.default_rng(0)
    x, counts = rng.normal(2, 1, (50, 4)) * [1, 0, 5, 1], rng.integers(1, 4, 50)
    x[:, 3] = 7
    wrap = sp.csr_array if sparse else np.asarray
    weighted, repeated = scaling_of(wrap(x), counts / 3), scaling_of(wrap(x.repeat(counts, axis=0)), None)
    assert np.allclose(weighted.shift, repeated.shift)
    assert np.allclose(weighted.scale, repeated.scale)
    if not sparse:
        assert weighted.shift[3] == 7
        assert weighted.scale[1] == weighted.scale[3] == weighted.scale.max()


def test_rare_numbers_count_no_more_than_frequent_ones() -> None:
    rng = np.random.default_rng(0)
    x = np.where(rng.random((4000, 3)) < [0.002, 0.1, 0.9], rng.choice([2.0, 4], (4000, 3)), 0) * [1, 100, 1e-3]
    x[0] = [4, 400, 4e-3]
    scaled = scaling_of(x, None).dense(x)
    for column in scaled.T:
        assert np.sqrt((column[column != 0] ** 2).mean()) == pytest.approx(1, rel=1e-6)
    x[1, 1] = 1e6  # What is far larger than all others shall not be, either.
    assert scaling_of(x, None).dense(x)[1, 1] == 4


@pytest.mark.parametrize("kind", [np.float32, np.float64, np.int64])
def test_sparse_rows_are_scaled_to_the_bits_of_dense_ones(kind: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scaling, "_CHUNK", 50)
    rng = np.random.default_rng(0)
    x = (rng.normal(size=(300, 7)) * 10.0 ** np.arange(7) * (rng.random((300, 7)) < 0.4)).astype(kind)
    wide = x * kind(2) if kind == np.int64 else x * kind(1e30)
    for rows in (x, wide):
        dense, sparse = scaling_of(rows, None), scaling_of(sp.csr_array(rows), None)
        assert np.array_equal(dense.scale, sparse.scale)
        assert (dense.lowest, dense.highest) == (sparse.lowest, sparse.highest) == (rows.min(), rows.max())
        assert np.array_equal(dense.dense(rows), sparse.sparse(sp.csr_array(rows)).dense())


def test_sparse_rows_that_are_full_lead_to_the_bits_of_dense_ones() -> None:
    dense, sparse = quick().fit(X, Y), quick().fit(sp.csr_array(X), Y)
    assert sparse.loss_curve_ == dense.loss_curve_
    assert sparse._learned.theta.tobytes() == dense._learned.theta.tobytes()


def test_no_fingerprint_is_taken_that_nobody_asks_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Table, "sha256", None)
    fitted = quick(epochs=1).fit(X, Y)
    assert "data" not in fitted.to_model().details


def test_weights_are_repetitions_where_a_batch_is_everything() -> None:
    counts = np.random.default_rng(0).integers(0, 4, len(Y))
    whole = quick(batch_size=10_000, epochs=30)
    weighted, repeated = clone(whole).fit(X, Y, counts), whole.fit(X.repeat(counts, axis=0), Y.repeat(counts))
    assert np.allclose(weighted.predict_proba(REST), repeated.predict_proba(REST), atol=1e-4)


def test_classes_may_be_anything_that_can_be_sorted() -> None:
    names = np.array([f"line {y}\nnext" for y in Y])  # which no model's file could hold
    for labels in (names, names.astype(object), Y > 4, Y / 1.0, Y - 100, pd.Categorical(names)):
        fitted = quick().fit(X, labels)
        assert np.array_equal(fitted.classes_, np.unique(np.asarray(labels)))
        assert (fitted.predict(X) == np.asarray(labels)).mean() > 0.95


def test_classes_that_cannot_be_sorted_are_one_sentence() -> None:
    for labels, kinds in ((["a", None], "NoneType, str"), ([1, "a"], "int, str")):
        mixed = np.array(labels * 30, object)
        for fit in (lambda y: quick().fit(X[:60], y), lambda y: quick().partial_fit(X[:60], y, classes=y[:2])):
            with pytest.raises(ValueError, match=f"`y` must have labels of one kind, .* of the types {kinds}"):
                fit(mixed)


def test_too_many_features_are_refused_before_they_cost_anything() -> None:
    wide = sp.csr_matrix(([1.0, 1.0], ([0, 1], [0, 2**31 - 2])), shape=(2, 2**31 - 1))
    with pytest.raises(byhand.ByhandError, match="the parameters are too many"):
        quick().fit(wide, [0, 1])


def test_class_weights_are_by_label() -> None:
    names = np.array(["no", "yes"])[(Y == 8).astype(int)]
    often = [(quick(class_weight={"yes": w}).fit(X, names).predict(REST) == "yes").mean() for w in (0.01, 50)]
    assert often[0] < 0.05 < 0.07 < often[1]
    with pytest.raises(ValueError, match="'yess' is none of the classes"):
        quick(class_weight={"yess": 3}).fit(X, names)
    assert quick(class_weight="balanced").fit(X, names).score(REST, np.where(REST_Y == 8, "yes", "no")) > 0.9


def test_patience_holds_out_rows_and_keeps_the_best() -> None:
    fitted = quick(epochs=200, patience=3, learning_rate=0.02, schedule="constant").fit(X, Y)
    scores = fitted.validation_scores_
    assert fitted.n_iter_ == len(scores) == len(fitted.loss_curve_) == int(np.argmax(scores)) + 4 < 200
    assert fitted.loss_ == fitted.loss_curve_[-1]
    assert quick().fit(X, Y).validation_scores_ is None
    assert len(quick(validation_fraction=0.25).fit(X, Y).validation_scores_) == 8


def test_partial_fit_goes_on_in_portions() -> None:
    streamed = quick()
    for _ in range(6):
        for some in np.array_split(np.arange(len(Y)), 5):
            streamed.partial_fit(X[some], Y[some], classes=range(10))
    assert streamed.score(REST, REST_Y) > 0.85
    assert streamed.n_iter_ == len(streamed.loss_curve_) == 30
    before = streamed.n_iter_, streamed.score(REST, REST_Y)
    fitted = quick().fit(X, Y)
    fitted.partial_fit(REST, REST_Y)
    assert fitted.n_iter_ == 9
    assert fitted.score(REST, REST_Y) > 0.9
    assert before == (streamed.n_iter_, streamed.score(REST, REST_Y))
    with pytest.raises(ValueError, match="classes must be passed on the first call"):
        quick().partial_fit(X, Y)
    with pytest.raises(ValueError, match="not the same as on last call"):
        fitted.partial_fit(X, Y, classes=[1, 2])
    with pytest.raises(ValueError, match=r"has classes \[10\] that are not in"):
        fitted.partial_fit(X, Y + 1)


def test_warm_start_goes_on_and_says_what_must_stay() -> None:
    warm = quick(warm_start=True).fit(X, Y)
    first = warm.loss_
    assert warm.fit(X, Y).loss_curve_[0] < 2 * first
    assert warm.set_params(optimizer="sgd", learning_rate=0.01).fit(X, Y).loss_ < first  # which remembers other things
    with pytest.raises(ValueError, match=r"network of 64-32-10 with relu to go on with"):
        warm.set_params(layers=(16,)).fit(X, Y)
    with pytest.raises(ValueError, match=r"`fit` with warm_start=False learns anew"):
        warm.partial_fit(X, Y)
    with pytest.raises(ValueError, match="classes_` is the same"):
        warm.set_params(layers=(32,)).fit(X, Y % 5)
    assert warm.set_params(warm_start=False, layers=(16,), optimizer="adam").fit(X, Y % 5).score(X, Y % 5) > 0.8


@pytest.mark.parametrize("method", ["fit", "partial_fit"])
def test_what_fails_leaves_what_was_learned(method: str, monkeypatch: pytest.MonkeyPatch) -> None:
    frame = pd.DataFrame(X, columns=[f"pixel {k}" for k in range(64)])
    fitted = quick(epochs=2).fit(frame, Y)
    before, said = {**vars(fitted)}, fitted.predict_proba(frame)
    for x, y in ((frame.iloc[:, :5], Y * 0), (frame * np.nan, Y), (frame, [*Y[:-1], None])):
        with pytest.raises(ValueError, match=r"one class|NaN|should match|one kind"):
            getattr(fitted, method)(x, y)
    monkeypatch.setattr("byhand.sklearn.estimator.Learning.found", interrupted)
    with pytest.raises(KeyboardInterrupt):
        getattr(fitted, method)(frame, Y)
    assert vars(fitted) == before
    assert (fitted.predict_proba(frame) == said).all()
    fresh = quick()
    with pytest.raises(KeyboardInterrupt):
        fresh.fit(X, Y)
    assert vars(fresh) == vars(quick())


def interrupted(_: object) -> None:
    raise KeyboardInterrupt


def test_random_states_are_seeds() -> None:
    assert same(quick().fit(X, Y), quick(random_state=0).fit(X, Y))
    assert not same(quick(random_state=None).fit(X, Y), quick(random_state=None).fit(X, Y))
    twice = [quick(random_state=np.random.RandomState(3)).fit(X, Y) for _ in range(2)]
    assert same(*twice)


def test_a_recipe_says_everything_else(tmp_path: Path) -> None:
    path = tmp_path / "recipe.toml"
    path.write_text('[recipe]\nlayers = [32]\nepochs = 8\nbatch_size = 32\noptimizer = "adam"\n')
    of_file = ByhandClassifier(recipe=path, random_state=0).fit(X, Y)
    recipe = byhand.Recipe(layers=(32,), epochs=8, batch_size=32, optimizer="adam")
    assert same(of_file, quick(learning_rate=None).fit(X, Y))
    assert same(of_file, ByhandClassifier(recipe=recipe).fit(X, Y))  # whose seed is 0
    assert ByhandClassifier(epochs=2, recipe=recipe).fit(X, Y).n_iter_ == 2
    assert ByhandClassifier(epochs=1, recipe="fast").fit(X, Y).n_iter_ == 1
    with pytest.raises(UsageError, match=r"recipe: 3 cannot be used"):
        quick().set_params(recipe=3).fit(X, Y)


def test_a_recipe_that_draws_images_anew_takes_features_for_pixels(few: byhand.Split) -> None:
    rows = few.images.reshape(-1, 784)
    recipe = byhand.Recipe(epochs=3, batch_size=8, optimizer="adam", rotation=5, shift=1)
    fits = [ByhandClassifier(recipe=recipe).fit(x, few.labels) for x in (rows, rows / 255.0, sp.csr_array(rows))]
    model = byhand.fit(recipe, few).model
    for fitted, x in zip(fits, (rows, rows / 255.0, sp.csr_array(rows)), strict=True):
        assert np.allclose(fitted.predict_proba(x), model.predict_proba(few.images), atol=1e-5)
    with pytest.raises(UsageError, match="square images"):
        ByhandClassifier(recipe=recipe).fit(rows[:, 1:], few.labels)


def test_to_model_and_back() -> None:
    for most in (1, 255):
        pixels, rest = np.rint(X * 255 / 16) * most / 255, np.rint(REST * 255 / 16)
        fitted = quick().fit(pixels, Y)
        model = fitted.to_model()
        assert model.image_shape == (8, 8)
        assert model.classes == tuple("0123456789")
        said = fitted.predict_proba(rest * most / 255)
        assert np.allclose(model.predict_proba(rest.astype(np.uint8)), said, atol=1e-5)
        back = ByhandClassifier.from_model(model, white=most)
        assert np.array_equal(back.classes_, np.arange(10))
        assert np.allclose(back.predict_proba(rest * most / 255), said, atol=1e-5)
        assert back.partial_fit(pixels, Y).score(pixels, Y) > 0.9
    with pytest.raises(UsageError, match="these features go from -"):
        quick().fit(X - 1, Y).to_model()
    levels = quick().fit(X, Y)  # 0…16
    assert np.allclose(levels.to_model(white=16).predict_proba(REST / 16), levels.predict_proba(REST), atol=1e-5)
    with pytest.raises(UsageError, match="white: features go from 0 to 16, and not from 0 to 8"):
        levels.to_model(white=8)
    wrong: tuple[Any, ...] = (0, -1, float("nan"), float("inf"), "16", True)
    for white in wrong:
        for ask in (levels.to_model, ByhandClassifier.from_model):
            with pytest.raises(UsageError, match=r"white: .* cannot be used; it must be a number above 0"):
                ask(white=white)
    assert quick().fit(X[:, :63] / 16, Y).to_model().image_shape == (1, 63)


def test_a_model_of_any_names_becomes_a_classifier(few: byhand.Split) -> None:
    split = byhand.Split(few.images, few.labels, tuple("jihgfedcba"))
    model = byhand.fit(byhand.Recipe(layers=(16,), epochs=3), split).model
    made = ByhandClassifier.from_model(model)
    assert list(made.classes_) == list("abcdefghij")
    places = model.predict(few.images)
    assert np.array_equal(made.predict(few.images.reshape(-1, 784) / 255), np.array(model.classes)[places])
    assert ByhandClassifier.from_model().layers == byhand.Model.load().sizes[1:-1]


def test_frames_have_names_and_wrong_ones_are_refused() -> None:
    frame = pd.DataFrame(X, columns=[f"pixel {number}" for number in range(64)])
    assert quick().fit(frame, pd.Series(Y)).feature_names_in_[3] == "pixel 3"
    assert same(quick().fit(frame.to_numpy(), Y), quick().fit(X, Y))
    estimator_checks.check_dataframe_column_names_consistency("ByhandClassifier", ByhandClassifier(epochs=1))


@pytest.mark.parametrize("library", ["torch", "array_api_strict"])
def test_arrays_of_another_library_come_back_as_such(library: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    xp = pytest.importorskip(library)
    x, y, rest = xp.asarray(X), xp.asarray(Y), xp.asarray(REST)
    with sklearn.config_context(array_api_dispatch=True):
        fitted = quick().fit(x, y)
        said, labels = fitted.predict_proba(rest), fitted.predict(rest)
        assert type(said) is type(labels) is type(x)
        assert np.allclose(np.asarray(said), quick().fit(X, Y).predict_proba(REST), atol=1e-5)
        assert same_labels(labels, quick().fit(X, Y).predict(REST))
        again = pickle.loads(pickle.dumps(fitted))  # noqa: S301  # our own
        assert same_labels(again.predict(rest), labels)
        with pytest.raises(ValueError, match="must use the same namespace"):
            fitted.predict(REST)
    assert isinstance(quick().fit(X, Y).predict(np.asarray(rest)), np.ndarray)


def same_labels(one: Any, other: Any) -> bool:
    """Tell whether nearly all labels are the same: last bits differ among libraries."""
    return bool((np.asarray(one) == np.asarray(other)).mean() > 0.99)


def test_metadata_is_routed() -> None:
    weights = np.ones(len(Y))
    with sklearn.config_context(enable_metadata_routing=True):
        asks = quick().set_fit_request(sample_weight=True).set_score_request(sample_weight=True)
        assert cross_val_score(asks, X, Y, params={"sample_weight": weights}, cv=2).min() > 0.7
        with pytest.raises(sklearn.exceptions.UnsetMetadataPassedError):
            cross_val_score(quick(), X, Y, params={"sample_weight": weights}, cv=2)


def test_html_links_to_our_page() -> None:
    html = quick().fit(X, Y)._repr_html_()
    assert "ByhandClassifier" in html
    assert "https://pypi.org/project/byhand/" in html


@pytest.mark.parametrize(
    ("choices", "said"),
    [
        ({"layers": 5}, "layers: 5 cannot be used"),
        ({"optimizer": "lbfgs"}, "optimizer: 'lbfgs' cannot be used"),
        ({"validation_fraction": 1.5}, "validation_fraction: 1.5 cannot be used"),
        ({"validation_fraction": 0.0, "patience": 3}, "validation_fraction: patience needs rows to judge by"),
        ({"patience": 0}, "patience: 0 cannot be used"),
        ({"class_weight": 3}, "class_weight: 3 cannot be used"),
        ({"class_weight": "0=5"}, "class_weight: '0=5' cannot be used; it must be a dict of labels and their weights"),
        ({"class_weight": {8: -1}}, "class_weight: the weight of 8 must be a number from 0 to 1,000,000"),
        ({"class_weight": {8: "much"}}, "class_weight: the weight of 8 must be a number"),
        ({"random_state": -1}, "random_state: -1 cannot be used"),
        ({"recipe": "smell"}, "recipe: smell: no file that can be read"),
    ],
)
def test_a_parameter_that_cannot_be_used_is_told_by_its_name(choices: dict[str, Any], said: str) -> None:
    with pytest.raises(ValueError, match=said):
        quick().set_params(**choices).fit(X, Y)


@pytest.mark.parametrize(
    ("x", "said"),
    [
        (np.where(X > 15, np.nan, X), "Input X contains NaN"),
        (sp.csr_array(np.where(X > 15, np.inf, X)), "Input X contains infinity"),
        (X.astype(str), "not compatible with arrays of bytes/strings"),
        (X[:, :5], "X has 5 features, but ByhandClassifier is expecting 64 features as input"),
        ([[1, 2], [3]], "inhomogeneous"),
    ],
)
def test_features_that_cannot_be_used_are_refused_in_their_words(x: Any, said: str) -> None:
    fitted = quick(epochs=1).fit(X, Y)
    with pytest.raises(ValueError, match=said):
        fitted.predict(x)
    if "features" not in said:
        with pytest.raises(ValueError, match=said):
            fitted.fit(x, Y)


def test_weights_that_cannot_be_used_are_refused() -> None:
    for weights, said in ((-np.ones(len(Y)), "Negative values"), (Y[:5], "expected"), (np.zeros(len(Y)), "zero")):
        with pytest.raises(ValueError, match=said):
            quick().fit(X, Y, weights)
    with pytest.raises(ValueError, match="only one class: 3"):
        quick().fit(X, Y, Y == 3)
    with pytest.raises(ValueError, match="254"):
        quick().fit(np.arange(900.0)[:, None], np.arange(900) // 3)


@with_callbacks
def test_callbacks_of_scikit_learn_are_told_of_every_epoch() -> None:
    from sklearn.callback import ProgressBar, ScoringMonitor

    monitor = ScoringMonitor(scoring="accuracy")
    inner = quick(epochs=3).set_callbacks(monitor)
    pipeline = Pipeline([("scale", StandardScaler()), ("classify", inner)])
    for jobs in (None, 2):
        search = GridSearchCV(pipeline, {"classify__layers": [(8,), (16,)]}, cv=2, n_jobs=jobs, refit=False)
        search.set_callbacks(ProgressBar(max_propagation_depth=None)).fit(X, Y)
        told = monitor.get_logs().data
        assert len(told) == 2 * 2 * (3 + 1)  # candidates, splits, epochs and the whole
        assert all(row["accuracy"] > 0.05 for row in told)
    assert inner.fit(X, Y, np.ones(len(Y))).n_iter_ == 3


@with_callbacks
def test_a_callback_that_returns_true_stops() -> None:
    stopping = EarlyStopping((REST, REST_Y), scoring="accuracy", patience=2)
    fitted = quick(epochs=300, learning_rate=0.02, schedule="constant").set_callbacks(stopping).fit(X, Y)
    assert 2 < fitted.n_iter_ < 300
    assert stopping.best_score_ >= fitted.score(REST, REST_Y)
    by_loss = EarlyStopping(patience=1)  # of the rows it learns, which soon are all right
    assert quick(epochs=300, learning_rate=0.02).set_callbacks(by_loss).fit(X, Y).n_iter_ < 100
    held_out = EarlyStopping(patience=3)
    fitted = quick(epochs=300, validation_fraction=0.2, learning_rate=0.02).set_callbacks(held_out).fit(X, Y)
    assert held_out.best_score_ == max(fitted.validation_scores_)
    assert pickle.loads(pickle.dumps(held_out)).patience == 3  # noqa: S301  # our own
    for wrong in ({"patience": 0}, {"validation": (X,)}):
        with pytest.raises(UsageError):
            EarlyStopping(**wrong)


@with_callbacks
def test_checkpoints_are_what_a_fit_would_have_found(tmp_path: Path) -> None:
    checkpoint = Checkpoint(tmp_path / "{fit}-{step}.joblib", every=4)
    fitted = quick().set_callbacks(checkpoint).fit(X / 16, Y)
    half, whole = sorted(tmp_path.iterdir())
    assert np.array_equal(joblib.load(whole).predict(REST / 16), fitted.predict(REST / 16))
    assert joblib.load(half).n_iter_ == 4
    assert not hasattr(joblib.load(half), "_skl_callbacks")
    assert joblib.load(half).partial_fit(X / 16, Y).n_iter_ == 5
    path = tmp_path / "model.safetensors"
    quick(epochs=1).set_callbacks(Checkpoint(path)).fit(X / 16, Y)
    assert byhand.Model.load(path).image_shape == (8, 8)
    with pytest.raises(UsageError):
        Checkpoint(path, every=0)


@with_callbacks
def test_a_log_tells_of_every_epoch_also_within_others(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    pipeline = make_pipeline(StandardScaler(), quick(epochs=2, validation_fraction=0.2))
    pipeline.set_callbacks(Logging()).fit(X, Y)
    lines = [record.getMessage() for record in caplog.records if record.name == "byhand.sklearn"]
    assert lines[1].startswith("ByhandClassifier epoch 1 of 2: loss ")
    assert "validation score 0." in lines[1]
    assert lines[-1].startswith("Pipeline fit: ")


def test_values_are_the_same_in_every_library(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SCIPY_ARRAY_API", "1")
    check = estimator_checks.check_array_api_input_and_values
    check("ByhandClassifier", ByhandClassifier(random_state=0), "torch", dtype_name="float32")


def test_the_code_of_its_page_runs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    page = (REPOSITORY / "docs" / "scikit-learn.md").read_text("utf-8")
    known: dict[str, object] = {}
    for block in blocks(page, "python"):
        if "Checkpoint" not in block or hasattr(ByhandClassifier, "set_callbacks"):
            exec(block, known)  # noqa: S102  # our own


def test_without_numba_it_learns_as_well() -> None:
    code = """
import sys
sys.modules["numba"] = None
from sklearn.datasets import load_iris
from byhand.sklearn import ByhandClassifier
x, y = load_iris(return_X_y=True)
assert ByhandClassifier(random_state=0).fit(x, y).score(x, y) > 0.95
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_more_features_than_rows_and_one_feature_are_learned() -> None:
    x, y = make_classification(40, 3000, n_informative=20, random_state=0)
    assert quick().fit(x, y).score(x, y) > 0.9
    assert quick(epochs=30).fit(x[:, :1] + y[:, None] * 9, y).score(x[:, :1] + y[:, None] * 9, y) > 0.95

"""Recipes that are trained with several seeds: compared with each other, and joined into one committee."""

import json
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import byhand
from byhand.data.idx import write_idx
from byhand.judging.spread import compare_seeds, student, welch
from conftest import Run


@pytest.mark.parametrize("freedom", [1.0, 1.7, 4.0, 8.3, 63.0, 1998.0])
@pytest.mark.parametrize("t", [0.0, 0.03, 1.0, 2.5, 30.0])
def test_students_t_is_that_of_scipy(t: float, freedom: float) -> None:
    assert student(t, freedom) == pytest.approx(2 * stats.t.sf(t, freedom), rel=1e-6, abs=1e-300)


def test_welchs_test_is_that_of_scipy(rng: np.random.Generator) -> None:
    for n, m in ((2, 2), (3, 5), (64, 64)):
        first, second = rng.normal(0.98, 0.001, n), rng.normal(0.981, 0.003, m)
        assert welch(first.tolist(), second.tolist()) == pytest.approx(
            stats.ttest_ind(first, second, equal_var=False).pvalue, rel=1e-6
        )
    assert welch([0.5, 0.5], [0.5, 0.5]) == 1
    assert welch([0.5, 0.5], [0.6, 0.6]) == 0
    with pytest.raises(byhand.UsageError, match="one model tells nothing"):
        compare_seeds([0.5], [0.5, 0.6])


@pytest.fixture
def seeds(tmp_path: Path, mnist: byhand.Dataset) -> dict[str, list[byhand.Model]]:
    """Leave what `--seeds` leaves of two recipes, as far as models go, and few images to judge them by."""
    (tmp_path / "digits").mkdir()
    for stem, split in (("train", mnist.train.take(slice(10))), ("t10k", mnist.test.take(slice(300)))):
        write_idx(tmp_path / f"digits/{stem}-images-idx3-ubyte", split.images)
        write_idx(tmp_path / f"digits/{stem}-labels-idx1-ubyte", split.labels)
    made: dict[str, list[byhand.Model]] = {}
    for name, epochs in (("short", 1), ("long", 12)):
        for seed in (8, 9, 10):
            recipe = byhand.Recipe(layers=(12,), limit=400, epochs=epochs, batch_size=10, seed=seed)
            model = byhand.fit(recipe, mnist.train).model
            (tmp_path / name / f"seed-{seed}").mkdir(parents=True)
            model.save(tmp_path / name / f"seed-{seed}/model.safetensors")
            made.setdefault(name, []).append(model)
    return made


def test_a_folder_of_seeds_is_its_models(
    call: Run, tmp_path: Path, seeds: dict[str, list[byhand.Model]], mnist: byhand.Dataset
) -> None:
    assert call("ensemble", "short", "--out", "one.safetensors").stdout.startswith("3 models, ")
    members = byhand.Model.load(tmp_path / "one.safetensors").details["members"]
    assert [member["recipe"]["seed"] for member in members] == [8, 9, 10]  # type: ignore[union-attr,index,call-overload]
    assert call("ensemble", "short", "long/seed-9", "--out", "two.safetensors").stdout.startswith("4 models, ")
    facts = json.loads(call("compare", "short", "long", "--data", "digits", "--json").stdout)
    for k, name in enumerate(("short", "long")):
        found = [byhand.evaluate(model, mnist.test.take(slice(300))).accuracy for model in seeds[name]]
        assert facts["accuracies"][k] == pytest.approx(np.mean(found))
        assert facts["deviations"][k] == pytest.approx(np.std(found, ddof=1))
    assert facts["n"] == [3, 3]
    told = call("compare", "short", "long", "--data", "digits").stdout.splitlines()
    assert told[0].startswith("short: ")
    assert "(mean ± standard deviation of 3 seeds)" in told[1]
    assert "Welch's t-test" in told[2]
    assert "hardly chance: long is better" in told[3]
    assert "may well be chance: these seeds do not tell" in call("compare", "long", "long", "--data", "digits").stdout
    assert (
        "long/seed-8 is one model, and short are 3"
        in call("compare", "long/seed-8", "short", "--data", "digits", code=2).stderr
    )

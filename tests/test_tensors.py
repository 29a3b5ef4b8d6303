"""The engine on PyTorch tensors learns what the engine on NumPy's arrays does; on a GPU too, where there is one."""

import weakref
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, Literal, TypeAlias

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand import machine, network
from byhand.data import distortions
from byhand.data.distortions import Distortions, smooth_shapes
from byhand.errors import ByhandError, UsageError
from byhand.learning.devices import places
from byhand.learning.engines import choice
from byhand.learning.engines.arrays import ArrayEngine
from byhand.learning.engines.tensors import TensorEngine
from byhand.learning.optimizers import optimizer
from byhand.learning.progress import Epoch
from byhand.learning.training import Training
from byhand.types import Floats
from conftest import Run

SIZES = (784, 32, 16, 10)
RATES = {"sgd": 0.05, "momentum": 0.01, "nesterov": 0.01, "adam": 0.001, "adamw": 0.001}
Device: TypeAlias = Literal["cpu", "cuda"]
DEVICES = [pytest.param("cpu", marks=pytest.mark.torch), pytest.param("cuda", marks=pytest.mark.cuda)]
on_each_device = pytest.mark.parametrize("device", DEVICES)
STRONG = Distortions(rotation=15, scale=0.15, shear=0.15, shift=0.7, elastic=1.2, thickness=0.5)


@pytest.fixture(autouse=True)
def one_thread(request: pytest.FixtureRequest) -> None:
    """Let PyTorch work with one thread: several wait for each other, for ages where others keep the cores busy."""
    if request.node.get_closest_marker("torch"):
        import torch

        torch.set_num_threads(1)


def here(losses: Any) -> Floats:
    """Return losses as an array of this machine."""
    return np.asarray(losses.cpu())


def apart(a: NDArray[np.generic], b: NDArray[np.generic]) -> float:
    """Return how far parameters are from others, as a share of them."""
    expected = b.astype(np.float64)
    return float(np.linalg.norm(a.astype(np.float64) - expected) / np.linalg.norm(expected))


@on_each_device
@pytest.mark.parametrize("average", [0.0, 0.99])
@pytest.mark.parametrize("name", RATES)
def test_a_thousand_steps_are_those_of_numpy(mnist: byhand.Dataset, name: str, average: float, device: Device) -> None:
    start = network.initial_parameters(SIZES, "relu", np.random.default_rng(0))
    movers = [optimizer(name, start.copy(), weight_decay=0.05, average=average) for _ in range(2)]
    ours = TensorEngine(start.copy(), SIZES, "relu", movers[0], 8, device=device)
    numpys = ArrayEngine(start.copy(), SIZES, "relu", movers[1], 8)
    images, labels, steps = mnist.train.images[:8004].reshape(-1, 784), mnist.train.labels[:8004], 0
    bounds = iter([1e-6, 1e-4, 1e-3])
    for stop in (8, 1600, 8004):  # 1, 200 and 1,001 steps, the last of half a batch
        some = slice(steps, stop)
        losses = [engine.learn(images[some], labels[some], RATES[name]) for engine in (ours, numpys)]
        bound, steps = next(bounds), stop
        assert abs(here(losses[0]).mean() / losses[1].mean() - 1) < 1e-4
        assert apart(ours.theta, numpys.theta) < bound
        used = [engine.optimizer.parameters(engine.theta) for engine in (ours, numpys)]
        assert apart(*used) < bound
    assert ours.theta.dtype == np.float32


def last_epoch(recipe: byhand.Recipe, split: byhand.Split) -> Epoch:
    """Return the last epoch of a training."""
    return byhand.fit(recipe, split)


CHOICES: Sequence[dict[str, Any]] = [
    {},
    {"optimizer": "adamw", "average": 0.99, "rotation": 10.0, "elastic": 1.0, "thickness": 0.3},
    {"optimizer": "momentum", "strangers": 0.2, "label_smoothing": 0.1, "adversarial": 0.05, "activation": "tanh"},
    {"class_weight": (("3", 2.0), ("5", 0.5)), "optimizer": "nesterov", "validation": 200, "patience": 1},
    {"batch_size": 1, "layers": ()},
]


@on_each_device
@pytest.mark.parametrize("chosen", CHOICES)
def test_whatever_a_recipe_asks_for_is_learned(mnist: byhand.Dataset, chosen: dict[str, Any], device: Device) -> None:
    recipe = byhand.Recipe(**{"epochs": 2, "batch_size": 32, "layers": (32,), "engine": "numpy", **chosen})
    split = mnist.train.take(slice(1200))
    numpys, ours = last_epoch(recipe, split), last_epoch(replace(recipe, engine="torch", device=device), split)
    assert ours.loss == pytest.approx(numpys.loss, rel=1e-4 if device == "cpu" else 1e-3)
    assert apart(ours.model.theta, numpys.model.theta) < (1e-3 if device == "cpu" else 1e-2)


@on_each_device
def test_each_of_many_networks_learns_as_if_alone(mnist: byhand.Dataset, device: Device) -> None:
    seeds, rates = (0, 1, 2), np.array([0.001, 0.003, 0.0005])
    images = np.stack([mnist.train.images[k * 500 : k * 500 + 500].reshape(-1, 784) for k in seeds])
    labels = np.stack([mnist.train.labels[k * 500 : k * 500 + 500] for k in seeds])
    weights = np.random.default_rng(0).random((3, 500), np.float32)
    starts = [network.initial_parameters(SIZES, "relu", np.random.default_rng(seed)) for seed in seeds]
    whole = np.stack(starts)
    movers = [optimizer("adamw", theta.copy(), weight_decay=0.05, average=0.9) for theta in (whole, *starts)]
    engines = [
        TensorEngine(theta, SIZES, "relu", mover, 32, adversarial=0.02, device=device)
        for theta, mover in zip((whole, *starts), movers, strict=True)
    ]
    for _ in range(3):  # the third of a recording, on a GPU
        losses = here(engines[0].learn(images, labels, rates, weights))
        for k, alone in enumerate(engines[1:]):
            mine = here(alone.learn(images[k], labels[k], rates[k], weights[k]))
            np.testing.assert_allclose(losses[k], mine, rtol=2e-3, atol=1e-5)
    for k, alone in enumerate(engines[1:]):
        assert apart(engines[0].theta_of(k), alone.theta) < 1e-4
        together, own = engines[0].optimizer_of(k).memory(), alone.optimizer.memory()
        assert together.keys() == own.keys()
        assert all(apart(together[name], own[name]) < 1e-3 for name in own)


@pytest.mark.torch
@pytest.mark.parametrize("activation", network.ACTIVATIONS)
def test_its_gradient_is_that_of_automatic_derivatives(few: byhand.Split, activation: str) -> None:
    import torch

    start = network.initial_parameters(SIZES, activation, np.random.default_rng(0))
    engine = TensorEngine(start, SIZES, activation, optimizer("sgd", start), 50)
    engine.learn(few.images[:50].reshape(-1, 784), few.labels[:50], 0.0)
    theta = torch.tensor(start, dtype=torch.float64, requires_grad=True)
    x = torch.tensor(few.images[:50].reshape(-1, 784) / 255)
    _, logits = network.forward(theta, SIZES, activation, x)
    loss = torch.nn.functional.cross_entropy(logits, torch.tensor(few.labels[:50]).long())
    loss.backward()
    # A step of size 1 along a gradient that is still there.
    engine.learn(few.images[:50].reshape(-1, 784), few.labels[:50], 1.0)
    assert apart(start - engine.theta, theta.grad.numpy()) < 1e-4


@on_each_device
def test_images_are_drawn_anew_as_on_this_machine(few: byhand.Split, device: Device) -> None:
    from byhand.learning.devices.portions import warp

    drawn = distortions.draw(STRONG, len(few), np.random.default_rng(1))
    ours, shapes = np.empty_like(few.images), smooth_shapes(28)
    every = np.arange(len(few))
    distortions.warp(few.images, every, drawn.maps, drawn.thickness, drawn.noise, shapes, shapes.T, ours)
    given = few.images, drawn.maps, drawn.thickness, drawn.noise, shapes, shapes
    there = warp(*(places.sent(array, device) for array in given), thicker=True).cpu().numpy()
    difference = np.abs(ours.astype(int) - there)
    assert difference.max() <= 1
    assert (difference > 0).mean() < 1e-3


@on_each_device
@pytest.mark.parametrize("chosen", [{}, {"rotation": 10.0, "shift": 1.0}])
def test_a_device_draws_the_same_epochs(
    few: byhand.Split, monkeypatch: pytest.MonkeyPatch, chosen: dict[str, Any], device: Device
) -> None:
    recipe = byhand.Recipe(engine="torch", device=device, epochs=3, batch_size=16, layers=(8,), **chosen)
    ours = list(Training(replace(recipe, engine="numpy", device="auto"), few).run())
    monkeypatch.setattr(choice, "is_elsewhere", lambda recipe: recipe.engine == "torch")
    theirs = list(Training(recipe, few).run())
    losses = [[record.loss for record in records if isinstance(record, Epoch)] for records in (ours, theirs)]
    assert losses[1] == pytest.approx(losses[0], rel=1e-3)


@on_each_device
@pytest.mark.parametrize("stop", [160, 40])  # a multiple of the batch, and none
def test_a_stopped_training_goes_on_to_the_same_bits(few: byhand.Split, stop: int, device: Device) -> None:
    recipe = byhand.Recipe(
        engine="torch", device=device, epochs=3, batch_size=16, layers=(16,), optimizer="adam", average=0.9, shift=1.0
    )
    whole, stopped = Training(recipe, few), Training(recipe, few)
    for training in (whole, stopped):  # Cut alike: a batch in two parts is learned in two steps.
        training.advance(stop)
    *_, expected = whole.run()
    *_, reached = Training(recipe, few, stopped.state()).run()
    assert isinstance(expected, Epoch)
    assert isinstance(reached, Epoch)
    assert expected.loss == reached.loss
    np.testing.assert_array_equal(expected.model.theta, reached.model.theta)


@pytest.mark.torch
@pytest.mark.parametrize(("begun", "goes_on"), [("compiled", "torch"), ("torch", "numpy")])
def test_a_run_goes_on_with_another_engine(tmp_path: Path, run: Run, begun: str, goes_on: str) -> None:
    options = ["--epochs", "2", "--batch-size", "20", "--layers", "16", "--optimizer", "adam", "--limit", "400"]
    options += ["--schedule", "constant", "--no-pictures"]
    run("train", *options, "--engine", "numpy", "--out", "whole")
    run("train", *options, "--engine", begun, "--out", "moved", "--epochs", "1")
    told = run("train", "--resume", "moved", "--epochs", "2", "--engine", goes_on, "--no-pictures")
    assert f"goes on with the engine {goes_on} instead of {begun}: the last bits will differ" in told.stderr
    whole, moved = (byhand.Model.load(tmp_path / name) for name in ("whole", "moved"))
    assert apart(moved.theta, whole.theta) < 1e-3


@on_each_device
def test_with_half_the_digits_it_learns_nearly_the_same(mnist: byhand.Dataset, device: Device) -> None:
    split = mnist.train.take(slice(2000))
    recipe = byhand.Recipe(engine="torch", device=device, epochs=2, batch_size=32, layers=(32,))
    exact, rough = last_epoch(recipe, split), last_epoch(replace(recipe, precision="bf16"), split)
    assert rough.loss == pytest.approx(exact.loss, rel=0.03)
    assert rough.loss != exact.loss
    assert rough.model.theta.dtype == np.float32


@pytest.mark.torch
def test_a_training_that_diverges_is_told(few: byhand.Split) -> None:
    recipe = byhand.Recipe(engine="torch", device="cpu", learning_rate=1e20, batch_size=10, epochs=2)
    with pytest.raises(ByhandError, match="became infinite"):
        last_epoch(recipe, few)


@pytest.mark.cuda
def test_a_gpu_takes_compiled_steps_where_there_are_many(
    mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    split = mnist.train.take(slice(1300))
    recipe = byhand.Recipe(engine="torch", device="cuda", epochs=3, batch_size=128, optimizer="adamw", average=0.9)
    plain = last_epoch(recipe, split)
    monkeypatch.setattr(choice, "WORTH_COMPILING", 1)
    compiled = last_epoch(recipe, split)
    assert compiled.loss == pytest.approx(plain.loss, rel=1e-4)
    assert compiled.loss == last_epoch(recipe, split).loss


# What follows needs no PyTorch.


def test_without_pytorch_it_is_told_what_helps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(machine.EXTRAS, "torch", ("no_such_module",))
    with pytest.raises(ByhandError, match=r"the engine torch takes more: pip install \"byhand\[torch\]\""):
        choice.resolve(byhand.Recipe(engine="torch"))


@pytest.mark.parametrize("chosen", [{"device": "cuda"}, {"precision": "bf16"}])
def test_what_counts_for_torch_alone_is_refused_elsewhere(chosen: dict[str, Any]) -> None:
    with pytest.raises(UsageError, match=f"{next(iter(chosen))}: .* counts with `engine` torch alone"):
        byhand.Recipe(**chosen)


def test_the_engine_that_is_chosen_for_one_is_never_torch() -> None:
    assert choice.resolve(byhand.Recipe()).engine == "compiled"


def test_many_networks_are_cut_into_layers_like_one(rng: np.random.Generator) -> None:
    theta = rng.normal(size=(3, network.n_parameters(SIZES)))
    for k in range(3):
        for (w, b), (w_of_all, b_of_all) in zip(
            network.layers(theta[k], SIZES), network.layers(theta, SIZES), strict=True
        ):
            np.testing.assert_array_equal(w, w_of_all[k])
            np.testing.assert_array_equal(b, b_of_all[k])
    w[...] = 7  # They are views.
    assert (theta[2, -10 - w.size : -10] == 7).all()


@pytest.mark.torch
def test_a_device_that_is_not_there_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    monkeypatch.setattr(torch.version, "cuda", None)
    with pytest.raises(ByhandError, match=r"device: this PyTorch \(.*\) was built without CUDA"):
        choice.resolve(byhand.Recipe(engine="torch", device="cuda"))
    monkeypatch.setattr(torch.version, "cuda", "13.0")
    with pytest.raises(ByhandError, match=r"device: PyTorch finds no GPU that it can use.*There is cpu"):
        choice.resolve(byhand.Recipe(engine="torch", device="cuda"))
    assert choice.resolve(byhand.Recipe(engine="torch")).device == "cpu"


@pytest.mark.torch
def test_too_little_memory_is_told_before_anything_is_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    import torch

    monkeypatch.setattr(torch.cuda, "mem_get_info", lambda: (2_000_000_000, 80_000_000_000))
    with pytest.raises(ByhandError, match=r"device: the GPU has 2\.0 GB free, and this training needs about 2\.4 GB"):
        places.check_memory("cuda", 100_000_000)
    places.check_memory("cuda", 10_000_000)
    places.check_memory("cpu", 10**12)


@pytest.mark.torch
@pytest.mark.parametrize("text", ["CUDA error: an illegal memory access", "CUDA error: device-side assert triggered"])
def test_a_gpu_that_fails_is_told_in_words(monkeypatch: pytest.MonkeyPatch, few: byhand.Split, text: str) -> None:
    def fails(*_: object) -> None:
        raise RuntimeError(text)

    monkeypatch.setattr(TensorEngine, "_steps", fails)
    with pytest.raises(ByhandError, match=r"the GPU failed \(CUDA error.*--resume"):
        last_epoch(byhand.Recipe(engine="torch", device="cpu", epochs=1), few)


@pytest.mark.torch
def test_a_run_says_where_it_was_learned(run: Run) -> None:
    done = run("train", "--engine", "torch", "--device", "cpu", "--limit", "500", "--epochs", "1", "--batch-size", "50")
    assert "torch engine on cpu" in done.stdout


@pytest.mark.torch
def test_a_gpu_that_fails_while_one_waits_for_it_is_told_in_words() -> None:
    class Lost:
        """A tensor of a device that is gone."""

        def cpu(self) -> None:
            raise RuntimeError("CUDA error: device lost\nmore")

    with pytest.raises(ByhandError, match=r"the GPU failed \(CUDA error: device lost\)"):
        places.brought(Lost())


@pytest.mark.torch
def test_no_other_images_come_to_lie_where_those_lie_that_were_sent(monkeypatch: pytest.MonkeyPatch) -> None:
    from byhand.learning.devices.portions import DevicePortions

    sent, there = places.sent, dict[tuple[int, ...], Any]()
    monkeypatch.setattr(places, "sent", lambda array, device: sent(array, device).clone())  # as to another memory
    images = np.full((40, 28, 28), 7, np.uint8)
    here = weakref.ref(images)
    portions = DevicePortions(byhand.Recipe(engine="torch", device="cpu"), images, 16, there)
    assert portions.take(1, 0, 16).unique().tolist() == [7]
    del images, portions
    assert here() is not None  # As long as it is known by its place.
    there.clear()
    assert here() is None

"""Time the engine torch: on a GPU whole recipes and many networks at once, on a processor beside PyTorch's usual loop.

    python benchmarks/devices.py [cuda|cpu]

writes results/devices-cuda.json or results/devices-cpu.json, with the device's name. All seconds of a training count,
those of compiling too; reading the data does not. What bfloat16 costs in accuracy is measured with three seeds.
"""

import argparse
import time
from collections import deque
from collections.abc import Callable
from dataclasses import replace
from statistics import mean, median
from typing import Literal

import numpy as np
import torch

import byhand
from byhand.learning import recipe_files
from byhand.learning.devices import places
from byhand.learning.engines.tensors import TensorEngine
from byhand.learning.optimizers import optimizer
from byhand.learning.progress import Epoch
from byhand.learning.training import Training
from byhand.network import initial_parameters
from byhand.types import Json
from common import write_result
from passes import scaled
from torch_peer import network

Device = Literal["cuda", "cpu"]
Row = dict[str, Json]
WIDE, BATCH, ROUNDS = (784, 1024, 1024, 512, 10), 256, 5


def seconds_of(work: Callable[[], object]) -> float:
    """Return how long some work takes."""
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def whole(name: str, data: byhand.Dataset, device: Device) -> Row:
    """Learn by a recipe; tell the seconds, and what came of it."""
    recipe = replace(recipe_files.read(name).recipe, engine="torch", device=device)
    epochs: list[Epoch] = []
    training = Training(recipe, data.train)
    seconds = seconds_of(lambda: epochs.extend(r for r in training.run() if isinstance(r, Epoch)))
    error = 100 * (1 - byhand.evaluate(epochs[-1].model, data.test).accuracy)
    typical = median(epoch.seconds for epoch in epochs)
    return {"what": name, "epochs": len(epochs), "seconds": seconds, "seconds_an_epoch": typical, "error": error}


def together(networks: int, data: byhand.Dataset, device: Device) -> Row:
    """Learn many default networks at once."""
    recipe = byhand.Recipe(engine="torch", device=device, batch_size=128)
    last: list[Epoch | byhand.ByhandError] = []
    trainings = byhand.train_together(recipe, data.train, seeds=networks)
    seconds = seconds_of(lambda: last.extend(deque(trainings, 1).pop()))
    judged = [byhand.evaluate(epoch.model, data.test) for epoch in last if isinstance(epoch, Epoch)]
    error = 100 * (1 - mean(evaluation.accuracy for evaluation in judged))
    return {"what": f"{networks} default networks, batch 128, 20 epochs", "seconds": seconds, "error": error}


def rough(data: byhand.Dataset, device: Device) -> list[Row]:
    """Learn by a wide network with either precision."""
    rows: list[Row] = []
    for precision in ("float32", "bf16"):
        recipe = byhand.Recipe(
            engine="torch", device=device, layers=WIDE[1:-1], batch_size=BATCH, epochs=5, optimizer="adam"
        )
        seconds, errors = [], []
        for seed in range(3):
            epoch = byhand.fit(replace(recipe, precision=precision, seed=seed), data.train)
            seconds.append(epoch.seconds)
            errors.append(100 * (1 - byhand.evaluate(epoch.model, data.test).accuracy))
        rows.append({"what": precision, "seconds_an_epoch": median(seconds), "error": mean(errors), "errors": errors})
    return rows


def usual_loops(data: byhand.Dataset) -> list[Row]:
    """Take steps of a wide network, with byhand's engine and as tutorials of PyTorch do, in turn."""
    images, labels = data.train.images[: 20 * BATCH].reshape(-1, 784), data.train.labels[: 20 * BATCH]
    start = initial_parameters(WIDE, "relu", np.random.default_rng(0))
    engine = TensorEngine(start, WIDE, "relu", optimizer("sgd", start), BATCH)
    layers = network(WIDE)
    descent, loss = torch.optim.SGD(layers.parameters(), lr=0.01), torch.nn.CrossEntropyLoss()
    x, y = torch.tensor(scaled(images)), torch.tensor(labels).long()

    def step(some: torch.Tensor, answers: torch.Tensor) -> float:
        descent.zero_grad()
        value = loss(layers(some), answers)
        value.backward()
        descent.step()
        return float(value.item())

    def from_loader() -> None:
        loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(x, y), BATCH, shuffle=True)
        sum(step(*some) for some in loader)

    contenders = {
        "byhand, torch": lambda: engine.learn(images, labels, 0.01),
        "PyTorch, DataLoader": from_loader,
        "PyTorch, tensors": lambda: sum(map(step, x.split(BATCH), y.split(BATCH))),
    }
    rows: list[Row] = []
    for threads in (1, 2):
        torch.set_num_threads(threads)
        times = [{who: seconds_of(work) for who, work in contenders.items()} for _ in range(ROUNDS + 1)][1:]
        for who in contenders:
            ratio = median(each["byhand, torch"] / each[who] for each in times)
            micro = 1e6 * median(each[who] for each in times) / len(images)
            rows.append({"who": who, "threads": threads, "microseconds_an_image": micro, "byhands_share": ratio})
    return rows


def main() -> None:
    """Measure what the device is for."""
    parser = argparse.ArgumentParser()
    parser.add_argument("device", nargs="?", choices=("cuda", "cpu"), default=places.named("auto"))
    device: Device = parser.parse_args().device
    data = byhand.load("mnist")
    result: dict[str, Json] = {"device": places.facts(device)["device"], "precision": rough(data, device)}
    if device == "cuda":
        result["runs"] = [together(64, data, device), whole("small", data, device), whole("best", data, device)]
    else:
        result["steps"] = usual_loops(data)
    print(result)
    write_result(f"devices-{device}", result, ("torch",))


if __name__ == "__main__":
    main()

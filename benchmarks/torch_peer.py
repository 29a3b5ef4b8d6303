"""PyTorch as a contender: eager, and with whole steps compiled by `torch.compile`.

Tried and kept: denormal numbers flushed; five steps, forward, backward and optimizer, in one compiled graph, with
Inductor's C++ wrapper (batch 32: 8 µs an image; one step a graph 13, only the loss compiled 22, eager 18). Left out, as
it changed nothing or cost more: `max-autotune-no-cudagraphs` and Inductor's own matrix products, a compiled
`optimizer.step`, `fused` optimizers (within 2 % of the default), other memory layouts. Products in bfloat16
(`set_float32_matmul_precision`) are other numbers than those that everybody else computes.
"""

import warnings
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import torch
from torch.nn import functional

from passes import READER, Pass, Work, images_to_read, scaled, training_data

STEPS = 5  # in one compiled graph
Tensors = list[Any]


def network(sizes: tuple[int, ...]) -> Any:
    """Return the layers."""
    modules: list[Any] = []
    for n_in, n_out in pairwise(sizes):
        modules += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
    return torch.nn.Sequential(*modules[:-1])


def optimizer_of(name: str, layers: Any, rate: float) -> Any:
    """Return PyTorch's own optimizer for some layers."""
    if name == "adam":
        return torch.optim.Adam(layers.parameters(), lr=rate)
    return torch.optim.SGD(layers.parameters(), lr=rate, momentum=0.9 if name == "momentum" else 0.0)


def loss(parameters: Tensors, x: Any, y: Any, smoothing: float = 0) -> Any:
    """Return the mean cross-entropy of a batch; weights and biases stand in turn."""
    for i in range(0, len(parameters) - 2, 2):
        x = torch.relu(functional.linear(x, parameters[i], parameters[i + 1]))
    return functional.cross_entropy(functional.linear(x, *parameters[-2:]), y, label_smoothing=smoothing)


def move(optimizer: str, parameters: Tensors, memory: Tensors, gradient: Any, rate: Any, decay: float = 0) -> None:
    """Take a step of plain descent, momentum, Adam or AdamW, in place; `memory` is as `memory_of` makes it."""
    count, means, squares = memory
    if optimizer.startswith("adam"):
        count.add_(1)
    mend, mend_squares = 1 / (1 - 0.9**count), 1 / (1 - 0.999**count)
    for p, g, m, s in zip(parameters, gradient, means, squares, strict=True):
        if optimizer == "sgd":
            p.sub_(rate * g)
        elif optimizer == "momentum":
            p.sub_(rate * m.mul_(0.9).add_(g))
        else:
            m.mul_(0.9).add_(g, alpha=0.1)
            s.mul_(0.999).addcmul_(g, g, value=0.001)
            p.mul_(1 - rate * decay).sub_(rate * (m * mend) / ((s * mend_squares).sqrt() + 1e-8))


def memory_of(parameters: Tensors) -> Tensors:
    """Return a count of steps, momenta and squares, all zero."""
    return [torch.zeros(()), [torch.zeros_like(p) for p in parameters], [torch.zeros_like(p) for p in parameters]]


def compiled_steps(
    optimizer: str, batch_loss: Callable[..., Any] = loss, weight_decay: float = 0
) -> Callable[..., None]:
    """Return `STEPS` steps as one compiled graph: (parameters, memory, images (steps, n, …), labels, rates)."""
    torch._inductor.config.cpp_wrapper = True
    torch._dynamo.config.recompile_limit = 64  # Each size of batch and each optimizer counts as one.
    gradient = torch.func.grad(batch_loss)

    def run(parameters: Tensors, memory: Tensors, x: Any, y: Any, rates: Any) -> None:
        for k in range(STEPS):
            move(optimizer, parameters, memory, gradient(parameters, x[k], y[k]), rates[k], weight_decay)

    compiled: Callable[..., None] = torch.compile(run, fullgraph=True, dynamic=False)
    return compiled


class Torch:
    """PyTorch, eager."""

    def __init__(self) -> None:
        torch.set_flush_denormal(True)

    def train(self, task: Pass) -> Work:
        """Prepare a pass."""
        layers = network(task.sizes)
        optimizer, loss = optimizer_of(task.optimizer, layers, task.rate), torch.nn.CrossEntropyLoss()
        images, labels = training_data(task.n)
        x = torch.tensor(scaled(images)).split(task.batch_size)
        y = torch.tensor(labels).long().split(task.batch_size)

        def work() -> None:
            for some, answers in zip(x, y, strict=True):
                optimizer.zero_grad(set_to_none=True)
                loss(layers(some), answers).backward()
                optimizer.step()

        return work

    def predict(self, n: int) -> Work:
        """Prepare the reading of `n` images."""
        layers = torch.nn.Sequential(network(READER), torch.nn.Softmax(1))
        x = torch.tensor(scaled(images_to_read(n)))

        def work() -> None:
            with torch.inference_mode():
                layers(x)

        return work


class CompiledTorch:
    """PyTorch, compiled."""

    def __init__(self) -> None:
        torch.set_flush_denormal(True)

    def train(self, task: Pass) -> Work:
        """Prepare a pass; images beyond the last whole graph are left out."""
        parameters = [p.detach().clone() for p in network(task.sizes).parameters()]
        memory, run = memory_of(parameters), compiled_steps(task.optimizer)
        images, labels = training_data(task.n)
        graphs = task.n // (task.batch_size * STEPS)
        whole = graphs * STEPS * task.batch_size
        x = torch.tensor(scaled(images[:whole])).reshape(graphs, STEPS, task.batch_size, -1).unbind()
        y = torch.tensor(labels[:whole]).long().reshape(graphs, STEPS, task.batch_size).unbind()
        rates = torch.full((STEPS,), task.rate)

        def work() -> None:
            with torch.no_grad():
                for some, answers in zip(x, y, strict=True):
                    run(parameters, memory, some, answers, rates)

        return work

    def predict(self, n: int) -> Work:
        """Prepare the reading of `n` images: frozen TorchScript is quicker for few, Inductor for many."""
        layers = torch.nn.Sequential(network(READER), torch.nn.Softmax(1)).eval()
        x = torch.tensor(scaled(images_to_read(n)))
        if n < 1000:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", DeprecationWarning)
                read = torch.jit.optimize_for_inference(torch.jit.freeze(torch.jit.trace(layers, x)))
        else:
            torch._inductor.config.freezing = True
            read = torch.compile(layers, dynamic=False)

        def work() -> None:
            with torch.inference_mode():
                read(x)

        return work

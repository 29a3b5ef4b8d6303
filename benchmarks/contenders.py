"""byhand and its peers, each behind the same two verbs: prepare a training pass, prepare predictions.

A pass goes once through `n` training images in order, in batches, by plain gradient descent unless another optimizer is
named. Peers are given float32 images scaled beforehand, as their users would; byhand starts from bytes, as always.
Every verb returns a function without arguments that does the work once.
"""

from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import NDArray

import byhand
from byhand.learning.engines import choice
from byhand.network import initial_parameters, layers, n_parameters

RATE = 0.01
Work = Callable[[], object]


@dataclass(frozen=True)
class Pass:
    """What to train: sizes of the layers, images a step, images in all, optimizer, engine (byhand only)."""

    sizes: tuple[int, ...]
    batch_size: int
    n: int
    optimizer: str = "sgd"
    engine: str = "auto"


def training_data(n: int) -> tuple[NDArray[np.uint8], NDArray[np.uint8]]:
    """Return the first `n` training images as rows of bytes, repeated if there are not that many, and labels."""
    train = byhand.load("mnist").train
    order = np.arange(n) % len(train)
    return train.images.reshape(len(train), -1)[order], train.labels[order]


def batches(n: int, size: int) -> list[slice]:
    """Return the slices of the batches."""
    return [slice(start, min(start + size, n)) for start in range(0, n, size)]


class Byhand:
    """The project itself."""

    def train(self, task: Pass) -> Work:
        """Prepare a pass through an engine."""
        recipe: Any = {"batch_size": task.batch_size, "optimizer": task.optimizer, "engine": task.engine}
        theta = initial_parameters(task.sizes, "relu", np.random.default_rng(0))
        engine = choice.make(choice.resolve(byhand.Recipe(**recipe)), task.sizes, theta)
        images, labels = training_data(task.n)
        return lambda: engine.learn(images, labels, RATE)

    def predict(self, n: int) -> Work:
        """Prepare predictions of `n` images, or of a single one."""
        sizes = (784, 128, 64, 10)
        theta = initial_parameters(sizes, "relu", np.random.default_rng(0))
        model = byhand.Model(sizes, "relu", theta, tuple("0123456789"))
        reader = model.compile()
        images = byhand.load("mnist").test.images
        chosen = images[0] if n == 1 else images[:n]
        return lambda: reader.predict_proba(chosen)


class Naive:
    """The script everybody writes first: float64 NumPy, one image a step, every weight moved."""

    def train(self, task: Pass) -> Work:
        """Prepare a pass."""
        rng = np.random.default_rng(0)
        pairs = list(zip(task.sizes, task.sizes[1:], strict=False))
        w = [rng.normal(0, np.sqrt(2 / n_in), (n_out, n_in)) for n_in, n_out in pairs]
        b = [np.zeros((n_out, 1)) for _, n_out in pairs]
        images, labels = training_data(task.n)
        x = images.astype(np.float64).reshape(task.n, -1, 1) / 255

        def work() -> None:
            for image, label in zip(x, labels, strict=True):
                a = [image]
                for v, c in zip(w[:-1], b[:-1], strict=True):
                    a.append(np.maximum(0, v @ a[-1] + c))
                z = w[-1] @ a[-1] + b[-1]
                p = np.exp(z - z.max())
                delta = p / p.sum()
                delta[label] -= 1
                for i in reversed(range(len(w))):
                    dw, db = delta @ a[i].T, delta
                    if i:
                        delta = (w[i].T @ delta) * (a[i] > 0)
                    w[i] -= RATE * dw
                    b[i] -= RATE * db

        return work


class Torch:
    """PyTorch, eager."""

    def network(self, sizes: tuple[int, ...]) -> Any:
        """Return the layers."""
        import torch

        modules: list[Any] = []
        for n_in, n_out in pairwise(sizes):
            modules += [torch.nn.Linear(n_in, n_out), torch.nn.ReLU()]
        return torch.nn.Sequential(*modules[:-1])

    def train(self, task: Pass) -> Work:
        """Prepare a pass."""
        import torch

        network = self.network(task.sizes)
        optimizer: Any = {
            "sgd": lambda: torch.optim.SGD(network.parameters(), lr=RATE),
            "momentum": lambda: torch.optim.SGD(network.parameters(), lr=RATE, momentum=0.9),
            "adam": lambda: torch.optim.Adam(network.parameters()),
        }[task.optimizer]()
        loss = torch.nn.CrossEntropyLoss()
        images, labels = training_data(task.n)
        x, y = torch.tensor(images).float() / 255, torch.tensor(labels).long()
        slices = batches(task.n, task.batch_size)

        def work() -> None:
            for batch in slices:
                optimizer.zero_grad(set_to_none=True)
                loss(network(x[batch]), y[batch]).backward()
                optimizer.step()

        return work

    def predict(self, n: int) -> Work:
        """Prepare predictions."""
        import torch

        network = torch.nn.Sequential(self.network((784, 128, 64, 10)), torch.nn.Softmax(1))
        images = byhand.load("mnist").test.images[:n].reshape(n, -1)
        x = torch.tensor(images).float() / 255

        def work() -> None:
            with torch.inference_mode():
                network(x)

        return work


class Jax:
    """JAX: the whole pass is one compiled scan."""

    def loss(self, parameters: Any, x: Any, y: Any) -> Any:
        """Return the mean cross-entropy of a batch."""
        import jax
        import jax.numpy as jnp

        *hidden, (w, b) = parameters
        for v, c in hidden:
            x = jax.nn.relu(x @ v + c)
        return -jnp.take_along_axis(jax.nn.log_softmax(x @ w + b), y[:, None], 1).mean()

    def train(self, task: Pass) -> Work:
        """Prepare a pass; images beyond the last whole batch are left out."""
        import jax
        import jax.numpy as jnp

        theta = initial_parameters(task.sizes, "relu", np.random.default_rng(0))
        parameters = [(jnp.array(w), jnp.array(b)) for w, b in layers(theta, task.sizes)]
        images, labels = training_data(task.n)
        steps = task.n // task.batch_size
        x = jnp.array(images[: steps * task.batch_size].reshape(steps, task.batch_size, -1) / np.float32(255))
        y = jnp.array(labels[: steps * task.batch_size].reshape(steps, task.batch_size).astype(np.int32))

        def step(parameters: Any, batch: Any) -> Any:
            value, gradient = jax.value_and_grad(self.loss)(parameters, *batch)
            return jax.tree.map(lambda p, g: p - RATE * g, parameters, gradient), value

        run = jax.jit(lambda parameters, x, y: jax.lax.scan(step, parameters, (x, y)))
        state = [parameters]

        def work() -> None:
            state[0], losses = run(state[0], x, y)
            losses.block_until_ready()

        return work


class Sklearn:
    """scikit-learn's MLPClassifier."""

    def train(self, task: Pass) -> Work:
        """Prepare a pass."""
        from sklearn.neural_network import MLPClassifier

        images, labels = training_data(task.n)
        x = images / np.float32(255)
        model = MLPClassifier(
            task.sizes[1:-1], solver="sgd", momentum=0, alpha=0, batch_size=task.batch_size, learning_rate_init=RATE
        )
        return lambda: model.partial_fit(x, labels, classes=range(10))

    def predict(self, n: int) -> Work:
        """Prepare predictions."""
        from sklearn.neural_network import MLPClassifier

        images, labels = training_data(1000)
        model = MLPClassifier((128, 64)).partial_fit(images / np.float32(255), labels, classes=range(10))
        x = byhand.load("mnist").test.images[:n].reshape(n, -1) / np.float32(255)
        return lambda: model.predict_proba(x)


class Onnx:
    """ONNX Runtime, on the same network with softmax at its end."""

    threads = 1

    def predict(self, n: int) -> Work:
        """Prepare predictions."""
        import onnxruntime
        from onnx import TensorProto, helper, numpy_helper

        sizes = (784, 128, 64, 10)
        theta = initial_parameters(sizes, "relu", np.random.default_rng(0))
        assert len(theta) == n_parameters(sizes)
        nodes, tensors, last = [], [], "x"
        for i, (w, b) in enumerate(layers(theta, sizes)):
            tensors += [numpy_helper.from_array(w.copy(), f"w{i}"), numpy_helper.from_array(b.copy(), f"b{i}")]
            nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"]))
            nodes.append(helper.make_node("Softmax" if i == 2 else "Relu", [f"z{i}"], [f"a{i}"]))
            last = f"a{i}"
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", k]) for name, k in (("x", 784), (last, 10))
        ]
        graph = helper.make_graph(nodes, "mlp", ends[:1], ends[1:], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(model.SerializeToString(), options, providers=["CPUExecutionProvider"])
        x = byhand.load("mnist").test.images[:n].reshape(n, -1) / np.float32(255)
        return lambda: session.run(None, {"x": x})


class Machine:
    """What the machine itself can do: the limits nobody passes."""

    def product(self, side: int) -> Work:
        """Prepare a float32 matrix product of two squares."""
        a = np.ones((side, side), np.float32)
        out = np.empty_like(a)
        return lambda: np.matmul(a, a, out=out)

    def copy(self, count: int) -> Work:
        """Prepare a copy of `count` bytes."""
        a = np.ones(count, np.uint8)
        out = np.empty_like(a)
        return lambda: np.copyto(out, a)


CONTENDERS: dict[str, type] = {
    "byhand": Byhand,
    "naive NumPy": Naive,
    "PyTorch": Torch,
    "JAX": Jax,
    "scikit-learn": Sklearn,
    "ONNX Runtime": Onnx,
    "machine": Machine,
}
PACKAGES = {"PyTorch": "torch", "JAX": "jax", "scikit-learn": "sklearn", "ONNX Runtime": "onnxruntime"}

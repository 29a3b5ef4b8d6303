"""byhand and its peers, each behind the same two verbs: prepare a training pass, prepare the reading of images.

Peers are given images scaled beforehand, as their users would, unless bytes are quicker for them; byhand starts from
bytes, as always. Each is told what its own experts would: what was tried, and kept, stands where it is used.
"""

import shutil
from importlib import import_module
from importlib.util import find_spec
from typing import Any

import numpy as np

import byhand
from byhand.learning.engines import choice
from byhand.network import initial_parameters, layers
from passes import RATE, READER, Pass, Work, images_to_read, scaled, training_data


class Byhand:
    """The project itself."""

    def train(self, task: Pass) -> Work:
        """Prepare a pass through an engine."""
        recipe: Any = {"batch_size": task.batch_size, "optimizer": task.optimizer, "engine": task.engine}
        theta = initial_parameters(task.sizes, "relu", np.random.default_rng(0))
        engine = choice.make(choice.resolve(byhand.Recipe(**recipe)), task.sizes, theta)
        images, labels = training_data(task.n)
        return lambda: engine.learn(images, labels, task.rate)

    def predict(self, n: int) -> Work:
        """Prepare the reading of `n` images, or of a single one."""
        theta = initial_parameters(READER, "relu", np.random.default_rng(0))
        reader = byhand.Model(READER, "relu", theta, tuple("0123456789")).compile()
        images = images_to_read(n).reshape(n, 28, 28)
        chosen = images[0] if n == 1 else images
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


class Sklearn:
    """scikit-learn's MLPClassifier."""

    def model(self, task: Pass) -> Any:
        """Return one that takes plain steps, and the images as they come."""
        from sklearn.neural_network import MLPClassifier

        memory: Any = {"solver": "adam"} if task.optimizer == "adam" else {"solver": "sgd", "nesterovs_momentum": False}
        return MLPClassifier(
            task.sizes[1:-1],
            momentum=0.9 if task.optimizer == "momentum" else 0,
            alpha=0,
            batch_size=task.batch_size,
            learning_rate_init=task.rate,
            shuffle=False,
            **memory,
        )

    def train(self, task: Pass) -> Work:
        """Prepare a pass."""
        images, labels = training_data(task.n)
        x, model = scaled(images), self.model(task)
        return lambda: model.partial_fit(x, labels, classes=range(10))

    def predict(self, n: int) -> Work:
        """Prepare the reading of `n` images."""
        images, labels = training_data(1000)
        model = self.model(Pass(READER, 100, 1000)).partial_fit(scaled(images), labels, classes=range(10))
        x = scaled(images_to_read(n))
        return lambda: model.predict_proba(x)


class Onnx:
    """ONNX Runtime, on the same network with softmax at its end.

    Inputs and outputs are bound to memory of ours once: a third faster for one image. Bytes with a Cast in the graph
    were slower, portions of 100 or 500 images as fast as all at once; all its optimizations are on by default.
    """

    threads = 1

    def graph(self) -> bytes:
        """Return the network in ONNX's own form."""
        from onnx import TensorProto, helper, numpy_helper

        theta = initial_parameters(READER, "relu", np.random.default_rng(0))
        nodes, tensors, last = [], [], "x"
        for i, (w, b) in enumerate(layers(theta, READER)):
            tensors += [numpy_helper.from_array(w.copy(), f"w{i}"), numpy_helper.from_array(b.copy(), f"b{i}")]
            nodes.append(helper.make_node("Gemm", [last, f"w{i}", f"b{i}"], [f"z{i}"]))
            nodes.append(helper.make_node("Softmax" if i == 2 else "Relu", [f"z{i}"], [last := f"a{i}"]))
        ends = [
            helper.make_tensor_value_info(name, TensorProto.FLOAT, ["n", k]) for name, k in (("x", 784), (last, 10))
        ]
        graph = helper.make_graph(nodes, "mlp", ends[:1], ends[1:], tensors)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 17)], ir_version=9)
        return bytes(model.SerializeToString())

    def predict(self, n: int) -> Work:
        """Prepare the reading of `n` images."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = self.threads
        session = onnxruntime.InferenceSession(self.graph(), options, providers=["CPUExecutionProvider"])
        x, out = scaled(images_to_read(n)), np.empty((n, READER[-1]), np.float32)
        bound = session.io_binding()
        bound.bind_input("x", "cpu", 0, np.float32, x.shape, x.ctypes.data)
        bound.bind_output("a2", "cpu", 0, np.float32, out.shape, out.ctypes.data)
        kept = x, out  # Their memory must outlive this function.

        def work() -> int:
            session.run_with_iobinding(bound)
            return len(kept)

        return work


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


CONTENDERS = {  # where each is defined, so that a process imports the libraries of its own contender only
    "byhand": "contenders:Byhand",
    "naive NumPy": "contenders:Naive",
    "PyTorch": "torch_peer:Torch",
    "PyTorch, compiled": "torch_peer:CompiledTorch",
    "JAX": "jax_peer:Jax",
    "scikit-learn": "contenders:Sklearn",
    "ONNX Runtime": "contenders:Onnx",
    "machine": "contenders:Machine",
}
PACKAGES = {"PyTorch": "torch", "JAX": "jax", "scikit-learn": "sklearn", "ONNX Runtime": "onnxruntime"}
COMPILERS = ("g++", "clang++")  # one of which torch.compile needs


def contender(name: str) -> Any:
    """Return a contender, whose library is imported for it."""
    module, _, kind = CONTENDERS[name].partition(":")
    return getattr(import_module(module), kind)()


def missing(name: str) -> str:
    """Return what a contender needs that is not here, in words; nothing if all is."""
    package = PACKAGES.get(name.partition(",")[0])
    if package and not find_spec(package):
        return f"the package {package}"
    if name == "PyTorch, compiled" and not any(map(shutil.which, COMPILERS)):
        return f"a C++ compiler for torch.compile ({' or '.join(COMPILERS)}; Debian: apt install g++)"
    return ""

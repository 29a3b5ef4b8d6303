"""Small, sound files of every kind that byhand reads, to be damaged; and traps that would run code if they could."""

import gzip
import io
import json
import pickle
import zipfile
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pyarrow
from numpy.typing import NDArray
from pyarrow import parquet
from scipy.io import savemat

import byhand
from byhand.data.datasets import Split
from byhand.data.idx import write_idx
from byhand.learning import recipe_files
from byhand.learning.training import Training
from byhand.runs import checkpoints, run_folder
from byhand.runs.checkpoints import Checkpoint
from byhand.sealing.facts import BegunFrom
from byhand.types import Json

IDX = ("train-images-idx3-ubyte", "train-labels-idx1-ubyte", "t10k-images-idx3-ubyte", "t10k-labels-idx1-ubyte")
TEXTS = {"classes.txt": "\n".join("0123456789").encode(), "SHA256SUMS": b"0" * 64 + b"  other\n"}


@dataclass(frozen=True)
class Specimen:
    """A sound file: what it is used as, its name there, and what is in it."""

    use: str
    name: str
    content: bytes


def few() -> Split:
    """Return the images that everything here learns from and is judged by."""
    return byhand.load().test.take(slice(60))


def specimens(folder: Path) -> list[Specimen]:
    """Make a sound file of every kind; `folder` is for what lies on the way."""
    split = few()
    return [
        *_data(split, folder),
        *_models(split, folder),
        *_checkpoints(split, folder),
        *_recipes(folder),
        *histories(),
    ]


def _data(split: Split, folder: Path) -> list[Specimen]:
    """Make data: IDX files plain and packed, archives, and the texts beside them."""
    arrays = (split.images[:40], split.labels[:40], split.images[40:], split.labels[40:])
    made = [Specimen("data", name, content) for name, content in TEXTS.items()]
    for name, array in zip(IDX, arrays, strict=True):
        write_idx(folder / name, array)
        plain = (folder / name).read_bytes()
        made += [Specimen("data", name, plain), Specimen("data", f"{name}.gz", gzip.compress(plain, mtime=0))]
    named = dict(zip(("x_train", "y_train", "x_test", "y_test"), arrays, strict=True))
    named["classes"] = np.array([f"class {number}" for number in range(10)])
    for save in (np.savez, np.savez_compressed):
        buffer = io.BytesIO()
        save(buffer, **named)  # type: ignore[arg-type]
        made.append(Specimen("npz", "data.npz", buffer.getvalue()))
    return [*made, *_forms(split)]


def _forms(split: Split) -> list[Specimen]:
    """Make files of the other forms that hold a whole set: tables and MATLAB's and Parquet files, plain and packed."""
    small = Split(np.ascontiguousarray(split.images[:, ::5, ::5]), split.labels)
    rows = [",".join(map(str, (label, *image.ravel()))) for image, label in zip(*arrays_of(small), strict=True)]
    table = "\n".join([",".join(["label", *(f"pixel{place}" for place in range(36))]), *rows]).encode()
    names = "".join(f"@attribute a{place} real\n" for place in range(36))
    arff = f"@relation a\n@attribute class real\n{names}@data\n".encode() + "\n".join(rows).encode()
    made = [
        Specimen("npz", "data.csv", table),
        Specimen("npz", "bare.csv", "\n".join(rows).encode()),
        Specimen("npz", "data.csv.gz", gzip.compress(table, mtime=0)),
        Specimen("npz", "data.arff", arff),
    ]
    for packed in (False, True):
        buffer = io.BytesIO()
        parts = {"train": {"images": small.images, "labels": small.labels}}
        savemat(buffer, {"dataset": parts}, do_compression=packed)
        made.append(Specimen("npz", "data.mat", buffer.getvalue()))
    columns = {f"pixel{place}": small.images.reshape(len(small), -1)[:, place] for place in range(36)}
    for packing in ("none", "snappy", "zstd"):
        buffer = io.BytesIO()
        parquet.write_table(pyarrow.table({"label": small.labels, **columns}), buffer, compression=packing)
        made.append(Specimen("npz", "data.parquet", buffer.getvalue()))
    return made


def arrays_of(split: Split) -> tuple[list[NDArray[np.uint8]], list[int]]:
    """Return images and labels one by one."""
    return [*split.images], split.labels.tolist()


def _models(split: Split, folder: Path) -> list[Specimen]:
    """Make models: with and without hidden layers, and with all that their details may tell."""
    made = []
    for layers in ((6, 5), ()):
        *_, last = byhand.train(byhand.Recipe(layers=layers, epochs=1, engine="numpy"), split)
        details: dict[str, Json] = {
            **last.model.details,
            "data": {"name": "mnist", "sha256": "0" * 64, "n": 60},
            "calibration": {"temperature": 1.5, "threshold": 0.6, "risk": 0.005, "n": 60},
            "scores": {"accuracy": 0.5, "loss": 1.5, "n": 60},
            "begun_from": {"sha256": "0" * 64, "last_layer": "kept"},
            "resumed_after": [1],
            "members": [{"byhand": "0.1.0"}],
        }
        byhand.Model(last.model.sizes, "relu", last.model.theta, split.classes, details=details).save(folder / "model")
        made.append(Specimen("model", "model.safetensors", (folder / "model").read_bytes()))
    return made


def _checkpoints(split: Split, folder: Path) -> list[Specimen]:
    """Make a checkpoint with every kind of memory."""
    made = []
    plain = byhand.Recipe(layers=(4,), epochs=3, batch_size=10, validation=10)
    weighed, begun = replace(plain, class_weight="balanced"), BegunFrom(sha256="0" * 64, last_layer="new")
    for recipe, more in (
        (plain, ()),
        (weighed, (begun, "default", [1])),
        (replace(plain, optimizer="momentum", average=0.9, patience=2), ()),
        (replace(plain, optimizer="adam", patience=2), ()),
        (replace(plain, optimizer="adamw", average=0.9), ()),
    ):
        training = Training(recipe, split)
        rows = [run_folder.epoch_facts(record) for record in _until_second(training)]
        origin = run_folder.source_of("mnist", byhand.Dataset("mnist", split, split))
        saved = Checkpoint(training.recipe, origin, training.state(), rows, {"cores": "4"}, *more)  # type: ignore[arg-type]
        checkpoints.save(folder, saved)
        made.append(Specimen("checkpoint", checkpoints.FILE, (folder / checkpoints.FILE).read_bytes()))
    return made


def _until_second(training: Training) -> list[byhand.Epoch]:
    """Learn one epoch and a bit of the second, and return the record of the first."""
    ended = []
    while not training.place.done or training.place.epoch < 2:
        if isinstance(record := training.advance(10), byhand.Epoch):
            ended.append(record)
    return ended


def _recipes(folder: Path) -> list[Specimen]:
    """Take the recipes that come with byhand, and one that a run has left."""
    made = [Specimen("recipe", "run.toml", path.read_bytes()) for path in sorted(recipe_files.SHIPPED.glob("*.toml"))]
    plain = recipe_files.RecipeFile(byhand.Recipe(batch_size=10), "mnist", "A run.")
    layers = byhand.Model.load().sizes[1:-1]
    weighed = byhand.Recipe(layers=layers, batch_size=10, class_weight=(("1", 0.5), ("7", 2.0)))
    for content in (plain, replace(plain, recipe=weighed, model="default", model_sha256="0" * 64, resumed_after=(1,))):
        recipe_files.write(folder / "run.toml", content)
        made.append(Specimen("recipe", "run.toml", (folder / "run.toml").read_bytes()))
    return made


def histories() -> list[Specimen]:
    """Make the history that a run leaves, with validation images and without."""
    made = []
    for judged in ({}, {"validation_accuracy": 0.5, "validation_loss": 1.5}):
        rows = [{"epoch": n, "loss": 2 / n, "seconds": 0.1, "learning_rate": 0.01, **judged} for n in (1, 2, 3)]
        data = {"name": "mnist", "sha256": "0" * 64, "n": 60}
        facts = {"byhand": "1", "recipe": byhand.Recipe().to_dict(), "data": data, "epochs": rows, "test": {"n": 60}}
        made.append(Specimen("history", run_folder.HISTORY_FILE, json.dumps(facts).encode()))
    return made


class Trap:
    """What writes a file if it is ever unpickled."""

    def __init__(self, canary: Path) -> None:
        self.canary = canary

    def __reduce__(self) -> tuple[Callable[..., object], tuple[str, str]]:
        return open, (str(self.canary), "w")


def traps(canary: Path) -> list[Specimen]:
    """Make files of every kind that would write the canary if anything in them was run."""
    trap = pickle.dumps(Trap(canary))
    held: Mapping[str, NDArray[np.object_]] = dict.fromkeys(
        ("x_train", "y_train", "x_test", "y_test", "classes"), np.array([Trap(canary)], object)
    )
    boxed, raw = io.BytesIO(), io.BytesIO()
    np.savez(boxed, **held)  # type: ignore[arg-type]
    with zipfile.ZipFile(raw, "w") as archive:
        for name in held:
            archive.writestr(f"{name}.npy", trap)
    code = f"open({str(canary)!r}, 'w')"
    return [
        *(Specimen("data", name, trap) for name in (*IDX, *TEXTS)),
        *(Specimen("npz", name, trap) for name in ("data.csv", "data.mat", "data.pkl", "data")),
        *(Specimen("npz", "data.npz", content) for content in (boxed.getvalue(), raw.getvalue(), trap)),
        Specimen("model", "model.safetensors", trap),
        Specimen("checkpoint", checkpoints.FILE, trap),
        Specimen("history", run_folder.HISTORY_FILE, trap),
        Specimen(
            "recipe", "run.toml", f"about = '''{code}'''\ndata = \"{canary}\"\n[recipe]\nengine = \"numpy\"".encode()
        ),
        Specimen("data", "classes.txt", "\n".join([*"012345678", code]).encode()),
    ]


def lay_out(folder: Path, specimen: Specimen, beside: Mapping[str, bytes]) -> Path:
    """Put a specimen where its use finds it, with sound files beside it, and return what to give to its use."""
    place = folder / specimen.use
    place.mkdir(parents=True, exist_ok=True)
    if specimen.use == "data":
        for path in place.iterdir():
            path.unlink()
        for name, content in beside.items():
            if specimen.name.removesuffix(".gz") != name:
                (place / name).write_bytes(content)
    (place / specimen.name).write_bytes(specimen.content)
    return place if specimen.use in ("data", "checkpoint", "history") else place / specimen.name

"""Images that stay in their file: learned to the same bits as from memory, read in blocks, and watched for changes."""

import gzip
import json
import os
import pickle
import shutil
import signal
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray

import byhand
from byhand import machine
from byhand.data.disk import choosing, saving
from byhand.data.disk.stored import Stored
from byhand.data.idx import write_idx
from byhand.learning.drawing import making, orders
from byhand.learning.drawing.orders import Orders
from byhand.learning.drawing.portions import Portions
from byhand.learning.training import Progress, Training
from conftest import Run

COUNT, TESTED = 1300, 50
BLOCK, TOGETHER = 37, 5
IMAGES = "train-images-idx3-ubyte"
SMALL: dict[str, Any] = {"layers": (6,), "epochs": 2, "seed": 3}


@pytest.fixture
def in_parts(monkeypatch: pytest.MonkeyPatch) -> None:
    """Shuffle few images as very many are: in blocks of 37, five of them a part."""
    monkeypatch.setattr(orders, "LARGE", 0)
    monkeypatch.setattr(orders, "BLOCK", BLOCK * 784)
    monkeypatch.setattr(orders, "TOGETHER", TOGETHER)


@pytest.fixture(scope="module")
def data(mnist: byhand.Dataset) -> byhand.Dataset:
    return byhand.Dataset("some", mnist.train.take(slice(COUNT)), mnist.test.take(slice(TESTED)))


@pytest.fixture
def folder(data: byhand.Dataset, tmp_path: Path) -> Path:
    return saving.save(data, tmp_path / "some")[0]


@pytest.fixture
def arrays(data: byhand.Dataset, tmp_path: Path) -> Path:
    """Return a folder of .npy files, whose images are rows."""
    (tmp_path / "arrays").mkdir()
    for part, split in (("train", data.train), ("test", data.test)):
        np.save(tmp_path / f"arrays/x_{part}.npy", split.images.reshape(len(split), -1))
        np.save(tmp_path / f"arrays/y_{part}.npy", split.labels)
    return tmp_path / "arrays"


def came_to(recipe: byhand.Recipe, split: byhand.Split) -> tuple[object, ...]:
    """Return the bits that a training comes to."""
    epochs = list(byhand.train(recipe, split))
    last = epochs[-1]
    judged = [(epoch.loss, epoch.accuracy, epoch.validation_loss) for epoch in epochs]
    return judged, last.model.theta.tobytes(), last.best.theta.tobytes(), last.model.details


# Whose images, and how many, are learned.


@pytest.mark.parametrize(("total", "block"), [(1, 1), (100, 7), (700, 7), (1000, 10), (35, 7), (36, 7), (400, 1000)])
def test_every_image_is_learned_once_an_epoch(total: int, block: int) -> None:
    drawn = Orders(5, total, block)
    seen = [np.concatenate(list(drawn.until(epoch, total))) for epoch in (1, 2)]
    for each in seen:
        assert (np.sort(each) == np.arange(total)).all()
    assert total == 1 or (seen[0] != seen[1]).any()
    starts = drawn.starts(1)
    for number, start in enumerate(starts[:-1]):
        part = drawn.part(1, number)
        assert len(part.places) == len(part.order) == starts[number + 1] - start
        assert drawn.at(1, start) == number
        assert (np.diff(part.places) > 0).all()
    for place in (0, total // 3, total):
        before = [*drawn.until(1, place)]
        assert np.concatenate([*before, seen[0][:0]]).tolist() == seen[0][:place].tolist()


def test_sets_of_a_gigabyte_are_shuffled_as_ever() -> None:
    assert Orders.of(0, 2**30 // 784, 784).block is None
    assert Orders.of(0, 814_255, 784).block is None  # EMNIST's largest
    assert Orders.of(0, 2**30 // 784 + 1, 784).block == 5349
    (order,) = Orders.of(7, 1000, 784).until(3, 1000)
    assert (order == np.random.default_rng([7, 3]).permutation(1000)).all()
    assert Orders.of(0, 2, 2**30).block == 1


# The same bits.


RECIPES: dict[str, dict[str, Any]] = {
    "plain": {},
    "in batches": {"batch_size": 32, "optimizer": "adam"},
    "drawn anew": {"rotation": 15, "shift": 1, "elastic": 1, "thickness": 0.4, "batch_size": 7},
    "validation": {"validation": 150, "patience": 1},
    "limit": {"limit": 1100},
    "strangers": {"strangers": 0.02, "rotation": 5},
    "classes": {"class_weight": {"7": 3, "1": 0}, "strangers": 0.01},
    "balanced": {"class_weight": "balanced", "validation": 100},
    "numpy": {"engine": "numpy", "batch_size": 50, "shift": 1},
}


@pytest.mark.parametrize("choices", RECIPES.values(), ids=RECIPES)
@pytest.mark.usefixtures("in_parts")
def test_the_same_bits_come_out(folder: Path, data: byhand.Dataset, choices: dict[str, Any]) -> None:
    mapped = byhand.load(folder, mapped=True).train
    assert isinstance(mapped.source, Stored)
    recipe = byhand.Recipe(**SMALL | choices)
    assert came_to(recipe, mapped) == came_to(recipe, data.train)


@pytest.mark.parametrize("name", ["drawn anew", "strangers", "balanced"])
def test_of_few_images_too(folder: Path, data: byhand.Dataset, name: str) -> None:
    recipe = byhand.Recipe(**SMALL | RECIPES[name])
    assert came_to(recipe, byhand.load(folder, mapped=True).train) == came_to(recipe, data.train)


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.usefixtures("in_parts")
def test_whoever_reads_ahead(folder: Path, monkeypatch: pytest.MonkeyPatch, threads: int) -> None:
    split = byhand.load(folder, mapped=True).train
    recipe = byhand.Recipe(**SMALL, rotation=10)
    wanted = came_to(recipe, split)
    monkeypatch.setattr(machine, "threads", lambda: threads)
    assert came_to(recipe, split) == wanted


@pytest.mark.usefixtures("in_parts")
def test_arrays_of_weights_and_npy_files_too(arrays: Path, data: byhand.Dataset) -> None:
    weights = np.random.default_rng(0).choice([0, 0.5, 1, 2], COUNT)
    mapped = byhand.load(arrays, mapped=True).train
    recipe = byhand.Recipe(**SMALL, batch_size=20, shift=1)
    each = [byhand.fit(recipe, split, sample_weight=weights) for split in (mapped, data.train)]
    assert each[0].model.theta.tobytes() == each[1].model.theta.tobytes()
    assert each[0].model.details == each[1].model.details


@pytest.mark.parametrize("name", ["drawn anew", "classes"])
@pytest.mark.usefixtures("in_parts")
def test_it_goes_on_from_the_middle_of_a_part(folder: Path, name: str) -> None:
    recipe = byhand.Recipe(**SMALL | RECIPES[name])
    split = byhand.load(folder, mapped=True).train
    whole = list(Training(recipe, split).run())
    last, told = whole[-1], [record.loss for record in whole if isinstance(record, Progress)]
    assert isinstance(last, byhand.Epoch)
    for stretches in (1, 3):
        first = Training(recipe, split)
        for _ in range(stretches):
            first.advance(350)
        going = pickle.loads(pickle.dumps(Training(recipe, split, first.state())))  # noqa: S301
        *records, end = going.run()
        assert isinstance(end, byhand.Epoch)
        assert end.model.theta.tobytes() == last.model.theta.tobytes()
        assert records[-1].loss == pytest.approx(told[-1], rel=1e-12)


@pytest.mark.usefixtures("in_parts")
def test_nothing_is_counted_twice(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    training = Training(byhand.Recipe(**SMALL), byhand.load(folder, mapped=True).train)
    training.advance()
    monkeypatch.setattr(Portions, "until", lambda *_: pytest.fail("all images before were counted again"))
    training.advance()


KILLED = """
import sys
from byhand.commands.app import main
from byhand.learning.drawing import orders
from byhand.runs import run_folder
orders.LARGE, orders.BLOCK, orders.TOGETHER, run_folder.CHECKPOINT_SECONDS = 0, 784 * 37, 5, 0.0
sys.exit(main(sys.argv[1:]))
"""


@pytest.mark.slow
def test_a_training_that_is_killed_goes_on_to_the_same_bits(folder: Path, tmp_path: Path) -> None:
    def command(*words: str) -> list[str]:
        return [sys.executable, "-c", KILLED, "train", *words, "--mapped", "--no-pictures"]

    recipe = ("--epochs", "30", "--layers", "300,200", "--rotation", "9", "--data", str(folder), "--validation", "200")
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    subprocess.run(command(*recipe, "--out", str(whole)), check=True, capture_output=True)
    process = subprocess.Popen(command(*recipe, "--out", str(killed)), stdout=subprocess.DEVNULL)
    while not (killed / "checkpoint-before.safetensors").exists():
        assert process.poll() is None
        time.sleep(0.01)
    time.sleep(0.3)
    process.send_signal(signal.SIGKILL)
    process.wait()
    subprocess.run(command("--resume", str(killed)), check=True, capture_output=True)
    models = [byhand.Model.load(path).theta.tobytes() for path in (whole, killed)]
    assert models[0] == models[1]


# How they are read.


@pytest.mark.usefixtures("in_parts")
def test_blocks_are_read_in_one_go_and_once(
    folder: Path, monkeypatch: pytest.MonkeyPatch, data: byhand.Dataset
) -> None:
    reads: list[tuple[int, int]] = []
    true = Stored.read
    split = byhand.load(folder, mapped=True).train

    def read(self: Stored, start: int, out: NDArray[np.uint8]) -> None:
        reads.append((start, len(out)))
        true(self, start, out)

    monkeypatch.setattr(Stored, "read", read)
    monkeypatch.setattr(machine, "threads", lambda: 1)
    for _ in Training(byhand.Recipe(layers=(4,), epochs=1), split).run():
        pass
    blocks = -(-COUNT // BLOCK)
    assert sorted(reads) == [(k * BLOCK, min(BLOCK, COUNT - k * BLOCK)) for k in range(blocks)]
    for part in range(0, blocks, TOGETHER):
        assert reads[part : part + TOGETHER] == sorted(reads[part : part + TOGETHER])
    reads.clear()
    byhand.fit(byhand.Recipe(layers=(4,), epochs=1), data.train)
    assert not reads


@pytest.mark.usefixtures("in_parts")
def test_more_images_take_no_more_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("byhand.data.disk.stored.CHUNK", 2**17)
    recipe = byhand.Recipe(layers=(4,), epochs=1, rotation=9, validation=50, batch_size=100)
    images, most = byhand.load().train, []
    byhand.fit(recipe, images.take(slice(100)))  # Load what there is to load.
    for size in (3500, 5000):
        split = images.take(slice(size))
        folder = saving.save(byhand.Dataset("some", split, split.take(slice(9))), tmp_path / str(size))[0]
        mapped = byhand.load(folder, mapped=True).train
        tracemalloc.start()
        try:
            byhand.fit(recipe, mapped)
            most.append(tracemalloc.get_traced_memory()[1])
        finally:
            tracemalloc.stop()
    assert most[1] - most[0] < 0.1 * 1500 * 784


# What can be asked of them.


def test_a_split_of_a_file_is_as_any(folder: Path, data: byhand.Dataset) -> None:
    mapped, loaded = byhand.load(folder, mapped=True).train, data.train
    assert repr(mapped) == repr(loaded)
    assert (len(mapped), mapped.image_shape, mapped.classes) == (len(loaded), (28, 28), loaded.classes)
    assert mapped.sha256() == loaded.sha256()
    some = np.array([5, 6, 7, 3, 900, 900])
    mask = loaded.labels == 4
    for chosen in (some, mask, slice(30, 90), slice(1, 100, 3), slice(-5, None), slice(50, 20)):
        wanted = loaded.take(chosen)
        for part in (mapped.take(chosen), mapped[chosen], mapped.kept(chosen)):
            assert part.sha256() == wanted.sha256()
            assert (part.images == wanted.images).all()
    assert mapped[[4, 2]].sha256() == loaded[[4, 2]].sha256()  # type: ignore[index]
    with pytest.raises(IndexError):
        mapped.take(np.array([COUNT]))
    assert isinstance(mapped.kept(mask).source, Stored)
    assert isinstance(mapped.take(slice(9)).source, Stored)
    assert isinstance(mapped.take(mask).source, np.ndarray)
    twice = mapped.kept(mask).kept(slice(3, 30, 2))
    assert (twice.images == loaded.images[mask][3:30:2]).all()
    assert (
        mapped.in_classes(tuple(reversed(mapped.classes))).sha256()
        == loaded.in_classes(tuple(reversed(mapped.classes))).sha256()
    )
    assert not mapped.images.flags.writeable
    assert (mapped.images == loaded.images).all()
    assert "images" in mapped._repr_html_()
    with pytest.raises(AttributeError, match="no attribute 'pixels'"):
        mapped.pixels  # noqa: B018


def test_what_is_strange_of_them_is_told_too(folder: Path, data: byhand.Dataset) -> None:
    write_idx(folder / IMAGES, data.train.images // 16)
    with pytest.warns(RuntimeWarning, match="the lightest pixel is 15 of 255"):
        byhand.load(folder, mapped=True)
    write_idx(folder / IMAGES, np.ascontiguousarray(data.train.images.transpose(0, 2, 1)))
    with pytest.warns(RuntimeWarning, match="rows and columns seem to be swapped"):
        byhand.load(folder, mapped=True)


def test_to_other_processes_goes_where_it_lies(folder: Path) -> None:
    split = byhand.load(folder, mapped=True).train
    sent = pickle.dumps(split)
    assert len(sent) < 2 * COUNT
    assert pickle.loads(sent).sha256() == split.sha256()  # noqa: S301


# What cannot be.


def test_what_cannot_be_mapped_is_told(folder: Path, arrays: Path, data: byhand.Dataset, tmp_path: Path) -> None:
    def told(path: object, wanted: str, **how: Any) -> None:
        with pytest.raises(byhand.ByhandError, match=wanted):
            byhand.load(path, mapped=True, **how)

    told("mnist", "leave it out here")
    told((data.train.images, data.train.labels), "leave it out here")
    told(folder, "cannot be, where images stay", white=16)
    told(folder, "cannot be, where images stay", transposed=True)
    np.savez(tmp_path / "some.npz", x=data.train.images, y=data.train.labels)
    told(tmp_path / "some.npz", "cannot be mapped; that takes a folder")
    x = arrays / "x_train.npy"
    for odd in (
        data.train.images / 255,
        np.asfortranarray(data.train.images),
        data.train.images[:, :3].reshape(-1, 84),
    ):
        np.save(x, odd)
        told(arrays, "x_train.npy: holds .* so it cannot be mapped")
    np.savez(arrays / "x_train.npz", data.train.images)
    x.unlink()
    told(arrays, "x_train.npz: cannot be mapped")
    for path in arrays.iterdir():
        path.unlink()
    np.save(arrays / "x.npy", data.train.images)
    np.save(arrays / "y.npy", data.train.labels)
    told(arrays, "has no test images, which data that are mapped must have")
    images = folder / IMAGES
    (folder / f"{IMAGES}.gz").write_bytes(gzip.compress(images.read_bytes()))
    images.unlink()
    told(folder, "is packed by gzip, so it cannot be mapped")
    (folder / f"{IMAGES}.gz").unlink()
    told(folder, "missing")
    images.write_bytes(bytes([0, 0, 9, 3]) + np.array([COUNT, 28, 28], ">u4").tobytes() + bytes(COUNT * 784))
    told(folder, "its pixels are int8, so it cannot be mapped")


@pytest.mark.parametrize("cut", [5, 16, 784 * 100, -1])
def test_a_file_that_is_cut_off_is_told_at_once(folder: Path, arrays: Path, cut: int, call: Run) -> None:
    for path, name in ((folder, IMAGES), (arrays, "x_train.npy")):
        content = (path / name).read_bytes()
        (path / name).write_bytes(content[:cut])
        told = call("train", "--data", path, "--mapped", code=1).stderr
        assert name in told
        assert told.count("\n") == 1
        (path / name).write_bytes(content + b"x")
        with pytest.raises(byhand.ByhandError, match=r"goes on after its end|not as long as"):
            byhand.load(path, mapped=True)


def shortened(path: Path) -> None:
    os.truncate(path, 784 * 200)


def gone(path: Path) -> None:
    path.unlink()


def changed(path: Path) -> None:
    os.utime(path, (1, 1))


@pytest.mark.parametrize("harm", [shortened, gone, changed])
@pytest.mark.parametrize("choices", [{}, {"rotation": 9}])
@pytest.mark.usefixtures("in_parts")
def test_a_file_that_changes_meanwhile_ends_in_one_sentence(folder: Path, harm: Any, choices: dict[str, Any]) -> None:
    training = Training(byhand.Recipe(**SMALL, **choices), byhand.load(folder, mapped=True).train)
    training.advance()
    harm(folder / IMAGES)
    with pytest.raises(byhand.ByhandError, match=f"{IMAGES}: (was changed since|its images cannot be read any more)"):
        list(training.run())


def test_a_file_that_is_cut_while_it_is_read(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    split = byhand.load(folder, mapped=True).train
    shortened(folder / IMAGES)
    monkeypatch.setattr("byhand.data.disk.stored._state", lambda _: split.source.state)  # type: ignore[union-attr]
    with pytest.raises(byhand.ByhandError, match=r"cannot be read any more \(it was cut short"):
        split.take(np.array([3, 1200]))
    with pytest.raises(byhand.ByhandError, match="cannot be read any more"):
        split.images  # noqa: B018


def test_listed_checksums_are_compared(folder: Path) -> None:
    write_sums = "\n".join(f"{'0' * 64}  {name}" for name in (IMAGES,))
    (folder / "SHA256SUMS").write_text(write_sums)
    with pytest.raises(byhand.ByhandError, match=f"{IMAGES}: its SHA-256 is not the one"):
        byhand.load(folder, mapped=True)


# By itself.


@pytest.fixture
def scarce(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let there be memory for less than twice the images."""
    monkeypatch.setattr(choosing, "SMALL", 0)
    monkeypatch.setattr(choosing, "free_memory", lambda: 2 * COUNT * 784)


@pytest.mark.usefixtures("scarce")
@pytest.mark.filterwarnings("always:.*is large, so its images")
def test_what_is_large_for_the_memory_is_mapped_by_itself(folder: Path, arrays: Path, call: Run) -> None:
    for path in (folder, arrays):
        with pytest.warns(UserWarning, match="is large, so its images stay there"):
            mapped = byhand.load(path)
        assert isinstance(mapped.train.source, Stored)
        assert isinstance(mapped.test.source, np.ndarray)
        assert isinstance(byhand.load(path, mapped=False).train.source, np.ndarray)
    facts = [json.loads(call("data", "--data", path, "--json").stdout) for path in (folder, arrays)]
    assert facts[0]["train"] == facts[1]["train"]
    assert "stay there" in call("data", "--data", folder).stderr
    for name in ("x_train.npy", "x_test.npy"):
        np.save(arrays / name, np.load(arrays / name) / 255)
    assert isinstance(byhand.load(arrays).train.source, np.ndarray)  # as it cannot be mapped


@pytest.mark.filterwarnings("always:.*is large, so its images")
@pytest.mark.usefixtures("scarce")
def test_what_is_told_of_data_does_not_depend_on_where_they_are(
    folder: Path, call: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = call("data", "--data", folder).stdout
    monkeypatch.setattr(choosing, "free_memory", lambda: None)
    assert call("data", "--data", folder).stdout == said


def test_memory_is_what_the_machine_and_the_container_leave(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert choosing.free_memory() is None or choosing.free_memory() > 10**7  # type: ignore[operator]
    root = tmp_path / "cgroup"
    for name in ("_MEMINFO", "_OWN_GROUP"):
        monkeypatch.setattr(choosing, name, tmp_path / name)
    monkeypatch.setattr(choosing, "_GROUPS", root)
    assert choosing.free_memory() is None
    (tmp_path / "_MEMINFO").write_text("MemTotal: 99 kB\nMemAvailable:  5000 kB\n")
    (tmp_path / "_OWN_GROUP").write_text("12:cpu:/x\n4:memory:/job/inner\n0::/own/inner\n")
    assert choosing.free_memory() == 5_120_000

    def group(folder: Path, **files: object) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        for name, content in files.items():
            (folder / name.replace("__", ".")).write_text(f"{content}\n")

    group(root / "own/inner", memory__max="max", memory__current=10, memory__stat="inactive_file 0")
    assert choosing.free_memory() == 5_120_000
    group(root / "own", memory__max=3000, memory__current=2000, memory__stat="anon 7\ninactive_file 500")
    assert choosing.free_memory() == 1500
    usage = {"memory__limit_in_bytes": 900, "memory__usage_in_bytes": 800}
    group(root / "memory/job", **usage, memory__stat="total_inactive_file 100")
    assert choosing.free_memory() == 200


# Data that are written.


def test_data_are_written_drawn_anew(call: Run, tmp_path: Path, folder: Path, data: byhand.Dataset) -> None:
    count = 2 * COUNT + 300
    said = call("data", "--data", folder, "--write", "big", "--count", count, "--seed", 7).stdout
    assert "saved as big, with the 50 test images as they are" in said
    big = byhand.load(tmp_path / "big")
    assert len(big.train) == count
    assert big.train.classes == data.train.classes
    assert big.test.sha256() == data.test.sha256()
    assert (big.train.labels == np.resize(data.train.labels, count)).all()
    first, second = big.train.images[:COUNT], big.train.images[COUNT : 2 * COUNT]
    for one, other in ((first, data.train.images), (first, second)):
        same = (one == other).all(axis=(1, 2))
        assert same.mean() < 0.01
        assert np.corrcoef(one.ravel(), other.ravel())[0, 1] > 0.4
    call("data", "--data", folder, "--write", "again", "--count", count, "--seed", 7, "--json")
    assert (tmp_path / "again" / IMAGES).read_bytes() == (tmp_path / "big" / IMAGES).read_bytes()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["again", "big", "some"]


def test_writing_that_cannot_be_leaves_nothing(
    call: Run, tmp_path: Path, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def told(*words: object, code: int = 2) -> str:
        return call("data", "--data", folder, *words, code=code).stderr

    assert "is there already" in told("--write", "some", "--count", 5)
    assert "big.npz: is to be a folder" in told("--write", "big.npz")
    assert "--count: belongs to --write" in told("--count", 5)
    assert "--seed: belongs to --write" in told("--seed", 5)
    assert "nothing would be drawn anew" in told("--write", "big", "--recipe", "fast")
    assert "cannot be made" in told("--write", "some/classes.txt/big", code=1)
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**9, 10**9, 10**7))
        assert "takes 6.4 GB, and 0.0 GB are free there" in told("--write", "big", "--count", 8_100_000, code=1)
    monkeypatch.setattr(making, "distort", lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
    told("--write", "big", code=130)
    assert [path.name for path in tmp_path.iterdir()] == ["some"]


def test_it_is_trained_from_the_command_line(call: Run, tmp_path: Path, folder: Path) -> None:
    small = ("--layers", 5, "--epochs", 1, "--no-pictures", "--data", folder)
    call("train", *small, "--out", "loaded")
    call("train", *small, "--mapped", "--out", "mapped")
    models = [byhand.Model.load(tmp_path / name) for name in ("loaded", "mapped")]
    assert models[0].theta.tobytes() == models[1].theta.tobytes()
    assert models[0].details["data"] == models[1].details["data"]
    call("train", "--resume", "mapped", "--epochs", 2, "--mapped", "--no-pictures")
    told = call("train", *small, "--mapped", "--transposed", code=2).stderr
    assert "--transposed: cannot be, where images stay in their file" in told

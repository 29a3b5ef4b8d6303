"""Several processes learn one network: what one would learn, and one message where something goes wrong."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import byhand
from byhand.commands.several import processes
from byhand.errors import UsageError
from byhand.learning.devices.world import World, is_asked_for
from byhand.learning.training import Training
from byhand.types import Floats
from trainings import until

SMALL = byhand.Recipe(engine="torch", device="cpu", layers=(16,), batch_size=16, limit=810, epochs=4)
RECIPES = {  # the first two of 204 steps; all with a short batch at the end of every epoch
    "descent": SMALL,
    "weighted": replace(SMALL, optimizer="adamw", class_weight="balanced", validation=100),
    "much": replace(
        SMALL,
        epochs=2,
        optimizer="nesterov",
        average=0.9,
        adversarial=0.05,
        strangers=0.1,
        rotation=10.0,
        label_smoothing=0.1,
    ),
    "tiny batches": replace(SMALL, batch_size=2, limit=101, epochs=1),
    "rough": replace(SMALL, epochs=2, precision="bf16"),
}
LEARN = """
import sys
import numpy as np
import byhand
from byhand.learning.devices.world import join
from byhand.learning.training import Training
from test_world import RECIPES, losses_and_parameters

world = join()
found = {name: losses_and_parameters(Training(recipe, byhand.load("mnist").train, world=world))
         for name, recipe in RECIPES.items()}
if world.rank == world.size - 1:
    np.savez(sys.argv[1], **{f"{name}/{k}": array for name, arrays in found.items() for k, array in enumerate(arrays)})
world.leave()
"""


Begin = Callable[..., list[subprocess.Popen[str]]]


def losses_and_parameters(training: Training) -> tuple[Floats, Floats]:
    losses = [record.loss for record in training.run()]
    return np.array(losses), training.theta


@cache
def learned_alone(name: str) -> tuple[Floats, Floats]:
    return losses_and_parameters(Training(RECIPES[name], byhand.load("mnist").train))


def apart(a: Floats, b: Floats) -> float:
    """Return how far vectors are from each other, relative to their length."""
    return float(np.linalg.norm(a - b) / np.linalg.norm(b))


def environment(**more: object) -> dict[str, str]:
    path = os.pathsep.join(sys.path)  # also this folder
    return (
        os.environ | {"PYTHONPATH": path, "OMP_NUM_THREADS": "1"} | {name: str(value) for name, value in more.items()}
    )


@pytest.fixture
def begin(tmp_path: Path) -> Begin:
    """Return what starts Python with commands as torchrun starts its processes; that would also end all with one."""
    from torch.distributed import TCPStore

    stores: list[object] = []  # as torchrun keeps one beside the processes

    def begin(*commands: Sequence[object]) -> list[subprocess.Popen[str]]:
        store = TCPStore("127.0.0.1", 0, is_master=True, wait_for_workers=False)
        stores.append(store)
        told = {"WORLD_SIZE": len(commands), "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": store.port}
        told |= {"TORCHELASTIC_RUN_ID": "a-test", "TORCHELASTIC_USE_AGENT_STORE": True}
        result = []
        for rank, words in enumerate(commands):
            pipe, command = subprocess.PIPE, [sys.executable, *map(str, words)]
            own = environment(**told, RANK=rank, LOCAL_RANK=rank)
            result.append(subprocess.Popen(command, stdout=pipe, stderr=pipe, text=True, cwd=tmp_path, env=own))
        return result

    return begin


def ended(running: Sequence[subprocess.Popen[str]]) -> tuple[list[int], str, str]:
    """Return the exit codes of processes, what was said by all, and what was said beside that."""
    said = [process.communicate(timeout=120) for process in running]
    return [process.returncode for process in running], "".join(out for out, _ in said), "".join(e for _, e in said)


def options(recipe: byhand.Recipe) -> list[str]:
    """Return a small recipe as options."""
    layers = ",".join(map(str, recipe.layers))
    words = ["--engine", recipe.engine, "--device", recipe.device, "--layers", layers, "--limit", str(recipe.limit)]
    return [*words, "--batch-size", str(recipe.batch_size), "--epochs", str(recipe.epochs), "--no-pictures"]


@given(st.integers(0, 50), st.integers(0, 50), st.integers(1, 9))
def test_the_parts_of_a_batch_are_the_whole_and_alike(start: int, n: int, size: int) -> None:
    parts = [World(rank, size).part(slice(start, start + n)) for rank in range(size)]
    assert [k for part in parts for k in range(part.start, part.stop)] == list(range(start, start + n))
    assert max(part.stop - part.start for part in parts) <= -(-n // size)


def test_without_torchrun_nobody_is_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("RANK", "WORLD_SIZE", "LOCAL_RANK"):  # as other programs set them
        monkeypatch.setenv(name, "2")
    assert not is_asked_for()
    monkeypatch.setenv("TORCHELASTIC_RUN_ID", "one")
    monkeypatch.setenv("WORLD_SIZE", "1")
    assert not is_asked_for()


def test_what_each_process_would_do_again_is_refused(few: byhand.Split) -> None:
    with pytest.raises(UsageError, match="seeds: torchrun's processes learn one network together"):
        processes.check(World(0, 2), 3)
    with pytest.raises(UsageError, match=r"engine: torchrun has started 2 processes.* the same with numpy"):
        processes.check_alike(Training(byhand.Recipe(engine="numpy"), few, world=World(0, 2)))


@pytest.mark.torch
@pytest.mark.parametrize("count", [2, 3])
def test_processes_learn_what_one_learns(tmp_path: Path, begin: Begin, count: int) -> None:
    (tmp_path / "learn.py").write_text(LEARN)
    words = tmp_path / "learn.py", tmp_path / "found.npz"
    if count == 2:
        command = [sys.executable, "-m", "torch.distributed.run", "--nproc-per-node", "2", *map(str, words)]
        subprocess.run(command, check=True, env=environment(), timeout=300)
    else:
        codes, _, errors = ended(begin(*[words] * count))
        assert codes == [0] * count, errors
    with np.load(tmp_path / "found.npz") as found:
        rounding = apart(learned_alone("rough")[1], learned_alone("descent")[1])
        for name in RECIPES:
            most = 1e-5 if name != "rough" else 2 * rounding
            for k, values in enumerate(learned_alone(name)):
                assert apart(found[f"{name}/{k}"], values) < most, name


@pytest.mark.torch
def test_after_a_kill_and_a_ctrl_c_other_numbers_of_processes_go_on(tmp_path: Path, begin: Begin) -> None:
    recipe = replace(SMALL, limit=400, epochs=24)
    train = ["-m", "byhand", "train"]
    running = begin(*[[*train, *options(recipe)]] * 3)
    folder = tmp_path / "runs" / "mnist-1"
    until((folder / "checkpoint.safetensors").exists)
    running[1].kill()
    codes, _, errors = ended(running)
    assert codes == [1, -signal.SIGKILL, 1]
    assert errors.count("byhand: another process of this training has ended") == errors.count("\n") == 1
    running = begin(*[[*train, "--resume", folder]] * 2)
    said = running[0].stdout
    assert said is not None
    until(lambda: "epoch  4/24" in said.readline())
    running[1].send_signal(signal.SIGINT)
    codes, _, errors = ended(running)
    assert codes == [130, 130], errors
    assert "processes 3, now 2" in errors
    assert errors.count("byhand: stopped; what epoch ") == 1
    with pytest.warns(UserWarning, match="not quite the machine"):
        *_, resumed = byhand.resume(folder)
    *_, last = byhand.train(recipe, byhand.load("mnist").train)
    assert apart(resumed.model.theta, last.model.theta) < 1e-5
    assert [path.name for path in folder.parent.iterdir()] == ["mnist-1"]


@pytest.mark.torch
def test_processes_that_disagree_are_told_once_and_nothing_is_lost(tmp_path: Path, begin: Begin) -> None:
    (tmp_path / "checkpoint.safetensors").write_bytes(b"an older one")
    words = ["-m", "byhand", "train", *options(SMALL), "--force", "--out", "."]
    codes, said, errors = ended(begin(words, [*words, "--seed", "5"]))
    assert codes == [2, 2]
    assert not said
    assert re.fullmatch(
        "byhand: the processes do not learn the same: --seed is 0 in process 0, and 5 in process 1. Give all .*\n",
        errors,
    )
    assert [path.name for path in tmp_path.iterdir()] == ["checkpoint.safetensors"]

"""The tools that `--log` names, as they are: what each keeps is what the history says, and nothing leaves the machine.

Every tool's own reader reads it back, but for Weights & Biases, which has none for a run that was not sent.
"""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

import byhand
from byhand.data.idx import write_idx
from conftest import Run

pytestmark = [pytest.mark.watch, pytest.mark.filterwarnings("ignore")]
Kept = Mapping[int, Mapping[str, float]]  # values by epoch and name
TOOLS = ("tensorboard", "mlflow", "wandb", "trackio")
SMALL = ("train", "--data", "digits", "--layers", 6, "--batch-size", 20, "--validation", 100, "--no-pictures")


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, mnist: byhand.Dataset) -> Iterator[socket.socket]:
    """Make some data, and a home in which nobody is logged in; yield the only way into any network, which is none."""
    (tmp_path / "digits").mkdir()
    for stem, split in (("train", mnist.train.take(slice(400))), ("t10k", mnist.test.take(slice(100)))):
        write_idx(tmp_path / f"digits/{stem}-images-idx3-ubyte", split.images)
        write_idx(tmp_path / f"digits/{stem}-labels-idx1-ubyte", split.labels)
    for name in os.environ:
        if name == "CI" or name.startswith(("PYTEST_", "MLFLOW_", "WANDB_", "TRACKIO_", "HF_")):
            monkeypatch.delenv(name)  # Some send nothing where they are tested.
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    with socket.create_server(("127.0.0.1", 0)) as proxy:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, f"http://127.0.0.1:{proxy.getsockname()[1]}")
        proxy.setblocking(False)
        yield proxy


def of_tensorboard(folder: Path, _: str) -> tuple[Mapping[str, str], Kept]:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    events = EventAccumulator(str(folder), size_guidance={"scalars": 0})
    events.Reload()
    scalars = {name: [(at.step, at.value) for at in events.Scalars(name)] for name in events.Tags()["scalars"]}
    about = events.SummaryMetadata("_hparams_/session_start_info").plugin_data.content
    chosen = HParamsPluginData.FromString(about).session_start_info.hparams
    choices = {name: value.string_value or value.number_value for name, value in chosen.items()}
    return choices, by_epoch((step, name, value) for name, values in scalars.items() for step, value in values)


def of_mlflow(folder: Path, run: str) -> tuple[Mapping[str, str], Kept]:
    from mlflow import MlflowClient

    client = MlflowClient(f"sqlite:///{folder.parent}/mlflow.db")
    found = client.get_run(run)
    assert (found.info.run_name, found.info.status) == (folder.name, "FINISHED")
    assert client.get_experiment(found.info.experiment_id).name == "byhand"
    history = [
        (at.step, at.key, at.value) for name in found.data.metrics for at in client.get_metric_history(run, name)
    ]
    return found.data.params, by_epoch(history)


def of_trackio(folder: Path, run: str) -> tuple[Mapping[str, str], Kept]:
    script = (
        "import json, sys, trackio; from trackio.sqlite_storage import SQLiteStorage as S;"
        "print(json.dumps([S.get_run_config('byhand', sys.argv[1]), S.get_logs('byhand', sys.argv[1])]))"
    )
    # It takes its folder when it is loaded.
    command = [sys.executable, "-c", script, f"{folder.name}-{run}"]
    config, logs = json.loads(subprocess.run(command, capture_output=True, check=True, text=True).stdout)
    return config, by_epoch(
        (row["step"], name, value) for row in logs for name, value in row.items() if name not in ("step", "timestamp")
    )


def of_wandb(folder: Path, run: str) -> tuple[Mapping[str, str], Kept]:
    choices: dict[str, Any] = {}
    rows: list[tuple[int, str, float]] = []
    for file in sorted(folder.glob(f"wandb/offline-run-*/run-{run}.wandb")):
        for record in records(file.read_bytes()):
            kind = record.WhichOneof("record_type")
            if kind == "run":
                assert (record.run.display_name, record.run.project, record.run.run_id) == (folder.name, "byhand", run)
                choices |= {item.key: json.loads(item.value_json) for item in record.run.config.update}
            elif kind == "history":
                row = {
                    item.key or "/".join(item.nested_key): json.loads(item.value_json) for item in record.history.item
                }
                rows += [(row["_step"], name, value) for name, value in row.items() if name[0] != "_"]
    return choices, by_epoch(rows)


def records(content: bytes) -> Iterator[Any]:
    """Yield what stands in a file of Weights & Biases: LevelDB's form of a log, after seven bytes of its own."""
    from wandb.proto.wandb_internal_pb2 import Record

    at, parts = 7, b""
    while at + 7 <= len(content):
        length, kind = int.from_bytes(content[at + 4 : at + 6], "little"), content[at + 6]
        if 32768 - at % 32768 < 7 or kind == 0:  # The rest of a block is empty.
            at += 32768 - at % 32768
            continue
        parts += content[at + 7 : at + 7 + length]
        at += 7 + length
        if kind in (1, 4):  # all of a record, or its last part
            yield Record.FromString(parts)
            parts = b""


def by_epoch(values: Any) -> Kept:
    """Return values by epoch and name; none is there twice."""
    kept: dict[int, dict[str, float]] = {}
    for epoch, name, value in values:
        assert name not in kept.setdefault(epoch, {})
        kept[epoch][name] = value
    return kept


READERS: Mapping[str, Callable[[Path, str], tuple[Mapping[str, Any], Kept]]] = {
    "tensorboard": of_tensorboard,
    "mlflow": of_mlflow,
    "wandb": of_wandb,
    "trackio": of_trackio,
}


@pytest.mark.parametrize("tool", TOOLS)
def test_a_tool_keeps_what_the_history_says(
    run: Run, tmp_path: Path, world: socket.socket, tool: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("PYTEST_CURRENT_TEST")  # as above; pytest itself sets it as late as here
    done = run(*SMALL, "--epochs", 2, "--log", tool)
    assert done.stderr == ""
    assert f"\nwatched by {tool}: " in done.stdout
    before = json.loads((tmp_path / "runs/digits-1/history.json").read_text())["test"]
    done = run("train", "--resume", "runs/digits-1", "--epochs", 3, "--log", tool, "--json", "--no-pictures")
    assert len([json.loads(line) for line in done.stdout.splitlines()]) == 2
    folder = tmp_path / "runs/digits-1"
    history, told = (json.loads((folder / name).read_text()) for name in ("history.json", "watched.json"))
    choices, kept = READERS[tool](folder, told[tool]["id"])
    assert {"layers": "6", "validation": "100", "patience": "none", "data": "digits"}.items() <= {
        name: f"{value:g}" if isinstance(value, float) else str(value) for name, value in choices.items()
    }.items()
    expected = {row["epoch"]: named(row) for row in history["epochs"]}
    for epoch, test in ((2, before), (3, history["test"])):
        expected[epoch] |= {"test/accuracy": test["accuracy"], "test/loss": test["loss"]}
    assert kept.keys() == expected.keys()
    for epoch, values in expected.items():
        assert kept[epoch] == pytest.approx(values, rel=1e-6)
    with pytest.raises(BlockingIOError):
        world.accept()  # Nobody wanted to go out.


def named(row: Mapping[str, float]) -> dict[str, float]:
    """Return the values of an epoch as tools name them."""
    return {name.replace("validation_", "validation/"): value for name, value in row.items() if name != "epoch"}


@pytest.mark.usefixtures("world")
def test_two_trainings_of_one_process_are_two_runs(tmp_path: Path) -> None:
    script = (
        "import byhand; split = byhand.load('digits').train; recipe = byhand.Recipe(epochs=2, batch_size=20);"
        "both = [byhand.watched(byhand.train(recipe, split), *%r, folder=name) for name in ('a', 'b')];"
        # The second one is not asked for its end.
        "print([[epoch.loss for epoch in epochs] for epochs in zip(*both)])"
    )
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", script % (TOOLS,)],
        capture_output=True,
        text=True,
        cwd=tmp_path,
        check=True,
    )
    assert done.stderr == ""
    losses = json.loads(done.stdout)
    for name in "ab":
        told = json.loads((tmp_path / name / "watched.json").read_text())
        for tool in TOOLS:
            _, kept = READERS[tool](tmp_path / name, told[tool]["id"])
            assert [kept[epoch]["loss"] for epoch in (1, 2)] == pytest.approx([loss for loss, _ in losses], rel=1e-6), (
                tool
            )


@pytest.mark.usefixtures("world")
def test_seeds_may_begin_with_one_database_at_once(run: Run, tmp_path: Path) -> None:
    from mlflow import MlflowClient

    assert run(*SMALL, "--epochs", 1, "--seeds", 2, "--out", "many", "--log", "mlflow").stderr == ""
    client = MlflowClient(f"sqlite:///{tmp_path}/mlflow.db")
    found = client.search_runs([client.get_experiment_by_name("byhand").experiment_id])
    assert {one.info.run_name for one in found} == {"many/seed-0", "many/seed-1"}


@pytest.mark.usefixtures("world")
def test_a_server_that_does_not_answer_ends_no_training(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for variable, value in {
        "MLFLOW_TRACKING_URI": "http://127.0.0.1:9",
        "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "0",
        "WANDB_API_KEY": "0" * 40,
        "WANDB_BASE_URL": "http://127.0.0.1:9",
        "WANDB_INIT_TIMEOUT": "2",
    }.items():
        monkeypatch.setenv(variable, value)
    done = run(*SMALL, "--epochs", 1, "--log", "mlflow", "--log", "wandb")
    assert [line.partition(" (")[0] for line in done.stderr.splitlines()] == [
        "byhand: mlflow fails",
        "byhand: wandb fails",
    ]
    assert (tmp_path / "runs/digits-1/model.safetensors").exists()

"""The command line as its users meet it: real processes, good and bad input."""

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import byhand
from byhand.learning import training
from byhand.model import SHIPPED
from byhand.runs import checkpoints, run_folder
from conftest import Run
from terminals import seen_on_a_terminal

SMALL = ("--limit", 300, "--epochs", 2, "--layers", "16")


def test_train_then_use_it(run: Run, call: Run, tmp_path: Path, mnist: byhand.Dataset) -> None:
    lines = run("train", *SMALL).stdout.splitlines()
    assert lines[0].startswith("network 784-16-10 (12,730 parameters, relu), seed 0")
    assert re.fullmatch(r"epoch 1/2   loss \d\.\d{4}   \d+\.\d s", lines[2])
    assert lines[3].startswith("epoch 2/2")
    assert re.match(r"test: \d\d\.\d\d % of 10,000 images read right \(95 % interval", lines[4])
    assert lines[5] == "saved in runs/mnist-1: model, history, pictures and recipe"
    folder = tmp_path / "runs" / "mnist-1"
    files = {
        "model.safetensors",
        "history.json",
        "run.toml",
        "finished.safetensors",
        "loss.png",
        "confusion.png",
        "weights.png",
        "mistakes.png",
    }
    assert {path.name for path in folder.iterdir() if path.name != ".lock"} == files

    history = json.loads((folder / "history.json").read_text())
    model = byhand.Model.load(folder / "model.safetensors")
    accuracy = byhand.evaluate(model, mnist.test).accuracy
    assert history["test"]["accuracy"] == accuracy
    assert [epoch["epoch"] for epoch in history["epochs"]] == [1, 2]
    assert history["recipe"]["layers"] == [16]
    assert history["data"]["name"] == "mnist"
    assert f"{100 * accuracy:.2f} %" in lines[4]

    told = json.loads(call("evaluate", "runs/mnist-1", "--json", "--figures", "pictures").stdout)
    assert told["accuracy"] == accuracy
    assert np.sum(told["confusion_matrix"]) == 10_000
    assert told["loss"] > 0
    assert {path.name for path in (tmp_path / "pictures").iterdir()} == {"confusion.png", "weights.png", "mistakes.png"}
    assert "precision" in call("evaluate", folder / "model.safetensors").stdout

    facts = json.loads(call("info", "runs/mnist-1", "--json").stdout)
    assert facts["sizes"] == [784, 16, 10]
    assert facts["parameters"] == 12_730
    assert facts["recipe"]["seed"] == 0
    assert facts["scores"]["accuracy"] == accuracy
    assert facts["data"]["sha256"] == mnist.train.take(slice(300)).sha256()
    assert "accuracy" in call("info", "runs/mnist-1").stdout


@pytest.mark.usefixtures("undrawn")
def test_every_run_gets_a_folder_of_its_own(call: Run, tmp_path: Path) -> None:
    for seed in (0, 1):
        call("train", *SMALL, "--seed", seed)
    for name in ("mnist-1", "mnist-2"):
        assert (tmp_path / "runs" / name / "model.safetensors").exists()


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_train_in_json_and_the_same_again(run: Run, call: Run, tmp_path: Path) -> None:
    done = run("train", *SMALL, "--json", "--validation", 500, "--out", "here")
    assert not done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["epoch"] for row in rows[:-1]] == [1, 2]
    assert all({"loss", "seconds", "validation_accuracy", "validation_loss"} <= set(row) for row in rows[:-1])
    assert {"model", "accuracy", "loss", "seconds", "epochs"} <= set(rows[-1])
    assert rows[-1]["model"] == "here/model.safetensors"
    first = (tmp_path / "here" / "model.safetensors").read_bytes()
    call("train", *SMALL, "--json", "--validation", 500, "--out", "here", "--force")
    assert (tmp_path / "here" / "model.safetensors").read_bytes() == first


@pytest.mark.usefixtures("undrawn")
def test_the_run_file_reproduces_the_run(call: Run, tmp_path: Path) -> None:
    choices = ("--optimizer", "adamw", "--batch-size", 20, "--rotation", 10, "--elastic", 1, "--average", 0.9)
    call("train", *SMALL, *choices, "--out", "first")
    call("train", "--recipe", "first/run.toml", "--out", "second")
    assert (tmp_path / "first/model.safetensors").read_bytes() == (tmp_path / "second/model.safetensors").read_bytes()
    call("train", "--recipe", "first/run.toml", "--out", "third", "--seed", 5, "--layers", 7)
    third = byhand.Model.load(tmp_path / "third/model.safetensors")
    assert third.sizes == (784, 7, 10)
    assert third.details["recipe"]["seed"] == 5  # type: ignore[index,call-overload]
    assert third.details["recipe"]["elastic"] == 1  # type: ignore[index,call-overload]


@pytest.mark.slow
def test_several_seeds(run: Run, tmp_path: Path) -> None:
    rows = [json.loads(line) for line in run("train", *SMALL, "--seeds", 3, "--seed", 4, "--json").stdout.splitlines()]
    assert sorted(row["seed"] for row in rows[:-1]) == [4, 5, 6]
    accuracies = [row["accuracy"] for row in rows[:-1]]
    assert rows[-1] == {"accuracy": np.mean(accuracies), "deviation": pytest.approx(np.std(accuracies, ddof=1)), "n": 3}
    folder = tmp_path / "runs" / "mnist-1"
    assert json.loads((folder / "seeds.json").read_text())["runs"][0]["seed"] == 4
    run("train", *SMALL, "--seed", 5, "--out", "alone", env={**os.environ, "OPENBLAS_NUM_THREADS": "1"})
    assert (tmp_path / "alone/model.safetensors").read_bytes() == (folder / "seed-5/model.safetensors").read_bytes()
    error = run("train", *SMALL, "--seeds", 2, "--learning-rate", 1e30, code=1).stderr
    assert re.match(r"byhand: seed \d: the loss became infinite in epoch 1", error)


@pytest.mark.usefixtures("undrawn")
def test_compare_tells_luck_from_skill(call: Run, tmp_path: Path) -> None:
    call("train", *SMALL, "--out", "a")
    call("train", *SMALL, "--epochs", 20, "--limit", 3000, "--out", "b")
    facts = json.loads(call("compare", "a", "b", "--json").stdout)
    models = [byhand.Model.load(tmp_path / name / "model.safetensors") for name in "ab"]
    test = byhand.load("mnist").test
    right = [model.predict(test.images) == test.labels for model in models]
    assert facts["accuracies"] == [float(r.mean()) for r in right]
    assert facts["only_first"] == (right[0] & ~right[1]).sum()
    assert facts["only_second"] == (right[1] & ~right[0]).sum()
    assert "hardly chance: b is better" in call("compare", "a", "b").stdout
    assert "may well be chance" in call("compare", "b", "b").stdout


@pytest.mark.usefixtures("undrawn")
def test_a_committee(call: Run, tmp_path: Path, mnist: byhand.Dataset) -> None:
    for seed in (0, 1):
        call("train", *SMALL, "--seed", seed, "--out", f"run-{seed}")
    assert "saved as both.safetensors" in call("ensemble", "run-0", "run-1", "--out", "both.safetensors").stdout
    facts = json.loads(call("info", "both.safetensors", "--json").stdout)
    assert facts["sizes"] == [784, 32, 10]
    assert [member["recipe"]["seed"] for member in facts["members"]] == [0, 1]
    assert re.search(r"members\n  1\n.*^  2\n", call("info", "both.safetensors").stdout, re.DOTALL | re.MULTILINE)
    accuracy = json.loads(call("evaluate", "both.safetensors", "--json").stdout)["accuracy"]
    assert accuracy == byhand.evaluate(byhand.Model.load(tmp_path / "both.safetensors"), mnist.test).accuracy
    assert "two models or more" in call("ensemble", "run-0", code=2).stderr


def test_recipes_are_listed(call: Run) -> None:
    names = [json.loads(line)["name"] for line in call("recipes", "--json").stdout.splitlines()]
    assert {"seed", "fast", "small", "best", "fashion", "permutation-invariant"} <= set(names)
    text = call("recipes").stdout
    assert all(name in text for name in names)


def test_of_a_recipe_that_was_not_measured_nothing_is_claimed(call: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    measured = call("recipes").stdout.splitlines()
    monkeypatch.setattr("byhand.learning.recipe_files.results", dict)
    assert call("recipes").stdout.splitlines() == [line for line in measured if "test error" not in line]


@pytest.mark.slow
@pytest.mark.usefixtures("undrawn")
def test_every_recipe_leads_to_a_training(call: Run) -> None:
    names = [json.loads(line)["name"] for line in call("recipes", "--json").stdout.splitlines()]
    shorter = ("--epochs", 20, "--limit", 500, "--layers", "40", "--batch-size", 20, "--json")
    for name in names:
        lines = call("train", "--recipe", name, *shorter).stdout
        assert json.loads(lines.splitlines()[-1])["accuracy"] > 0.6, name


def test_how_distortions_look(call: Run, tmp_path: Path) -> None:
    call("data", "--distortions", "sheet.png")
    with Image.open(tmp_path / "sheet.png") as sheet:
        assert sheet.width > 600
    assert "nothing to draw" in call("data", "--distortions", "sheet.png", "--recipe", "seed", code=2).stderr


@pytest.mark.usefixtures("undrawn")
def test_options_are_the_recipes_fields(run: Run, call: Run) -> None:
    text = run("train", "--help", env={**os.environ, "COLUMNS": "200"}).stdout
    for name in byhand.Recipe().to_dict():
        assert f"--{name.replace('_', '-')} " in text
    options = ("--activation", "tanh", "--batch-size", 10, "--optimizer", "adam", "--learning-rate", 0.002)
    lines = call("train", *SMALL, *options, "--schedule", "cosine", "--engine", "numpy").stdout
    assert "tanh" in lines
    assert "10 at a time: adam, learning rate 0.002 (cosine), numpy engine" in lines


@pytest.mark.usefixtures("undrawn")
def test_a_users_own_data(call: Run, small_folder: Path) -> None:
    assert "300" in call("data", "--data", small_folder).stdout
    rows = call("train", "--data", small_folder, "--epochs", 1, "--layers", "none", "--json").stdout.splitlines()
    assert json.loads(rows[-1])["model"] == "runs/small-1/model.safetensors"
    assert json.loads(call("evaluate", "runs/small-1", "--data", small_folder, "--json").stdout)["n"] == 100
    small_folder.joinpath("t10k-labels-idx1-ubyte").write_bytes(b"")
    error = call("evaluate", "runs/small-1", "--data", small_folder, code=1).stderr
    assert error.startswith("byhand: ")
    assert "t10k-labels-idx1-ubyte" in error
    assert error.count("\n") == 1


def test_it_is_told_that_a_model_learned_other_data(call: Run, small_folder: Path) -> None:
    told = call("evaluate", "--data", small_folder).stderr
    assert told == "byhand: this model learned mnist, and is now judged on small.\n"
    assert not call("evaluate").stderr


def test_data_tells_about_mnist(call: Run) -> None:
    lines = call("data").stdout.splitlines()
    assert "checksums right" in lines[0]
    assert lines[2].split() == ["0", "5,923", "980"]
    assert lines[12].split() == ["all", "60,000", "10,000"]
    facts = json.loads(call("data", "--json").stdout)
    assert facts["train"]["counts"]["9"] == 5949
    assert np.shape(facts["test"]["mean_image"]) == (28, 28)


def test_predict(call: Run, model: byhand.Model, model_file: Path, mnist: byhand.Dataset, tmp_path: Path) -> None:
    for i in range(3):
        Image.fromarray(mnist.test.images[i]).save(tmp_path / f"{i}.png")
    Image.fromarray(255 - mnist.test.images[0]).save(tmp_path / "inverted.png")
    (tmp_path / "text.png").write_text("no picture")
    done = call("predict", model_file, "0.png", "text.png", "1.png", "2.png", "inverted.png", "--json", code=1)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["image"] for row in rows] == ["0.png", "1.png", "2.png", "inverted.png"]
    for row, image in zip(rows, [*mnist.test.images[:3], mnist.test.images[0]], strict=True):
        probabilities = model.predict_proba(byhand.prepare(image).image)
        best, second = np.argsort(-probabilities)[:2]
        assert (row["best"], row["second"]) == (str(best), str(second))
        assert row["digit"] == (str(best) if probabilities[best] >= 0.5 else None)
        assert row["probability"] == pytest.approx(probabilities[best], abs=1e-6)
        assert row["second_probability"] == pytest.approx(probabilities[second], abs=1e-6)
        assert row["reason"] is None or row["digit"] is None
        assert list(row["probabilities"].values()) == pytest.approx(probabilities.tolist(), abs=1e-6)
    assert done.stderr == "byhand: text.png: is not a picture that can be read. PNG and JPEG work.\n"
    answer = call("predict", model_file, "0.png").stdout
    assert re.fullmatch(r"0\.png: 7 \(\d+\.\d %; next \d, \d+\.\d %\)\n", answer)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("train", "--layers", "12,x"), '"12,x" is not a list of sizes'),
        (("train", "--layers", "0"), "--layers"),
        (("train", "--epochs", "0"), "--epochs"),
        (("train", "--epochs", "many"), "--epochs"),
        (("train", "--learning-rate", "-1"), "--learning-rate"),
        (("train", "--learning-rate", "nan"), "--learning-rate"),
        (("train", "--activation", "swish"), "--activation"),
        (("train", "--validation", "60000"), "--validation"),
        (("train", "--nonsense"), "--nonsense"),
        (("train", "--recipe", "nothing"), "best, fashion"),
        (("train", "--warmup", "1"), "--warmup"),
        (("train", "--patience", "3"), "--validation"),
        (("train", "--engine", "abacus"), "--engine"),
        (("predict",), "IMAGE"),
        (("predict", "model.safetensors"), "name the pictures"),
        (("fly",), "fly"),
    ],
)
def test_wrong_usage_ends_with_2_and_one_message(
    call: Run, arguments: tuple[str, ...], message: str, tmp_path: Path
) -> None:
    error = call(*arguments, code=2).stderr
    assert message in error
    assert error.startswith("byhand: ")
    assert error.count("\n") == 1
    assert not list(tmp_path.glob("runs/*"))


def test_failures_end_with_1_and_one_message(call: Run, model_file: Path, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for arguments, message in [
        (("train", "--data", "nowhere"), "nowhere: no data there"),
        (("train", "--out", "file/below"), "file/below"),
        (("train", "--out", "/proc/nobody/writes/here"), "/proc/nobody"),
        (("evaluate", "none.safetensors"), "none.safetensors: there is no such file"),
        (("evaluate", "file"), "file: is not a sound model file"),
        (("info", tmp_path), "model.safetensors: there is no such file"),
        (("predict", model_file, "none.png"), "none.png: cannot be read"),
    ]:
        error = call(*arguments, code=1).stderr
        assert message in error
        assert error.count("\n") == 1


@pytest.mark.parametrize(
    ("error", "message"),
    [
        (OSError(5, "Input/output error", "images.gz"), "byhand: images.gz: Input/output error.\n"),
        (OSError("out of order"), "byhand: a file or the output: out of order.\n"),
    ],
)
def test_a_disk_that_fails_is_told_with_the_file(
    call: Run, monkeypatch: pytest.MonkeyPatch, error: OSError, message: str
) -> None:
    def broken(_: str, **_pixels: object) -> None:
        raise error

    monkeypatch.setattr("byhand.data.datasets.load", broken)
    assert call("data", code=1).stderr == message


def test_a_users_own_quotes_are_no_names_of_options(call: Run) -> None:
    assert '"`x`" is not a list of sizes' in call("train", "--layers", "`x`", code=2).stderr
    assert "`abc`.safetensors: there is no such file" in call("info", "`abc`.safetensors", code=1).stderr
    assert "judge by: --validation 10000" in call("train", "--patience", "3", code=2).stderr


def test_a_process_ends_with_the_same_code_and_message(run: Run, call: Run) -> None:
    for code, arguments in enumerate([("recipes",), ("evaluate", "none.safetensors"), ("fly",)]):
        alone, here = run(*arguments, code=code), call(*arguments, code=code)
        assert (alone.stdout, alone.stderr) == (here.stdout, here.stderr)


@pytest.mark.usefixtures("undrawn")
def test_what_is_dear_is_not_overwritten_without_a_word(call: Run, tmp_path: Path) -> None:
    def contents() -> dict[Path, bytes]:
        return {path: path.read_bytes() for path in tmp_path.rglob("[!.]*") if path.is_file()}

    call("train", *SMALL, "--out", "kept")
    call("train", *SMALL, "--out", "many/seed-1")
    shutil.copy(SHIPPED, "ours.safetensors")
    before = contents()
    assert "kept: holds a trained network, which would be lost" in call("train", *SMALL, "--out", "kept", code=1).stderr
    for choices in ((), ("--seeds", 2)):
        assert "many/seed-1: holds a trained" in call("train", *SMALL, *choices, "--out", "many", code=1).stderr
    said = call("ensemble", "kept", "many/seed-1", "--out", "ours.safetensors", code=2).stderr
    assert "ours.safetensors: is there already. Choose another name, or say --force." in said
    assert "kept: holds another network" in call("evaluate", "ours.safetensors", "--figures", "kept", code=1).stderr
    assert contents() == before
    call("train", *SMALL, "--seed", 1, "--out", "kept", "--force")
    call("ensemble", "kept", "many/seed-1", "--out", "ours.safetensors", "--force")
    call("evaluate", "kept", "--figures", "kept")
    after = contents()
    assert {path.name for path in before if after[path] != before[path]} >= {"model.safetensors", "ours.safetensors"}


@pytest.mark.usefixtures("undrawn")
def test_divergence_writes_no_model_over_an_older_one(call: Run, tmp_path: Path) -> None:
    call("train", *SMALL, "--out", "kept")
    before = {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()}
    error = call("train", *SMALL, "--learning-rate", "1e30", "--out", "kept", "--force", code=1).stderr
    assert "in epoch 1" in error
    assert "--learning-rate 0.01" in error
    assert {path: path.read_bytes() for path in (tmp_path / "kept").iterdir()} == before
    call("train", *SMALL, "--learning-rate", "1e30", code=1)
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.usefixtures("undrawn")
def test_a_network_that_learned_nothing_is_told(call: Run) -> None:
    assert "no better than guessing" in call("train", *SMALL, "--learning-rate", 1000).stderr


def start(tmp_path: Path, *arguments: str) -> subprocess.Popen[str]:
    """Start the command and go on."""
    command = [sys.executable, "-m", "byhand", *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=tmp_path)


@pytest.mark.usefixtures("compiled")
def test_ctrl_c_saves_the_last_complete_epoch(tmp_path: Path) -> None:
    stale = tmp_path / "out" / "loss.png"
    stale.parent.mkdir()
    stale.write_bytes(b"of an older run")
    process = start(tmp_path, "train", "--layers", "8", "--limit", "3000", "--epochs", "1000", "--json", "--out", "out")
    assert process.stdout is not None
    rows = [process.stdout.readline() for _ in range(2)]
    process.send_signal(signal.SIGINT)
    rest, error = process.communicate(timeout=60)
    assert process.returncode == 130
    reached = len(rows + rest.splitlines())
    told = f"byhand: stopped; what epoch {reached} reached is saved in out; go on with byhand train --resume out\n"
    assert error == told
    folder = tmp_path / "out"
    assert not stale.exists()
    assert byhand.Model.load(folder / "model.safetensors").sizes == (784, 8, 10)
    history = json.loads((folder / "history.json").read_text())
    assert [epoch["loss"] for epoch in history["epochs"]] == [
        json.loads(row)["loss"] for row in rows + rest.splitlines()
    ]


@pytest.mark.usefixtures("compiled")
def test_ctrl_c_before_the_first_epoch_leaves_nothing(tmp_path: Path) -> None:
    process = start(tmp_path, "train", "--layers", "2048,2048")
    assert process.stdout is not None
    process.stdout.readline()
    time.sleep(1)
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert error == "byhand: stopped before epoch 1 was complete; nothing was saved.\n"
    assert not list((tmp_path / "runs").iterdir())


@pytest.mark.usefixtures("compiled")
def test_ctrl_c_stops_all_seeds_and_each_can_go_on(tmp_path: Path) -> None:
    process = start(tmp_path, "train", "--layers", "8", "--limit", "3000", "--epochs", "1000", "--seeds", "2")
    folders = [tmp_path / "runs" / "mnist-1" / f"seed-{seed}" for seed in (0, 1)]
    while process.poll() is None and not all(checkpoints.exists(folder) for folder in folders):
        time.sleep(0.01)
    process.send_signal(signal.SIGINT)
    told, error = process.communicate(timeout=60)
    assert process.returncode == 130
    assert told == "2 seeds from 0 on, each in runs/mnist-1/seed-…\n"
    assert error == "byhand: stopped. Each seed can go on: byhand train --resume runs/mnist-1/seed-…\n"
    for folder in folders:
        with run_folder.held(folder):  # Nobody is at work there any more.
            assert checkpoints.exists(folder)


def test_a_bar_on_a_terminal(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "byhand", "train", "--no-pictures"]
    command += ["--limit", "3000", "--epochs", "3", "--layers", "16"]
    watched = {"TERM": "xterm", "COLUMNS": "120", "CI": "false"}
    text = seen_on_a_terminal(*command, folder=tmp_path, environment={**os.environ, **watched}).decode()
    assert re.search(r"epoch \d/3", text)
    assert "images/s" in text
    assert "left" in text
    assert "epoch 3/3   loss" in text
    assert "test: " in text


def test_a_reader_that_goes_away_does_no_harm(tmp_path: Path, model_file: Path) -> None:
    process = start(tmp_path, "info", str(model_file))
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    assert "Traceback" not in process.stderr.read()
    process.wait(timeout=60)
    process.stderr.close()


def test_the_version(run: Run) -> None:
    assert re.fullmatch(r"byhand \d+\.\d+\.\d+\n", run("--version").stdout)
    assert "train" in run().stdout


def test_the_installed_command_is_the_same(tmp_path: Path) -> None:
    command = shutil.which("byhand", path=str(Path(sys.executable).parent))
    assert command is not None
    assert subprocess.run([command, "--version"], capture_output=True, check=True, cwd=tmp_path).stdout


@pytest.mark.usefixtures("compiled")
@pytest.mark.parametrize(("engine", "most"), [("numpy", 400), ("compiled", 450)])  # MiB; Numba and LLVM take sixty.
def test_training_needs_little_memory(tmp_path: Path, engine: str, most: int) -> None:
    # What the process itself held at most; getrusage would count what this one held when it began the other.
    script = (
        "import sys; from byhand.commands.app import main; assert main(sys.argv[1:]) == 0\n"
        "print(next(line for line in open('/proc/self/status') if line.startswith('VmHWM')))"
    )
    command = [sys.executable, "-c", script, "train", "--epochs", "1", "--batch-size", "100", "--validation", "5000"]
    command += ["--engine", engine]
    output = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True).stdout
    assert 100 * 1024 < int(output.split()[-2]) <= most * 1024  # kB


def test_more_memory_than_there_is(call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(training, "initial_parameters", lambda *_: np.empty(10**15, np.float32))
    assert "the memory does not suffice" in call("train", "--epochs", 1, code=1).stderr
    assert not list((tmp_path / "runs").iterdir())


def test_an_output_that_cannot_show_a_character(run: Run) -> None:
    assert "60,000" in run("data", env={**os.environ, "PYTHONIOENCODING": "ascii"}).stdout


def test_a_blank_picture_is_told(call: Run, model_file: Path, tmp_path: Path) -> None:
    Image.new("L", (28, 28)).save(tmp_path / "blank.png")
    assert call("predict", model_file, "blank.png").stdout == "blank.png: ? it is blank\n"

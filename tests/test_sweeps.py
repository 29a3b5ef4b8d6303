"""A search over recipes by real processes: every trial once, whoever is killed; and nothing strange in its journal."""

import json
import os
import re
import signal
import subprocess
import sys
import threading
import tomllib
from collections import Counter
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest

import byhand
from byhand.data.disk.saving import save
from byhand.errors import ByhandError
from byhand.learning import recipe_files
from byhand.learning.progress import Epoch
from byhand.runs.sweeps import spaces
from byhand.runs.sweeps.attempts import work
from byhand.runs.sweeps.presence import Watch, present
from byhand.runs.sweeps.study import JOURNAL, WORKERS, Sweep, Taken
from conftest import REPOSITORY, Run
from test_docs import blocks
from trainings import until

pytestmark = pytest.mark.sweep

SPACE = """
[recipe]
epochs = 2
layers = [[8], [12]]
batch_size = 16
learning_rate = {low = 1e-3, high = 0.3, log = true}
validation = 500
engine = "numpy"
"""  # which a process need not load for a second
GONE = "somewhere-00000000-1-abcdef"


def space(text: str = SPACE) -> spaces.Space:
    return spaces.space_of(Path("space.toml"), tomllib.loads(text))


@pytest.fixture(scope="module")
def few_images(tmp_path_factory: pytest.TempPathFactory, mnist: byhand.Dataset) -> Path:
    """Return a file with so few images that a process has them at once."""
    path = tmp_path_factory.mktemp("images") / "few.npz"
    save(byhand.Dataset("few", mnist.train.take(slice(1100)), mnist.test.take(slice(200))), path)
    return path


@pytest.fixture
def written(tmp_path: Path, few_images: Path) -> Path:
    path = tmp_path / "space.toml"
    path.write_text(f'data = "{few_images}"\n{SPACE}')
    return path


def begin(folder: Path, *arguments: object, jobs: int = 2) -> "subprocess.Popen[str]":
    """Begin a search in a process of its own."""
    command = [sys.executable, "-m", "byhand", "sweep", "space.toml", "--out", "s", "--no-pictures", "--jobs", jobs]
    pipe = subprocess.PIPE
    return subprocess.Popen([*map(str, (*command, *arguments))], cwd=folder, stdout=pipe, stderr=pipe, text=True)


def workers(folder: Path) -> list[int]:
    """Return the process ids of those at work."""
    names = [path.name for path in (folder / WORKERS).glob("*") if path.suffix != ".lock"]
    return [int(name.split("-")[2]) for name in names]


def journaled(folder: Path) -> tuple[int, Counter[int], Counter[tuple[int, int]]]:
    """Return how many trials a journal begins, how often it ends each, and how often it tells each epoch of each."""
    lines = [json.loads(line) for line in (folder / JOURNAL).read_text().splitlines()]
    begun = sum(line["op_code"] == 4 for line in lines)
    ended = Counter(line["trial_id"] for line in lines if line["op_code"] == 6)
    epochs = Counter((line["trial_id"], line["step"]) for line in lines if line["op_code"] == 7)
    return begun, ended, epochs


def results(folder: Path) -> list[dict[str, Any]]:
    """Return the trials as a search has left them, without their seconds."""
    runs: list[dict[str, Any]] = json.loads((folder / "sweep.json").read_text())["runs"]
    return [{name: value for name, value in run.items() if name != "seconds"} for run in runs]


def test_a_search_from_beginning_to_end(call: Run, written: Path, tmp_path: Path) -> None:
    lines = call("sweep", written, "--trials", 20, "--jobs", 2).stdout.splitlines()
    folder = tmp_path / "runs" / "sweep-1"
    assert lines[0] == "searches layers 8 or 12; learning_rate 0.001 to 0.3, logarithmic"
    assert lines[1] == (
        "trains 2 epochs at most, 20 trials in all; 500 training images are set aside to judge by, and no test image "
        "is read"
    )
    told = [re.match(r"trial +(\d+)   ", line) for line in lines[2:22]]
    assert {int(one[1]) for one in told if one} == {*range(20)}
    assert "95 % interval" in lines[22]
    assert lines[-2] == "saved in runs/sweep-1: all trials, the best recipe and pictures"
    files = {path.name for path in folder.iterdir()}
    assert files == {
        *("best.toml", "history.png", "importance.png", "journal.log", "slices.png", "space.toml", "sweep.json"),
        "workers",
    }
    assert not list((folder / WORKERS).iterdir())
    begun, ended, epochs = journaled(folder)
    assert begun == 20
    assert ended == dict.fromkeys(range(20), 1)
    assert set(epochs.values()) == {1}
    command = lines[-1].partition(": byhand ")[2].split()
    last = json.loads(call(*command, "--json", "--no-pictures").stdout.splitlines()[-1])
    assert last["accuracy"] > 0.5
    best = max(run["accuracy"] for run in results(folder) if run["state"] == "complete")
    assert f"read {100 * best:.2f} % of 500 validation images" in recipe_files.read(folder / "best.toml").about


def test_json_and_going_on_with_more(call: Run, written: Path, tmp_path: Path) -> None:
    def rows(trials: int) -> list[dict[str, Any]]:
        text = call("sweep", written, "--trials", trials, "--jobs", 1, "--out", "s", "--json", "--no-pictures").stdout
        return [json.loads(line) for line in text.splitlines()]

    first = rows(3)
    assert [row["trial"] for row in first[:-1]] == [0, 1, 2]
    assert first[-1]["trials"] == 3
    assert [row["trial"] for row in rows(5)[:-1]] == [3, 4]
    assert [row["trials"] for row in rows(4)] == [5]
    # One process alone comes to the same trials, in one go or in two.
    call("sweep", written, "--trials", 5, "--jobs", 1, "--out", "t", "--no-pictures")
    assert results(tmp_path / "s") == results(tmp_path / "t")


@pytest.mark.usefixtures("written")
def test_of_four_processes_one_is_killed_and_every_trial_is_there_once(tmp_path: Path) -> None:
    process = begin(tmp_path, "--trials", 40, jobs=4)
    folder = tmp_path / "s"
    until(lambda: (folder / JOURNAL).exists() and len(journaled(folder)[2]) >= 8)
    os.kill(workers(folder)[0], signal.SIGKILL)
    _, errors = process.communicate(timeout=120)
    assert process.returncode == 0, errors
    assert errors == "byhand: a process was lost (it ended by signal 9); others learn its trial.\n"
    begun, ended, epochs = journaled(folder)
    assert begun == 40
    assert ended == dict.fromkeys(range(40), 1)
    assert set(epochs.values()) == {1}
    runs = results(folder)
    assert [run["trial"] for run in runs] == [*range(40)]
    assert all(len(run["accuracies"]) == run["epochs"] for run in runs if "same_as" not in run)
    assert not workers(folder)


@pytest.mark.usefixtures("written")
def test_all_processes_killed_and_the_command_too_leaves_what_goes_on(tmp_path: Path) -> None:
    folder = tmp_path / "s"
    process = begin(tmp_path, "--trials", 300)
    until(lambda: (folder / JOURNAL).exists() and len(journaled(folder)[1]) >= 3 and len(workers(folder)) == 2)
    pids = workers(folder)
    process.kill()
    process.communicate()
    until(lambda: not workers(folder))  # Its processes go with it, and give back their trials.
    assert len(pids) == 2
    over = len(journaled(folder)[1])
    again = begin(tmp_path, "--trials", over + 3)
    told, errors = again.communicate(timeout=120)
    assert again.returncode == 0, errors
    assert f"goes on, {over} of {over + 3} trials being over" in told
    begun, ended, epochs = journaled(folder)
    assert begun == over + 3
    assert ended == dict.fromkeys(range(begun), 1)
    assert set(epochs.values()) == {1}
    lost = begin(tmp_path, "--trials", 300)
    until(lambda: len(workers(folder)) == 2)
    for pid in workers(folder):
        os.kill(pid, signal.SIGKILL)
    _, errors = lost.communicate(timeout=60)
    assert lost.returncode == 1
    assert errors.splitlines()[-1] == "byhand: s: all processes of the search were lost: it ended by signal 9."


@pytest.mark.usefixtures("written")
def test_ctrl_c_gives_trials_back_and_says_how_to_go_on(tmp_path: Path) -> None:
    process = begin(tmp_path, "--trials", 300)
    folder = tmp_path / "s"
    until(lambda: (folder / JOURNAL).exists() and len(journaled(folder)[1]) >= 2)
    process.send_signal(signal.SIGINT)
    _, errors = process.communicate(timeout=60)
    assert process.returncode == 130
    assert not workers(folder)
    said = re.fullmatch(r"byhand: stopped, (\d+) of 300 trials being over; go on with byhand (.*)\n", errors)
    assert said
    words = said[2].replace("--trials 300", f"--trials {int(said[1]) + 2} --jobs 1 --no-pictures").split()
    done = subprocess.run([sys.executable, "-m", "byhand", *words], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == b""
    assert set(journaled(folder)[1].values()) == {1}


def test_the_test_images_are_not_read(call: Run, small_folder: Path, written: Path, tmp_path: Path) -> None:
    text = 'engine = "numpy"\nlayers = [[8], [12]]\nepochs = [1, 2, 3]'
    written.write_text(f'data = "{small_folder}"\n[recipe]\n{text}')
    call("sweep", written, "--trials", 3, "--jobs", 1, "--out", "s", "--no-pictures")
    labels = small_folder / "t10k-labels-idx1-ubyte"
    labels.write_bytes(labels.read_bytes()[:8] + bytes(100))
    call("sweep", written, "--trials", 3, "--jobs", 1, "--out", "t", "--no-pictures")
    assert results(tmp_path / "s") == results(tmp_path / "t")
    assert json.loads((tmp_path / "s" / "sweep.json").read_text())["validation"] == 50


def test_two_who_find_the_same_trial_left_do_not_both_take_it(tmp_path: Path) -> None:
    first = Sweep(tmp_path, space(), "data")
    lost = first.take(1, GONE, Watch(tmp_path))
    assert isinstance(lost, Taken)
    with present(tmp_path / WORKERS) as one, present(tmp_path / WORKERS) as other:
        took: list[Any] = []

        def take(name: str) -> None:
            took.append(Sweep(tmp_path, space(), "data").take(1, name, Watch(tmp_path / WORKERS)))

        threads = [threading.Thread(target=take, args=(name,)) for name in (one, other)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        (taken,) = [found for found in took if isinstance(found, Taken)]
        assert [found for found in took if found != taken] == ["wait"]
        assert (taken.number, taken.recipe) == (lost.number, lost.recipe)
        # Whoever was thought to be gone, and is not, finds that the trial is another's.
        assert first.report(lost, epoch(1), 0.5) == "lost"
        first.give_back(lost)
        assert first.report(taken, epoch(1), 0.5) == "go on"
        assert first.report(taken, epoch(1), 0.6) == "go on"  # It was told before.
        first.finish(taken, "complete", taken.outcome(2, 450))
        first.finish(lost, "failed", taken.outcome(2, 0))  # Only the first word counts.
        (trial,) = first.trials()
        assert (trial.state, trial.accuracies) == ("complete", [0.5])
        assert first.report(taken, epoch(1), 0.5) == "lost"
        assert first.take(1, one, Watch(tmp_path / WORKERS)) == "over"


def epoch(number: int) -> Epoch:
    model = byhand.Model.load()
    return Epoch(number, 0.1, 0.5, 0.1, 1.0, 0.1, model, model)


def test_a_trial_that_takes_its_processes_with_it_is_given_up(tmp_path: Path) -> None:
    sweep, watch = Sweep(tmp_path, space(), "data"), Watch(tmp_path)
    numbers = [taken.number for taken in (sweep.take(2, GONE, watch) for _ in range(4)) if isinstance(taken, Taken)]
    assert numbers == [0, 0, 0, 1]
    first = sweep.trials()[0]
    assert first.state == "failed"
    assert first.outcome is not None
    assert "3 processes were lost that learned it" in first.outcome["said"]


def test_a_bad_trial_ends_early_but_none_of_the_first_five(tmp_path: Path) -> None:
    sweep, watch = Sweep(tmp_path, space(SPACE.replace("epochs = 2", "epochs = 10")), "data"), Watch(tmp_path)
    with present(tmp_path / WORKERS) as me:
        for number in range(5):
            taken = sweep.take(9, me, watch)
            assert isinstance(taken, Taken)
            verdicts = [sweep.report(taken, epoch(k), 0.9 - 0.1 * number) for k in range(1, 11)]
            assert verdicts == ["go on"] * 10
            sweep.finish(taken, "complete", taken.outcome(10, 400))
        bad = sweep.take(9, me, watch)
        assert isinstance(bad, Taken)
        assert [sweep.report(bad, epoch(k), 0.3) for k in (1, 2)] == ["go on", "stop"]


def test_shorter_trainings_are_compared_by_their_share(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path, space(SPACE.replace("epochs = 2", "epochs = [2, 8]")), "data")
    with present(tmp_path / WORKERS) as me:
        lengths: set[int] = set()
        while len(lengths) < 2:
            taken = sweep.take(50, me, Watch(tmp_path / WORKERS))
            assert isinstance(taken, Taken)
            lengths.add(taken.recipe.epochs)
            for number in range(1, taken.recipe.epochs + 1):
                sweep.report(taken, epoch(number), 0.1 * number)
    lines = [json.loads(line) for line in (tmp_path / JOURNAL).read_text().splitlines()]
    steps = {line["step"] for line in lines if line["op_code"] == 7 and line["intermediate_value"] == 0.1}
    assert steps == {1, 4}


def test_what_was_tried_is_not_learned_again(call: Run, written: Path, tmp_path: Path) -> None:
    written.write_text(written.read_text().replace("learning_rate = {low = 1e-3, high = 0.3, log = true}", ""))
    text = call("sweep", written, "--trials", 12, "--jobs", 1, "--out", "s", "--no-pictures").stdout
    assert text.count("(the same as trial ") == 10
    assert len(journaled(tmp_path / "s")[2]) == 4  # two trials of two epochs


def test_one_that_diverges_is_told_and_others_go_on(call: Run, written: Path, tmp_path: Path) -> None:
    written.write_text(written.read_text().replace("{low = 1e-3, high = 0.3, log = true}", "[0.1, 1e30]"))
    done = call("sweep", written, "--trials", 8, "--jobs", 1, "--out", "s", "--no-pictures")
    assert "diverged: the loss became infinite in epoch 1   " in done.stdout
    states = Counter(run["state"] for run in results(tmp_path / "s"))
    assert states["complete"]
    assert states["diverged"]
    written.write_text(written.read_text().replace("[0.1, 1e30]", "[1e29, 1e30]"))
    done = call("sweep", written, "--trials", 2, "--jobs", 1, "--out", "t", code=1)
    assert done.stderr == (
        "byhand: no trial was learned to its end. Of the last one: the loss became infinite in epoch 1\n"
    )
    assert not (tmp_path / "t" / "best.toml").exists()


def test_another_search_in_the_folder_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    Sweep(tmp_path, space(), "data")
    Sweep(tmp_path, space(), "data")
    for text, data, begins, said in (
        (SPACE.replace("0.3", "0.2"), "data", None, "another space: learning_rate differs. "),
        (SPACE.replace("16", "[8, 16]"), "data", None, "another space: batch_size differs"),
        (f"{SPACE}\nseed = 3", "data", None, "searches another space: seed differs"),
        (SPACE, "other", None, "the sweep there learns other images"),
        (SPACE, "data", "model", "begins from another model"),
    ):
        with pytest.raises(ByhandError, match=said) as caught:
            Sweep(tmp_path, space(text), data, begins)
        assert str(caught.value).startswith(f"{tmp_path}: ")
    monkeypatch.setattr("byhand.runs.sweeps.study.version", lambda _: "9.9")
    with pytest.raises(ByhandError, match=r"begun by byhand \d.*, and this is 9.9, which may learn otherwise"):
        Sweep(tmp_path, space(), "data")


def test_a_line_cut_off_by_a_kill_is_mended(tmp_path: Path) -> None:
    sweep = Sweep(tmp_path, space(), "data")
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(b'{"op_code": 4, "worker')
    other = Sweep(tmp_path, space(), "data")
    for one in (sweep, other):
        assert isinstance(one.take(2, GONE, Watch(tmp_path)), Taken)
    assert journaled(tmp_path)[0] == 1  # Who was gone had it, and so it was taken twice.


STRANGE = [
    b"hello\n",
    b"\xff\xfe\x00\n",
    b"[]\n",
    b'{"op_code": 99}\n',
    b'{"op_code": 5, "trial_id": 0}\n',
    b"[" * 100_000 + b"\n",
    b'{"op_code": 2, "worker_id": "x", "study_id": 0, "user_attr": {"sweep": {"format": 1}}}\n',
    b'{"op_code": 2, "worker_id": "x", "study_id": 0, "user_attr": {"sweep": "\\u001b[31m"}}\n',
    b'{"op_code": 8, "worker_id": "x", "trial_id": 0, "user_attr": {"lost": "many"}}\n',
    b'{"op_code": 7, "worker_id": "x", "trial_id": 0, "step": 1, "intermediate_value": NaN}\n',
    b'{"op_code": 6, "worker_id": "x", "trial_id": 0, "state": 1, "values": [1e999], '
    b'"datetime_complete": "2026-01-01"}\n',
    b'{"op_code": 5, "worker_id": "x", "trial_id": 0, "param_name": "layers", "param_value_internal": 7, '
    b'"distribution": "{\\"name\\": \\"CategoricalDistribution\\", '
    b'\\"attributes\\": {\\"choices\\": [\\"8\\", \\"12\\"]}}"}\n',
    b'{"op_code": 4, "worker_id": "x", "study_id": 0, "datetime_start": null, "state": 1, "value": 0.5}\n',
]


@pytest.mark.parametrize("line", STRANGE, ids=range(len(STRANGE)))
def test_a_strange_line_is_one_sentence(tmp_path: Path, line: bytes) -> None:
    sweep, watch = Sweep(tmp_path, space(), "data"), Watch(tmp_path)
    assert isinstance(sweep.take(3, GONE, watch), Taken)
    with (tmp_path / JOURNAL).open("ab") as file:
        file.write(line)

    def work_on(sweep: Sweep) -> None:
        sweep.trials()
        sweep.take(3, GONE, watch)

    with suppress(ByhandError):  # Who has read what stood there before need not see it.
        work_on(sweep)
    with pytest.raises(ByhandError, match=JOURNAL) as caught:
        work_on(Sweep(tmp_path, space(), "data"))
    assert len(str(caught.value)) < 700
    assert "\n" not in str(caught.value)


def test_a_journal_that_is_no_file(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / JOURNAL)
    with pytest.raises(ByhandError, match=r"journal.log: cannot be read or written \(No file, but a pipe or a device"):
        Sweep(tmp_path, space(), "data")


def test_a_disk_that_is_full_ends_the_work_and_no_trial_is_told_to_have_failed(
    tmp_path: Path, mnist: byhand.Dataset, monkeypatch: pytest.MonkeyPatch
) -> None:
    sweep = Sweep(tmp_path, space(), "data")
    told = []

    def report(*arguments: object) -> None:
        told.append(arguments)
        with sweep._reading():
            raise OSError(28, "No space left on device")

    monkeypatch.setattr(sweep, "report", report)
    with pytest.raises(ByhandError, match=r"journal.log: cannot be read or written \(No space left on device\)"):
        work(sweep, 2, GONE, mnist.train, heed=lambda: None)
    assert len(told) == 1
    assert sweep.trials()[0].state == "running"


def scripts() -> dict[str, str]:
    """Return the scripts of the document by their names."""
    text = (REPOSITORY / "docs" / "cluster.md").read_text("utf-8")
    names = re.findall(r"<!-- (\w+\.sh) -->\n```bash", text)
    return dict(zip(names, blocks(text, "bash"), strict=True))


def tasks(folder: Path, script: str, numbers: Sequence[int], **environment: str) -> list[str]:
    """Run a script as a scheduler runs an array, all tasks at once; return what each printed."""
    (folder / "bin").mkdir(exist_ok=True)
    command = folder / "bin" / "byhand"
    command.write_text(f'#!/bin/sh\nexec "{sys.executable}" -m byhand "$@"\n')
    command.chmod(0o755)
    path = folder / script
    path.write_text(scripts()[script])
    known = os.environ | {"PATH": f"{folder / 'bin'}:{os.environ['PATH']}", "USER": "me", **environment}
    known |= {"SLURM_CPUS_PER_TASK": "1", "TMPDIR": str(folder)}
    pipe = subprocess.PIPE
    running = [
        subprocess.Popen(
            ["bash", path],
            cwd=folder,
            env=known | {"SLURM_ARRAY_TASK_ID": f"{number}"},
            stdout=pipe,
            stderr=pipe,
            text=True,
        )
        for number in numbers
    ]
    said = [process.communicate(timeout=120) for process in running]
    assert [process.returncode for process in running] == [0] * len(numbers), said
    return [out for out, _ in said]


def mine(folder: Path, images: Path, epochs: int) -> None:
    """Write a recipe."""
    text = f'data = "{images}"\n[recipe]\nlayers = [8]\nepochs = {epochs}\nbatch_size = 4\nengine = "numpy"'
    (folder / "mine.toml").write_text(text)


@pytest.mark.usefixtures("written")
def test_the_clusters_scripts_are_what_they_are_said_to_be(tmp_path: Path, few_images: Path) -> None:
    printed = tasks(tmp_path, "sweep.sh", (1, 2, 3), TRIALS="9")
    begun, ended, epochs = journaled(tmp_path / "runs" / "sweep-1")
    assert begun == 9
    assert ended == dict.fromkeys(range(9), 1)
    assert set(epochs.values()) == {1}
    assert len({text.splitlines()[-4] for text in printed}) == 1  # All of them come to the same.
    mine(tmp_path, few_images, 2)
    tasks(tmp_path, "seeds.sh", (0, 1), RECIPE="mine.toml")
    assert {path.name for path in (tmp_path / "runs" / "small").iterdir()} == {"seed-0", "seed-1"}


def test_seeds_on_a_cluster_go_on_from_a_checkpoint(tmp_path: Path, few_images: Path) -> None:
    mine(tmp_path, few_images, 100)
    out = tmp_path / "runs" / "small" / "seed-5"
    command = [sys.executable, "-m", "byhand", "train", "--recipe", "mine.toml", "--seed", "5", "--out", str(out)]
    process = subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    until(lambda: (out / "checkpoint.safetensors").exists())
    process.send_signal(signal.SIGINT)
    process.communicate()
    (text,) = tasks(tmp_path, "seeds.sh", (5,), RECIPE="mine.toml")
    assert "goes on in epoch" in text

"""The pictures of many runs, drawn side by side by processes of their own: those of one take a core for a second.

As a program, it draws the runs that it is told of on its standard input, and says what could not be drawn.
"""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import cast

from byhand import machine
from byhand.data.datasets import Dataset, load
from byhand.files import words
from byhand.judging import canvas, curves
from byhand.judging.evaluation import evaluate
from byhand.model import Model
from byhand.runs import checkpoints
from byhand.runs.run_folder import HISTORY_FILE, LOSS_PICTURE, course_of, save_evaluation_figures
from byhand.sealing.facts import EpochFacts


def draw_all(folders: Sequence[Path], data: checkpoints.Source) -> Iterator[str]:
    """Draw the pictures of runs that are over, which learned the same data; yield what could not be drawn, in words."""
    workers = min(machine.cores(), len(folders))
    pipe, running = subprocess.PIPE, []
    try:
        for k in range(workers):
            command = machine.own_command("byhand.runs.pictures")
            process = subprocess.Popen(  # noqa: S603  # What it runs is byhand's own.
                command, stdin=pipe, stdout=pipe, stderr=pipe, encoding="utf-8", errors="replace"
            )
            running.append(process)
            assert process.stdin is not None
            process.stdin.write(json.dumps({"data": data, "folders": [str(path) for path in folders[k::workers]]}))
            process.stdin.close()
            process.stdin = None
        for process in running:
            told, complaints = process.communicate()
            yield from told.splitlines()
            if process.returncode:
                yield f"not all pictures could be drawn ({(complaints.splitlines() or ['a process ended'])[-1]})."
    finally:
        for process in running:
            process.kill()
            process.wait()


def draw(folder: Path, dataset: Dataset) -> None:
    """Draw the pictures of a run that is over, from what it has left."""
    model = Model.load(folder)
    history = json.loads((folder / HISTORY_FILE).read_bytes())
    epochs = cast("list[EpochFacts]", history["epochs"])
    canvas.save_figure(curves.loss_curve(course_of(epochs)), folder / LOSS_PICTURE)
    save_evaluation_figures(folder, model, dataset.test, evaluate(model, dataset.test))


def main() -> None:
    """Draw what is asked for."""
    asked = json.load(sys.stdin)
    data = asked["data"]
    dataset = load(data["source"], white=data.get("white"), transposed=data.get("transposed", False))
    with machine.linear_algebra(1):  # A process of this kind works on every other core.
        for folder in map(Path, asked["folders"]):
            try:
                draw(folder, dataset)
            except Exception as error:  # whatever it is: nothing that goes wrong with pictures takes the run with it
                sys.stdout.write(f"{folder}: not all pictures could be drawn ({words(error)}).\n")


if __name__ == "__main__":
    main()

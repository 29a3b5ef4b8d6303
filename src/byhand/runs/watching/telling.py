"""Tells tools of a training while it goes on; whatever goes wrong with them, it goes on.

What a tool calls the run, and how many epochs it has been told, stands in the run's folder: a training that goes on is
told to the same run, no epoch is told twice, and those that a tool has missed are told first.
"""

import atexit
import io
import itertools
import json
import re
import sys
import warnings
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from functools import partial
from pathlib import Path
from typing import Annotated, Self, TypedDict, cast

from byhand.errors import ByhandError
from byhand.files import as_path, kind_of, parsing, read_file, words, write_atomically
from byhand.judging.evaluation import Evaluation
from byhand.learning.progress import Epoch
from byhand.runs import run_folder
from byhand.runs.watching import tools
from byhand.runs.watching.watcher import Choice, Watched, Watcher
from byhand.sealing.facts import Count, EpochFacts
from byhand.sealing.schema import check, matching
from byhand.sealing.sealed import read_json
from byhand.types import Json

STATE_FILE = "watched.json"
_MOST_BYTES = 2**16
_NAMES = {"validation_accuracy": "validation/accuracy", "validation_loss": "validation/loss"}


class Told(TypedDict):
    """What a tool calls a run, and the last epoch that it was told."""

    id: Annotated[str, matching("[A-Za-z0-9_.-]{1,100}")]
    epoch: Count


class Watch:
    """Tells tools of one training.

    Parameters
    ----------
    names
        Of the tools; none for a training that nobody watches.
    folder
        Of the run.
    choices
        Its recipe and data by name.
    note
        Takes one sentence of each tool that fails.
    goes_on
        Whether it goes on with a training that the tools may know.

    Attributes
    ----------
    complete
        Whether the training has come to its end: tools tell that from one that was stopped.

    Raises
    ------
    NotLoaded
        If a tool cannot be loaded.
    """

    def __init__(
        self,
        names: Iterable[str],
        folder: Path,
        choices: Mapping[str, Json],
        note: Callable[[str], None],
        *,
        goes_on: bool = False,
    ) -> None:
        self._folder, self._note = folder, note
        self.complete = False
        self._watchers: dict[str, Watcher] = {}
        self._told = _read(folder, note) if goes_on and names else {}
        try:
            for name in dict.fromkeys(names):
                with self._going_on(name):
                    self._begin(name, {key: _plain(value) for key, value in choices.items()})
        except BaseException:
            self._end()
            raise

    def __enter__(self) -> Self:
        atexit.register(self._end)  # Whoever leaves a loop may never leave its generator.
        return self

    def __exit__(self, *_: object) -> None:
        if not sys.is_finalizing():  # Else they have ended.
            atexit.unregister(self._end)
            self._end()

    @property
    def looks(self) -> list[str]:
        """How to look at what each tool was told, in words."""
        return [f"watched by {name}: {watcher.look}" for name, watcher in self._watchers.items()]

    def tell(self, epochs: Iterable[EpochFacts]) -> None:
        """Tell every tool of those epochs that it has not been told."""
        for name, watcher in [*self._watchers.items()]:
            with self._going_on(name):
                for facts in epochs:
                    if facts["epoch"] > self._told[name]["epoch"]:
                        watcher.tell(facts["epoch"], _values(facts))
                        self._remember(name, watcher, facts["epoch"])

    def judge(self, evaluation: Evaluation) -> None:
        """Tell how the training, which is complete, did on the test images."""
        self.complete = True
        values = {"test/accuracy": evaluation.accuracy, "test/loss": evaluation.loss}
        for name, watcher in [*self._watchers.items()]:
            with self._going_on(name):
                watcher.tell(self._told[name]["epoch"], values)

    def _end(self) -> None:
        """Let the tools end."""
        while self._watchers:
            name, watcher = self._watchers.popitem()
            with self._going_on(name):
                watcher.end(complete=self.complete)

    def _begin(self, name: str, choices: Mapping[str, Choice]) -> None:
        """Let a tool begin."""
        told, folder = self._told.get(name), self._folder.resolve()
        # The folder of a seed says nothing without the one that it lies in.
        home = folder.parent.parent if re.fullmatch(r"seed-\d+", folder.name) else folder.parent
        epoch, known = (0, None) if told is None else (told["epoch"], told["id"])
        watched = Watched(folder.relative_to(home).as_posix(), folder, home, choices, epoch + 1, known)
        self._watchers[name] = watcher = tools.begin(name, watched)
        self._remember(name, watcher, epoch)

    def _remember(self, name: str, watcher: Watcher, epoch: int) -> None:
        """Write down what a tool was told."""
        self._told[name] = {"id": watcher.id, "epoch": epoch}
        write_atomically(self._folder / STATE_FILE, json.dumps(self._told, indent=1).encode())

    @contextmanager
    def _going_on(self, name: str) -> Iterator[None]:
        """Let nothing that goes wrong with a tool, in whatever way, end the training; say so, and tell it no more."""
        try:
            with _apart():
                yield
        except tools.NotLoaded:
            raise
        except (Exception, SystemExit) as error:
            self._watchers.pop(name, None)
            why = words(error) if isinstance(error, Exception) else "it wanted to end all"
            self._note(f"{name} fails ({why}); the training goes on without it.")


def watched(epochs: Iterable[Epoch], *names: tools.ToolName, folder: str | Path) -> Iterator[Epoch]:
    """Hand on the epochs of a training, and tell tools of each.

    Parameters
    ----------
    epochs
        As `byhand.train` or `byhand.resume` hands them out.
    *names
        Of the tools.
    folder
        The run's, whose name is that of the run. It is made where there is none.

    Yields
    ------
    Epoch
        Each, when the tools have been told of it.

    Raises
    ------
    UsageError
        If byhand knows no tool of a name, or the folder is no path.
    ByhandError
        If a tool is not installed, or the folder cannot be written into.

    Warns
    -----
    UserWarning
        If a tool fails: the training goes on without it.
    """
    tools.check_installed(names)
    return _watched(epochs, names, as_path(folder, "the folder of the run"))


def _watched(epochs: Iterable[Epoch], names: Sequence[str], folder: Path) -> Iterator[Epoch]:
    """Hand on the epochs; the tools begin with the first, which knows its recipe."""
    run_folder.claim_folder(folder, "")
    rest = iter(epochs)
    if (first := next(rest, None)) is None:
        return
    choices = cast("Mapping[str, Json]", first.model.details["recipe"])
    note = partial(warnings.warn, stacklevel=5)
    with Watch(names, folder, choices, note, goes_on=first.number > 1) as watch:
        for epoch in itertools.chain([first], rest):
            watch.tell([run_folder.epoch_facts(epoch)])
            watch.complete = epoch.number == choices["epochs"]  # Nobody may ask for more.
            yield epoch
        watch.complete = True


@contextmanager
def _apart() -> Iterator[None]:
    """Let whatever is done within print nothing, warn of nothing and ask nobody: byhand says what there is to say."""
    nowhere, asked = io.StringIO(), sys.stdin
    sys.stdin = io.StringIO()
    try:
        with redirect_stdout(nowhere), redirect_stderr(nowhere), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            yield
    finally:
        sys.stdin = asked


def _read(folder: Path, note: Callable[[str], None]) -> dict[str, Told]:
    """Return what tools were told of a training that goes on."""
    path = folder / STATE_FILE
    if kind_of(path) == "nothing":
        return {}
    try:
        with parsing(path, "is not sound", "It is a new run for the tools."):
            facts = read_json(read_file(path, _MOST_BYTES))
            check(dict[str, Told], facts)
    except ByhandError as error:
        note(str(error))
        return {}
    return cast("dict[str, Told]", facts)


def _values(facts: EpochFacts) -> dict[str, float]:
    """Return what is known after an epoch, as tools group it by names."""
    return {_NAMES.get(key, key): cast("float", value) for key, value in facts.items() if key != "epoch"}


def _plain(value: Json) -> Choice:
    """Return a choice of a recipe as a text or number."""
    match value:
        case None:
            return "none"
        case list():
            return "-".join(map(str, value)) or "none"
        case Mapping():
            return ",".join(f"{key}={part}" for key, part in value.items())
        case str() | int() | float():
            return value
    raise AssertionError(value)

"""The process that trains for the page: byhand's own training, at any moment held, stepped, shown, or begun again.

When the server is gone, however that came, it writes a checkpoint and goes.
"""

import signal
import time
import warnings
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from byhand.data.datasets import Dataset, load
from byhand.errors import ByhandError
from byhand.files import words
from byhand.learning.engines.choice import resolve
from byhand.learning.progress import Diverged, Epoch
from byhand.learning.recipe import Recipe
from byhand.learning.training import Progress, Training
from byhand.runs import checkpoints, going_on, run_folder
from byhand.web.training.channel import Channel
from byhand.web.training.diagnosis import diverged
from byhand.web.training.left import NAME
from byhand.web.training.measuring.seen import learn_one
from byhand.web.training.messages import Command, Done, Ending, Order, Over, Result
from byhand.web.training.reporting import Reporter

HEARS_WITHIN = 0.1  # Seconds that may pass between two looks at the commands.


@dataclass
class Learner:
    """A training that does as it is told."""

    channel: Channel
    recipe: Recipe
    dataset: Dataset
    folder: Path
    origin: checkpoints.Source
    running: bool
    reopened: going_on.Reopened | None = None  # a training that goes on

    def __post_init__(self) -> None:
        if self.reopened is None:
            self._prepare()
        else:
            self._stand(self.reopened.training, self.reopened.keeper)

    def _prepare(self) -> None:
        """Stand before the first image."""
        keeper = run_folder.Keeper(self.folder, self.recipe, self.origin)
        self._stand(Training(self.recipe, self.dataset.train), keeper)

    def _stand(self, training: Training, keeper: run_folder.Keeper) -> None:
        """Stand where a training is."""
        self.training, self.keeper = training, keeper
        self.reporter = Reporter(self.channel, self.training, self.keeper)
        self.piece, self.until_epoch = self.recipe.batch_size, False

    def serve(self) -> Ending | None:
        """Learn and obey until the training is over, and return how; None if it shall only be left."""
        self.reporter.tell_beginning("running" if self.running else "paused")
        while True:
            while (command := self.channel.next(wait=not self.running)) is not None:
                if command.verb in ("quit", "stop"):
                    return self._leave(command)
                self._obey(command)
                self.channel.send(Done(command.number))
                if self.training.is_over:
                    return "finished"
            self._learn(self.piece)
            if self.training.is_over:
                return "finished"
            if self.training.place.done == 0 and self.until_epoch:
                self._pause()
            else:
                self.reporter.tell_in_time()

    def _obey(self, command: Command) -> None:
        """Do what a command says."""
        match command:
            case Command("model"):
                self.reporter.send_theta()
            case Command("run"):
                self._run(until_epoch=False)
            case Command("pause"):
                self._pause()
            case Command("step", "epoch"):
                self._run(until_epoch=True)
            case Command("step", by):
                self._pause(tell=False)
                seen = None
                if by == "image":
                    self.reporter.send_theta()  # The server keeps it: from there the page makes the same step.
                    seen = learn_one(self.training, self.dataset.train, partial(self._learn, 1))
                else:
                    self._learn(self.recipe.batch_size)
                self.reporter.tell(judge=True, seen=seen)
            case Command("rewind"):  # pragma: no branch  # `serve` takes the others.
                self._rewind()

    def _run(self, *, until_epoch: bool) -> None:
        """Learn from now on, perhaps to the end of an epoch only."""
        self.until_epoch = until_epoch
        if not self.running:
            self.running = True
            self.reporter.gauge.start_clock()
            self.reporter.tell_state("running")

    def _pause(self, *, tell: bool = True) -> None:
        """Hold."""
        self.until_epoch = False
        if self.running:
            self.running = False
            if tell:
                self.reporter.tell(judge=True)
            self.reporter.tell_state("paused")

    def _rewind(self) -> None:
        """Go back to the same starting weights; whoever resumes the run from its folder begins there, too."""
        self._prepare()
        self.running = False
        if checkpoints.exists(self.folder):
            self._save_checkpoint()
        self.reporter.tell_beginning("paused")

    def _learn(self, images: int) -> None:
        """Learn at most so many images, or what is left of a batch; and end the epoch if they were its last."""
        training, before, began = self.training, self.training.place.done, time.perf_counter()
        progress = self._next(images)
        count, took = training.place.done - before, time.perf_counter() - began
        self.reporter.gauge.take(count, training.place.loss)
        batch = self.recipe.batch_size
        self.piece = min(max(int(HEARS_WITHIN * count / took) // batch, 1) * batch, training.stretch)
        self.keeper.keep(progress)
        if training.place.done == training.total:
            self.keeper.keep(self._next())
            self.reporter.gauge.start_epoch()

    def _next(self, images: int | None = None) -> Progress | Epoch:
        """Return the next record."""
        record = self.training.advance(images)
        assert record is not None
        return record

    def _save_checkpoint(self) -> None:
        """Write where the training stands."""
        if self.training.place.done or not self.keeper.epochs:  # At the end of an epoch the keeper has just done it.
            self.keeper.save(self.training.state())

    def _leave(self, command: Command) -> Ending | None:
        """Write a checkpoint; if the training is stopped for good, what it has reached too."""
        if self.training.place.done or self.keeper.epochs:
            self._save_checkpoint()
        if command.verb == "quit":
            return None
        self._tell_last()
        if self.keeper.model is not None:
            run_folder.save_run(self.keeper, self.keeper.model, self.dataset, judge=False)
        return "stopped"

    def finish(self) -> Result:
        """Save the run as the command line does, and return how it did on the test images."""
        self._tell_last()
        assert self.keeper.model is not None
        evaluation = run_folder.save_run(self.keeper, self.keeper.model, self.dataset, judge=True)
        assert evaluation is not None
        return Result(evaluation.accuracy, evaluation.interval, evaluation.n)

    def _tell_last(self) -> None:
        """Show what was reached."""
        self.reporter.tell(judge=True)
        self.reporter.send_theta()


def train(channel: Channel, order: Order) -> Over | None:
    """Load, train and save as ordered; return how it ended, or None if it was only left."""
    folder = None if order.folder is None else Path(order.folder)
    try:
        recipe = resolve(Recipe(**order.settings))  # type: ignore[arg-type]
        dataset = load(order.source, white=order.white, transposed=order.transposed)
        folder = run_folder.claim_folder(folder, NAME, Path(order.runs))
        try:
            with run_folder.held(folder):
                reopened = None
                if order.goes_on:
                    reopened = going_on.reopened(folder, lambda _: None, going_on.Changes())
                else:
                    checkpoints.remove(folder)
                origin = run_folder.source_of(order.source, dataset)
                running = not order.paused
                learner = Learner(channel, recipe, dataset, folder, origin, running=running, reopened=reopened)
                end = learner.serve()
                if end is None:
                    return None
                over = Over(end, None, result=learner.finish() if end == "finished" else None)
        finally:
            run_folder.release_folder(folder)
    except Exception as error:  # Nobody would see it otherwise.
        over = _failed(error)
    return replace(over, folder=str(folder) if folder is not None and folder.exists() else None)


def _failed(error: Exception) -> Over:
    """Return how a training ended that an error has broken off."""
    match error:
        case Diverged():
            return Over("failed", None, str(error), error.fields, diverged(error.learning_rate, error.suggested))
        case ByhandError():
            return Over("failed", None, str(error), error.fields)
        case MemoryError():
            return Over("failed", None, f"The memory does not suffice ({error}). Try smaller layers.")
        case OSError():
            return Over("failed", None, f"The training broke off ({words(error)}).")
        case _:
            return Over("failed", None, f"The training broke off ({type(error).__name__}: {error}).")


def main() -> None:
    """Be ready before anything can go wrong, and say what did."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is the server's, which then says what to do.
    warnings.simplefilter("ignore")
    channel = Channel()
    order = channel.order()
    over = None if order is None else train(channel, order)
    if over is not None:
        channel.send(over)


if __name__ == "__main__":
    main()

"""What many networks that learn together leave on disk: each a run's folder of its own, as if it had learned alone."""

import time
from collections.abc import Iterator, Sequence
from functools import partial

from byhand import machine
from byhand.data.datasets import Dataset
from byhand.judging.evaluation import Evaluation
from byhand.learning.progress import Epoch, Place, State
from byhand.learning.together import Record, Together
from byhand.learning.training import Progress, Training
from byhand.runs import run_folder
from byhand.runs.run_folder import CHECKPOINT_SECONDS, Keeper

MOST_OF_TIME = 0.05  # The share of it that checkpoints may take: those of many networks on a GPU would take most.


class Keepers:
    """Keeps what trainings have reached that are under way together.

    Parameters
    ----------
    together
        The trainings.
    keepers
        One for each of them.
    """

    def __init__(self, together: Together, keepers: Sequence[Keeper]) -> None:
        self._together, self._keepers = together, keepers
        self._ended: dict[int, Place] = {}  # where a network stood at the end of its last epoch
        self._saved, self._took = time.monotonic(), 0.0

    def keep(self, records: Sequence[Record]) -> None:
        """Take note of the records of all; write checkpoints, the less often the longer they take."""
        trainings = self._together.trainings
        for k, record in enumerate(records):
            if isinstance(record, Epoch):
                self._keep_last(k, trainings[k])
                self._keepers[k].keep(record)
            elif isinstance(record, Progress) and record.done == record.total:
                self._ended[k] = trainings[k].place
        waited = time.monotonic() - self._saved
        within = [record for record in records if isinstance(record, Progress)]
        is_due = waited >= self._took / MOST_OF_TIME and any(record.done == record.total for record in within)
        if is_due or (within and waited >= max(CHECKPOINT_SECONDS, self._took / MOST_OF_TIME)):
            self.save()

    def _keep_last(self, network: int, training: Training) -> None:
        """Write the checkpoint from which a training that is over can have more epochs: of just before its end."""
        if training.is_over:
            place, arrays = self._ended[network], dict(training.state().arrays)
            if not place.best_epoch:
                arrays.pop("best", None)
            self._keepers[network].save(State(place, arrays))

    def save(self) -> None:
        """Write a checkpoint of each that still learns."""
        began = time.monotonic()
        trainings = enumerate(self._together.trainings)
        live = [(k, t) for k, t in trainings if k not in self._together.failed and not t.is_over]
        machine.share([partial(_save, self._keepers[k], training) for k, training in live])
        self._saved = time.monotonic()
        self._took = self._saved - began

    def finish(self, dataset: Dataset, *, judge: bool) -> Iterator[tuple[int, Evaluation | None]]:
        """Write model, history and recipe of each that has not failed, and judge it if asked to; yield how it did.

        Pictures are left out.
        """
        left = [k for k, keeper in enumerate(self._keepers) if k not in self._together.failed and keeper.model]
        for some in (left[start : start + machine.threads()] for start in range(0, len(left), machine.threads())):
            found: dict[int, Evaluation | None] = {}
            machine.share([partial(self._finish_one, k, dataset, found, judge=judge) for k in some])
            yield from sorted(found.items())

    def _finish_one(self, network: int, dataset: Dataset, found: dict[int, Evaluation | None], *, judge: bool) -> None:
        """Write what one has come to."""
        keeper = self._keepers[network]
        assert keeper.model is not None
        found[network] = run_folder.save_run(keeper, keeper.model, dataset, judge=judge)


def _save(keeper: Keeper, training: Training) -> None:
    """Write a checkpoint of where a training stands."""
    keeper.save(training.state())

"""The trials of a search, as its folder keeps them for all processes, on whatever machines, that work on it.

What to try next, Optuna says. A trial is taken by one process at a time, and stays the same trial when that process is
gone: another one takes it, with what was chosen for it, and begins it anew. So every trial is there once and ends once,
whoever dies at what moment; and if one who was thought to be gone comes back, it finds that the trial is another's.
"""

import json
import time
from collections.abc import Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, TypeAlias, cast

import numpy as np

from byhand.errors import ByhandError
from byhand.learning.progress import Epoch
from byhand.learning.recipe import Recipe
from byhand.runs.sweeps import journal
from byhand.runs.sweeps.locks import Lock
from byhand.runs.sweeps.presence import Watch
from byhand.runs.sweeps.spaces import Choices, Space
from byhand.runs.sweeps.trials import Outcome, Over, Trial, told

if TYPE_CHECKING:
    from optuna.trial import BaseTrial, FrozenTrial

NAME, FORMAT = "byhand", 1
JOURNAL, WORKERS = "journal.log", "workers"
DRAWN = 10  # So many trials are drawn at random, before what they came to says where to look.
UNPRUNED, UNPRUNED_SHARE = 5, 5  # So many trials are never ended early, and none in that share of its training.
MOST_LOST = 3  # processes that a trial may take with it, as one that needs too much memory does

Verdict: TypeAlias = Literal["go on", "stop", "lost"]


@dataclass(frozen=True)
class Taken:
    """A trial that this process learns."""

    number: int
    recipe: Recipe
    worker: str
    trial: "BaseTrial"
    began: float = field(default_factory=time.perf_counter)

    def outcome(self, epochs: int, right: int, said: str = "") -> Outcome:
        """Return what it came to by now."""
        return Outcome(epochs=epochs, seconds=round(time.perf_counter() - self.began, 3), right=right, said=said)


class Sweep:
    """A search in a folder: begun, or joined where there is one.

    Parameters
    ----------
    folder
        Where it is kept.
    space
        Which recipes there are.
    data
        The fingerprint of the training images.
    begins
        That of the model which every trial begins from, if any.

    Raises
    ------
    ByhandError
        If another search is in the folder, or its journal cannot be read.
    """

    def __init__(self, folder: Path, space: Space, data: str, begins: str | None = None) -> None:
        import optuna

        self.folder, self.space = folder, space
        self._journal, self._over = folder / JOURNAL, dict[int, Trial]()
        facts = {"format": FORMAT, "byhand": version("byhand"), "space": space.to_dict(), "data": data, "from": begins}
        origin = json.loads(json.dumps(facts))
        with self._reading(), self._alone():
            storage = journal.storage(self._journal)
            pruner = optuna.pruners.MedianPruner(UNPRUNED, space.longest // UNPRUNED_SHARE)
            if NAME in optuna.get_all_study_names(storage):
                self._study = optuna.load_study(study_name=NAME, storage=storage, pruner=pruner)
            else:
                self._study = optuna.create_study(study_name=NAME, storage=storage, pruner=pruner, direction="maximize")
            if (there := self._study.user_attrs.get("sweep")) is None:
                self._study.set_user_attr("sweep", origin)
            elif there != origin:
                _refuse(folder, there, origin)

    def trials(self) -> list[Trial]:
        """Return all trials by their numbers."""
        with self._reading():
            trials = [
                self._over.get(one.number) or told(one, self.space) for one in self._study.get_trials(deepcopy=False)
            ]
            self._over |= {trial.number: trial for trial in trials if trial.outcome is not None}
            return trials

    def take(self, most: int, worker: str, watch: Watch) -> Taken | Literal["wait", "over"]:
        """Take a trial whose process is gone, or else a new one.

        Parameters
        ----------
        most
            How many trials there are to be in all.
        worker
            By which name others look for this process.
        watch
            Looks for others.

        Returns
        -------
        Taken, "wait" or "over"
            Wait, where all that is left is being learned by others: one of them may not come to its end.
        """
        with self._reading(), self._alone():
            while True:
                trials = self._study.get_trials(deepcopy=False)
                running = [one for one in trials if not one.state.is_finished()]
                left = [one for one in running if watch.is_gone(one.user_attrs.get("worker"))]
                if not left and len(trials) >= most:
                    return "wait" if running else "over"
                taken = self._take_over(left[0], worker, watch) if left else self._take_new(len(trials), worker)
                if taken is not None:
                    return taken

    def report(self, taken: Taken, epoch: Epoch, accuracy: float) -> Verdict:
        """Tell how a trial does after an epoch; return whether it goes on, or is another's by now.

        Trainings of different lengths are compared where the same share of each is over, as their rates fall.
        """
        from optuna.exceptions import UpdateFinishedTrialError

        step = round(epoch.number * self.space.longest / taken.recipe.epochs)
        with self._reading():
            now = self._study.get_trials(deepcopy=False)[taken.number]
            if now.state.is_finished() or now.user_attrs.get("worker") != taken.worker:
                return "lost"
            try:
                if step not in now.intermediate_values:  # Else it was told by who had the trial before.
                    taken.trial.report(accuracy, step)
            except UpdateFinishedTrialError:  # pragma: no cover  # only where another one ends it just now
                return "lost"
            return "stop" if epoch.number < taken.recipe.epochs and taken.trial.should_prune() else "go on"

    def finish(self, taken: Taken, state: Over, outcome: Outcome) -> None:
        """End a trial, unless another process has."""
        with self._reading():
            self._end(taken.trial, state, outcome)

    def give_back(self, taken: Taken) -> None:
        """Let others have a trial that is not over."""
        with self._reading(), self._alone():
            now = self._study.get_trials(deepcopy=False)[taken.number]
            if not now.state.is_finished() and now.user_attrs.get("worker") == taken.worker:
                taken.trial.set_user_attr("worker", "")

    def importance(self) -> dict[str, float]:
        """Return how much each field that is searched decides whether a trial is among the best tenth, in shares of 1.

        By PED-ANOVA (Watanabe et al. 2023, arXiv:2304.10255), of trials that were learned to their end; none where
        there are too few to tell.
        """
        from optuna.importance import PedAnovaImportanceEvaluator, get_param_importances

        complete = sum(one.state == "complete" for one in self.trials())
        if complete < DRAWN or len(self.space.searched) < 2:
            return {}
        with self._reading():
            return {**get_param_importances(self._study, evaluator=PedAnovaImportanceEvaluator())}

    def _reading(self) -> AbstractContextManager[None]:
        """Say in one sentence what is wrong with the journal."""
        return journal.reading(self._journal)

    def _alone(self) -> AbstractContextManager[None]:
        """Let no other process take a trial."""
        return Lock(self.folder / "taking.lock")

    def _take_new(self, number: int, worker: str) -> Taken | None:
        """Begin a trial."""
        self._set_sampler(number)
        trial = self._study.ask()
        trial.set_user_attr("worker", worker)
        return self._taken(trial, worker)

    def _take_over(self, left: "FrozenTrial", worker: str, watch: Watch) -> Taken | None:
        """Take a trial whose process is gone or has given it back, unless too many have gone by it."""
        from optuna.trial import Trial as Learned

        before = left.user_attrs.get("worker", "")
        lost = int(left.user_attrs.get("lost", 0)) + bool(before)
        watch.forget(before)
        self._set_sampler(left.number)
        trial = Learned(self._study, left._trial_id)
        if lost >= MOST_LOST:
            said = f"{lost} processes were lost that learned it: does the memory suffice?"
            self._end(trial, "failed", Outcome(epochs=0, seconds=0.0, right=0, said=said))
            return None
        trial.set_user_attr("lost", lost)
        trial.set_user_attr("worker", worker)
        return self._taken(trial, worker)

    def _set_sampler(self, number: int) -> None:
        """Draw what a trial tries from the recipe's seed and its number, and from what others have come to by then."""
        from optuna.samplers import TPESampler

        (seed,) = np.random.SeedSequence([self.space.base.seed, number]).generate_state(1)
        self._study.sampler = TPESampler(seed=int(seed), n_startup_trials=DRAWN, multivariate=True, constant_liar=True)

    def _taken(self, trial: "BaseTrial", worker: str) -> Taken | None:
        """Choose what a trial tries; end it if another one has tried the very same, and come to its end."""
        chosen = {name: self._suggested(trial, name) for name in self.space.searched}
        for twin in self._over.values() if self.trials() else ():
            if twin.number < trial.number and twin.chosen == chosen and twin.outcome and twin.state != "failed":
                same = {**twin.outcome, "seconds": 0.0, "same_as": twin.number}
                self._end(trial, cast("Over", twin.state), cast("Outcome", same))
                return None
        return Taken(trial.number, self.space.recipe(chosen), worker, trial)

    def _suggested(self, trial: "BaseTrial", name: str) -> object:
        """Return what is chosen for a field."""
        allowed = self.space.searched[name]
        if isinstance(allowed, Choices):
            return allowed.values[trial.suggest_categorical(name, [*allowed.values])]
        if allowed.is_whole:
            return trial.suggest_int(name, allowed.low, allowed.high, step=allowed.step or 1, log=allowed.log)
        return trial.suggest_float(name, allowed.low, allowed.high, step=allowed.step, log=allowed.log)

    def _end(self, trial: "BaseTrial", state: Over, outcome: Outcome) -> None:
        """End a trial, unless it is over."""
        from optuna.exceptions import UpdateFinishedTrialError
        from optuna.trial import TrialState

        kinds = {"complete": TrialState.COMPLETE, "failed": TrialState.FAIL}
        value = outcome["right"] / self.space.base.validation if state == "complete" else None
        try:
            trial.set_user_attr("outcome", {**outcome, "state": state})
            self._study.tell(trial, value, kinds.get(state, TrialState.PRUNED), skip_if_finished=True)
        except UpdateFinishedTrialError:  # Another one was quicker.
            return


def _refuse(folder: Path, there: Mapping[str, Any], here: Mapping[str, Any]) -> None:
    """Refuse to go on with a search that is another one, and tell in what."""
    elsewhere = "or choose another folder."
    if (there["format"], there["byhand"]) != (here["format"], here["byhand"]):
        raise ByhandError(
            f"{folder}: the sweep there was begun by byhand {there['byhand']}, and this is {here['byhand']}, which may "
            f"learn otherwise. Use that version, {elsewhere}"
        )
    if there["data"] != here["data"]:
        raise ByhandError(f"{folder}: the sweep there learns other images. Restore them, {elsewhere}")
    if there["from"] != here["from"]:
        raise ByhandError(f"{folder}: the sweep there begins from another model. Restore it, {elsewhere}")
    old, new = ({**one["space"]["recipe"], **one["space"]["searched"]} for one in (there, here))
    if not (differ := [name for name in {**old, **new} if old.get(name) != new.get(name)]):
        raise ValueError("it tells of a space what none has")
    raise ByhandError(
        f"{folder}: the sweep there searches another space: {', '.join(differ)} differ{'s' * (len(differ) == 1)}. Go "
        f"on with the space.toml in that folder, {elsewhere}"
    )

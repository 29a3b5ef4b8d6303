"""`byhand train --seeds … --together`: many networks in one process, each leaving the folder it would leave alone."""

from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from pathlib import Path
from statistics import mean

from byhand.commands import bar, console
from byhand.commands.many.manner import Manner
from byhand.commands.seeds import SeedResult, how_they_go_on, named, summarize
from byhand.commands.terminal import INTERRUPTED, patient_interrupts
from byhand.data.datasets import Dataset
from byhand.learning.beginnings import Beginning
from byhand.learning.progress import Epoch
from byhand.learning.recipe_files import RecipeFile
from byhand.learning.together import Record, Together
from byhand.learning.training import Progress, Training
from byhand.runs import checkpoints, run_folder
from byhand.runs.pictures import draw_all
from byhand.runs.run_folder import Keeper
from byhand.runs.together import Keepers


def train_together(
    content: RecipeFile,
    seeds: int,
    folder: Path,
    dataset: Dataset,
    beginning: Beginning | None,
    manner: Manner,
) -> int:
    """Train with several seeds at once, and say what came of each and of all."""
    first = content.recipe.seed
    folders = {seed: folder / f"seed-{seed}" for seed in range(first, first + seeds)}
    with _claimed(list(folders.values()), force=manner.force):
        model = None if beginning is None else beginning.model
        recipes = [replace(content.recipe, seed=seed) for seed in folders]
        together = Together([Training(recipe, dataset.train, model=model) for recipe in recipes])
        origin = run_folder.source_of(content.data, dataset)
        begun_at = None if beginning is None else beginning.source
        keepers = [
            Keeper(path, one.recipe, origin, begun_from=one.begun_from, begun_at=begun_at, pictures=False)
            for path, one in zip(folders.values(), together.trainings, strict=True)
        ]
        if not manner.as_json:
            console.say(f"{seeds} seeds from {first} on, each in {folder}/seed-…")
        try:
            with patient_interrupts() as stops:
                results = _learn(together, keepers, dataset, stops, as_json=manner.as_json)
                failed = {keepers[k].recipe.seed: console.error_line(error) for k, error in together.failed.items()}
                summary = summarize(results, folder, failed) if results else None
            for told in draw_all([folders[result.seed] for result in results], origin) if manner.pictures else ():
                console.note(told)
        except KeyboardInterrupt:
            console.note(f"stopped. {how_they_go_on(content, seeds, folder)}")
            return INTERRUPTED
    if summary is not None:
        console.say_json(summary) if manner.as_json else console.say(console.summary_line(summary))
    if failed:
        console.note(f"{named(list(failed))} failed.")
    return 1 if failed else 0


@contextmanager
def _claimed(folders: Sequence[Path], *, force: bool) -> Iterator[None]:
    """Hold the folders of runs, which are gone at the end if nothing was learned in them."""
    with ExitStack() as stack:
        for path in folders:
            run_folder.claim_folder(path, "")
            stack.callback(run_folder.release_folder, path)
            stack.enter_context(run_folder.held(path))
            checkpoints.remove(path) if force else run_folder.refuse_used(path)
        yield


def _learn(
    together: Together, keepers: Sequence[Keeper], dataset: Dataset, stops: Callable[[], bool], *, as_json: bool
) -> list[SeedResult]:
    """Let all learn, judge them, and say how each did; after a Ctrl-C, save what they have reached."""
    kept, told, results = Keepers(together, keepers), set[int](), []
    with bar.progress_bar(together.trainings[0], together=together, as_json=as_json) as tell:
        for records in together.run():
            kept.keep(records)
            for k in sorted(together.failed.keys() - told):
                console.note(f"seed {keepers[k].recipe.seed}: {console.error_line(together.failed[k])}")
            told |= together.failed.keys()
            if (record := _of_all(records)) is not None:
                tell(record)
            if stops():
                kept.save()
                list(kept.finish(dataset, judge=False))
                raise KeyboardInterrupt
    for k, evaluation in kept.finish(dataset, judge=True):
        assert evaluation is not None
        results.append(SeedResult(keepers[k].recipe.seed, run_folder.result_of(keepers[k], evaluation)))
        console.say_json(results[-1].to_dict()) if as_json else console.say(console.seed_line(results[-1]))
        if stops():
            raise KeyboardInterrupt
    return results


def _of_all(records: Sequence[Record]) -> Progress | Epoch | None:
    """Return how far all have come as the record of one, with their mean loss; None if none learns any more."""
    if under_way := [record for record in records if isinstance(record, Progress)]:
        return replace(under_way[0], loss=mean(record.loss for record in under_way))
    return next((record for record in records if isinstance(record, Epoch)), None)

"""`byhand sweep`: from a file of choices to the best recipe, by as many processes as are wanted, here and elsewhere."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

from byhand import machine
from byhand.commands import console
from byhand.commands.grammar.declared import Argument, Option
from byhand.commands.options import AsJson, NoPictures, OtherData
from byhand.commands.terminal import INTERRUPTED, heeded_interrupts
from byhand.commands.train import tell_compiling
from byhand.errors import ByhandError, UsageError
from byhand.files import as_typed, kind_of, meant

if TYPE_CHECKING:
    from byhand.commands.searching.processes import Process
    from byhand.runs.sweeps.study import Sweep
    from byhand.runs.sweeps.trials import Trial
    from byhand.types import Json

LOOKS = 0.3  # Seconds after which one looks again what the processes have come to.
MOST_JOBS = 1000


def sweep(
    space: Annotated[
        Path,
        Argument(
            metavar="SPACE.toml",
            help="A recipe file in which values may be lists of choices, or ranges (docs/sweep.md).",
        ),
    ],
    trials: Annotated[int, Option(min=1, max=100_000, help="How many recipes to try, in all.")] = 50,
    jobs: Annotated[
        int | None,
        Option(min=1, max=MOST_JOBS, default="one a core", help="Processes that learn side by side."),
    ] = None,
    out: Annotated[
        Path | None,
        Option(
            metavar="PATH",
            help="Folder of the search (default: the next free one in runs/). Where it holds one, that goes on; so "
            "several machines can share it.",
        ),
    ] = None,
    data: OtherData = None,
    no_pictures: NoPictures = False,
    as_json: AsJson = False,
) -> int:
    """Run `byhand sweep`."""
    machine.require("sweep", "a search over recipes")
    from byhand.commands.searching.beginning import prepared
    from byhand.runs import run_folder
    from byhand.runs.sweeps import results
    from byhand.runs.sweeps.study import Sweep

    file, facts = _read(space, data)
    with heeded_interrupts() as heed:
        search = prepared(file, facts)
        folder = run_folder.claim_folder(out, "sweep")
        found = Sweep(folder, search.space, search.data, search.begins)
        if not (folder / results.SPACE_FILE).exists():
            results.save_space(folder, search.space)
        order: dict[str, Json] = {"folder": str(folder), "file": str(file), "facts": facts, "trials": trials}
        return _run(found, order, jobs or machine.cores(), heed, pictures=not no_pictures, as_json=as_json)


def _read(space: Path, data: str | None) -> "tuple[Path, dict[str, Json]]":
    """Return where a space lies, and what stands there; other data are not taken as the file's own would be."""
    from byhand.learning import recipe_files

    if kind_of(space) == "nothing":
        raise UsageError(f"{space}: there is no such file.{meant(space)} docs/sweep.md shows what stands in one.")
    file, facts = recipe_files.facts_of(space)
    if data is not None:
        facts = {name: value for name, value in facts.items() if name not in ("white", "transposed")} | {"data": data}
    return file, facts


def _run(
    sweep: "Sweep", order: "dict[str, Json]", jobs: int, heed: Callable[[], None], *, pictures: bool, as_json: bool
) -> int:
    """Let processes learn what is left to learn, tell what they come to, and leave the results."""
    from byhand.commands.searching import saying
    from byhand.commands.searching.processes import working
    from byhand.runs.sweeps import results

    most, folder, over = cast("int", order["trials"]), sweep.folder, _over(sweep)
    if not as_json:
        console.say(saying.beginning(sweep.space, most, len(over)))
    try:
        if len(over) < most:
            tell_compiling(sweep.space.base)
            with working(order, min(jobs, most - len(over))) as crew:
                _watch(sweep, crew, most, {trial.number for trial in over}, heed, as_json=as_json)
    except KeyboardInterrupt:
        over = _over(sweep)
        results.save(folder, over, sweep.space, {})
        again = f"byhand sweep {as_typed(folder / results.SPACE_FILE)} --trials {most} --out {as_typed(folder)}"
        console.note(f"stopped, {len(over):,} of {most:,} trials being over; go on with {again}")
        return INTERRUPTED
    return _end(sweep, pictures=pictures, as_json=as_json)


def _over(sweep: "Sweep") -> "list[Trial]":
    """Return the trials that are over."""
    return [trial for trial in sweep.trials() if trial.outcome is not None]


def _watch(
    sweep: "Sweep",
    crew: "Sequence[Process]",
    most: int,
    told: set[int],
    heed: Callable[[], None],
    *,
    as_json: bool,
) -> None:
    """Tell of every trial that is over, until all processes are gone; some must have done all the work."""
    from byhand.commands.searching import saying
    from byhand.runs.sweeps import results

    lost: list[Process] = []
    working = True
    while working:
        working = any(process.is_alive for process in crew)  # asked first, so that nothing is missed below
        for trial in _over(sweep):
            if trial.number not in told:
                told.add(trial.number)
                line = saying.trial_line(trial, sweep.space, most)
                console.say_json(results.facts(trial, sweep.space)) if as_json else console.say(line)
        for process in crew:
            if process.was_lost and process not in lost:
                lost.append(process)
                if working:
                    console.note(f"a process was lost ({process.why().rstrip('.')}); others learn its trial.")
        heed()
        time.sleep(LOOKS if working else 0)
    if len(told) < most:
        raise ByhandError(f"{sweep.folder}: all processes of the search were lost: {lost[-1].why()}")


def _end(sweep: "Sweep", *, pictures: bool, as_json: bool) -> int:
    """Leave the results in the folder, and say what they are."""
    from byhand.commands.searching import saying
    from byhand.runs import run_folder
    from byhand.runs.sweeps import pictures as drawn
    from byhand.runs.sweeps import results
    from byhand.runs.sweeps.presence import Watch
    from byhand.runs.sweeps.study import WORKERS

    Watch(sweep.folder / WORKERS).tidy()
    folder, space, over, importance = sweep.folder, sweep.space, _over(sweep), sweep.importance()
    results.save(folder, over, space, importance)
    if as_json:
        console.say_json(results.summary(over, space, importance))
    if not results.ranked(over):
        last = results.outcome(over[-1])["said"]
        console.note(f"no trial was learned to its end. Of the last one: {last}")
        return 1
    if pictures:
        with run_folder.though_not_drawn(folder):
            drawn.save(folder, over, space, importance)
    if not as_json:
        best = folder / results.BEST_FILE
        kept = "all trials, the best recipe and pictures" if pictures else "all trials and the best recipe"
        console.say(f"{saying.best_table(over, space)}\n{saying.ending(over, space)}\nsaved in {folder}: {kept}")
        console.say(
            f"to train by the best one, and to read the test images once: byhand train --recipe {as_typed(best)}"
        )
    return 0

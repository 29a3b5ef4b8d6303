"""A recipe with several seeds: each in a process of its own, or all together in this one."""

from pathlib import Path
from typing import TYPE_CHECKING

from byhand.commands import console
from byhand.commands.many.manner import Manner
from byhand.commands.terminal import INTERRUPTED

if TYPE_CHECKING:
    from byhand.data.datasets import Dataset
    from byhand.learning.beginnings import Beginning
    from byhand.learning.recipe_files import RecipeFile


def begin(
    content: "RecipeFile",
    seeds: int,
    folder: Path,
    dataset: "Dataset",
    beginning: "Beginning | None",
    manner: Manner,
) -> int:
    """Train with several seeds, together or each in a process."""
    if not manner.together:
        return _run_seeds(content, seeds, folder, manner)
    from byhand.commands.many.together import train_together

    return train_together(content, seeds, folder, dataset, beginning, manner)


def _run_seeds(content: "RecipeFile", seeds: int, folder: Path, manner: Manner) -> int:
    """Train with several seeds, and say what came of each and of all."""
    from byhand.commands.seeds import how_they_go_on, noted, summarize, train_seeds

    if not manner.as_json:
        console.say(f"{seeds} seeds from {content.recipe.seed} on, each in {folder}/seed-…")
    flags = ["--force"] * manner.force + ["--no-pictures"] * (not manner.pictures) + ["--mapped"] * bool(manner.mapped)
    flags += [f"--log={name}" for name in manner.log]
    results = []
    try:
        for result in noted(train_seeds(content, seeds, folder, *flags), console.note):
            results.append(result)
            console.say_json(result.to_dict()) if manner.as_json else console.say(console.seed_line(result))
    except KeyboardInterrupt:
        console.note(f"stopped. {how_they_go_on(content, seeds, folder)}")
        return INTERRUPTED
    summary = summarize(results, folder)
    console.say_json(summary) if manner.as_json else console.say(console.summary_line(summary))
    return 0

"""A training that an earlier server has left half done, so that the page can offer to go on with it."""

from pathlib import Path

from byhand.data.datasets import Dataset
from byhand.learning.recipe import Recipe
from byhand.runs import checkpoints, run_folder

NAME = "page"  # what the page's runs are called, with a number


def find_left(home: Path) -> Path | None:
    """Return the folder of the page's latest training that can go on, if there is one."""
    folders = [folder for folder in home.glob(f"{NAME}-*") if (folder / checkpoints.FILE).exists()]
    return max(folders, key=lambda folder: (folder / checkpoints.FILE).stat().st_mtime, default=None)


def recipe_left(folder: Path, dataset: Dataset, source: str) -> Recipe:
    """Return what a training that can go on learns.

    Raises
    ------
    ByhandError
        If its checkpoint is not sound, or it learns from other data.
    """
    saved, _ = checkpoints.load(folder)
    run_folder.check_checkpoint(folder, saved, dataset, source)
    return saved.recipe

"""Weights & Biases: an account's page, or files in the run's folder where nobody is logged in."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from byhand.files import as_typed
from byhand.runs.watching.watcher import Watched


def begin(watched: Watched) -> "WandbRun":
    """Begin a run, or go on with it; without a network where no other way was chosen and nobody is logged in."""
    import wandb

    def run(**more: str) -> "WandbRun":
        run = wandb.init(
            project=os.environ.get("WANDB_PROJECT") or "byhand",
            name=watched.name,
            config=dict(watched.choices),
            dir=os.environ.get("WANDB_DIR") or watched.folder,
            id=watched.id,
            resume="allow",
            reinit="create_new",  # A run of the caller's goes on.
            settings=wandb.Settings(silent=True, console="off"),
            **more,
        )
        return WandbRun(run, run.id, run.url or f"wandb sync {as_typed(Path(run.dir).parent)}")

    try:
        return run()
    except wandb.errors.UsageError:  # Nobody is logged in, and nobody can be asked.
        return run(mode="offline")


@dataclass(frozen=True)
class WandbRun:
    """A run of Weights & Biases."""

    run: Any
    id: str
    look: str

    def tell(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log the values of an epoch."""
        self.run.log(dict(values), step=epoch)

    def end(self, *, complete: bool) -> None:
        """Send what is left, and end the run."""
        self.run.finish(exit_code=0 if complete else 1)

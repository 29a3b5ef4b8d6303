"""Trackio: a database of its own in the user's cache, or what TRACKIO_SPACE_ID or TRACKIO_SERVER_URL name."""

import os
from collections.abc import Mapping
from contextvars import Context
from dataclasses import dataclass
from secrets import token_hex
from typing import Any

from byhand.runs.watching.watcher import Watched


def begin(watched: Watched) -> "TrackioRun":
    """Begin a run, or go on with it, which Trackio does by its name: so no two may have one."""
    import trackio

    mark = watched.id or token_hex(3)
    run = Context().run(  # In one of its own it is not ended when another run begins.
        trackio.init,
        project="byhand",
        name=f"{watched.name}-{mark}",
        config=dict(watched.choices),
        resume="must" if watched.id else "never",
        embed=False,
    )
    elsewhere = [name for name in ("TRACKIO_SPACE_ID", "TRACKIO_SERVER_URL") if os.environ.get(name)]
    # An address may have a password in it.
    return TrackioRun(run, mark, f"what {elsewhere[0]} names" if elsewhere else "trackio show --project byhand")


@dataclass(frozen=True)
class TrackioRun:
    """A run of Trackio's."""

    run: Any
    id: str
    look: str

    def tell(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log the values of an epoch."""
        self.run.log(dict(values), step=epoch)

    def end(self, *, complete: bool) -> None:  # noqa: ARG002
        """Write what is left, and end the run."""
        self.run.finish()

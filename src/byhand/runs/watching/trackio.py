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
    place = os.environ.get("TRACKIO_SPACE_ID") or os.environ.get("TRACKIO_SERVER_URL")
    return TrackioRun(run, mark, place or "trackio show --project byhand")


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

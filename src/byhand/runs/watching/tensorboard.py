"""TensorBoard: event files in the run's own folder, by TensorBoard's own writer; TensorFlow and PyTorch are not needed.

What comes with an epoch is one event.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from time import time
from typing import Any

from byhand.files import as_typed
from byhand.runs.watching.watcher import Watched


def begin(watched: Watched) -> "Events":
    """Write the recipe into a new event file, which goes on where the others of the folder end."""
    from tensorboard.compat.proto.event_pb2 import Event, SessionLog
    from tensorboard.plugins.hparams.summary_v2 import hparams_pb
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(watched.folder))
    # What older files tell of this epoch and later ones counts no more.
    start = SessionLog(status=SessionLog.START)
    writer.add_event(Event(wall_time=time(), step=watched.first, session_log=start))
    writer.add_event(Event(wall_time=time(), summary=hparams_pb(dict(watched.choices))))
    return Events(writer, f"tensorboard --logdir {as_typed(watched.home)}")


@dataclass(frozen=True)
class Events:
    """An event file."""

    writer: Any
    look: str
    id: str = "events"

    def tell(self, epoch: int, values: Mapping[str, float]) -> None:
        """Write the values of an epoch."""
        from tensorboard.compat.proto.event_pb2 import Event
        from tensorboard.compat.proto.summary_pb2 import Summary

        scalars = [Summary.Value(tag=name, simple_value=value) for name, value in values.items()]
        self.writer.add_event(Event(wall_time=time(), step=epoch, summary=Summary(value=scalars)))
        self.writer.flush()

    def end(self, *, complete: bool) -> None:  # noqa: ARG002
        """Close the file."""
        self.writer.close()

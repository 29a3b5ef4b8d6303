"""MLflow: the server of MLFLOW_TRACKING_URI, or else one database for all runs that lie beside each other."""

import os
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from time import time
from typing import Any

from byhand.files import as_typed
from byhand.runs.watching.watcher import Watched


def begin(watched: Watched) -> "TrackedRun":
    """Begin a run, or go on with it; not as MLflow's own active run, which may be another one of the caller's."""
    from filelock import FileLock
    from mlflow import MlflowClient
    from mlflow.entities import Param
    from mlflow.exceptions import MlflowException

    place, name = watched.home / "mlflow.db", os.environ.get("MLFLOW_EXPERIMENT_NAME") or "byhand"
    uri, look = os.environ.get("MLFLOW_TRACKING_URI"), "what MLFLOW_TRACKING_URI names"  # perhaps with a password
    if not uri:
        uri, look = f"sqlite:///{place.as_posix()}", f"mlflow ui --backend-store-uri sqlite:///{as_typed(place)}"
    with FileLock(watched.home / ".mlflow.lock", timeout=60):  # Two seeds that make one database at once spoil it.
        client = MlflowClient(uri)
        with suppress(MlflowException):  # There is one already.
            client.create_experiment(name)
    if watched.id is not None:
        client.update_run(watched.id, "RUNNING")
        return TrackedRun(client, watched.id, look)
    run = client.create_run(client.get_experiment_by_name(name).experiment_id, run_name=watched.name)
    client.log_batch(run.info.run_id, params=[Param(key, str(value)) for key, value in watched.choices.items()])
    return TrackedRun(client, run.info.run_id, look)


@dataclass(frozen=True)
class TrackedRun:
    """A run of MLflow's."""

    client: Any
    id: str
    look: str

    def tell(self, epoch: int, values: Mapping[str, float]) -> None:
        """Log the values of an epoch at once."""
        from mlflow.entities import Metric

        now = round(1000 * time())
        self.client.log_batch(self.id, metrics=[Metric(name, value, now, epoch) for name, value in values.items()])

    def end(self, *, complete: bool) -> None:
        """End the run."""
        self.client.set_terminated(self.id, "FINISHED" if complete else "KILLED")

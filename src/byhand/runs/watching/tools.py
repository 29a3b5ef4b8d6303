"""The tools that can watch a training, how each is installed, and how it is loaded."""

import importlib
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from importlib.util import find_spec
from typing import Literal, TypeAlias, cast, get_args

from byhand import machine
from byhand.errors import ByhandError
from byhand.files import words
from byhand.learning.recipe import refuse_choice
from byhand.runs.watching.watcher import Watched, Watcher

ToolName: TypeAlias = Literal["tensorboard", "mlflow", "wandb", "trackio"]


@dataclass(frozen=True)
class Tool:
    """How a tool is installed, and its variables of the environment that byhand sets where the user has not.

    They keep it from telling its makers how it is used, and from waiting for minutes where no server answers.
    """

    install: str
    variables: Mapping[str, str] = field(default_factory=dict)


TOOLS: Mapping[str, Tool] = {
    "tensorboard": Tool("pip install tensorboard"),
    "mlflow": Tool(
        "pip install mlflow",
        {
            "MLFLOW_DISABLE_TELEMETRY": "true",
            "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
            "MLFLOW_HTTP_REQUEST_TIMEOUT": "10",
        },
    ),
    "wandb": Tool(
        "pip install wandb",
        {
            "WANDB_ERROR_REPORTING": "false",
            "WANDB_INIT_TIMEOUT": "30",
            "WANDB_FINISH_TIMEOUT": "60",
            "WANDB_FINISH_TIMEOUT_RAISES": "true",
        },
    ),
    "trackio": Tool("pip install trackio"),
}


class NotLoaded(ByhandError):  # noqa: N818  # It is no mistake of the program.
    """A tool cannot be loaded, which is told before a training begins."""


def check_installed(names: Iterable[str]) -> None:
    """Refuse tools that are not there.

    Raises
    ------
    UsageError
        If byhand knows no tool of that name.
    NotLoaded
        If one is not installed.
    """
    for name in names:
        if name not in TOOLS:
            refuse_choice(name, get_args(ToolName))
        spec = find_spec(name)
        if spec is None or spec.origin is None:  # without an origin, it is just a folder of that name
            raise NotLoaded(f"{name} is not installed: {TOOLS[name].install}")


def begin(name: str, watched: Watched) -> Watcher:
    """Let a tool begin to watch a training; beside what is told here, a tool may raise anything.

    Raises
    ------
    NotLoaded
        If it, or what it needs, cannot be loaded.
    """
    for variable, value in TOOLS[name].variables.items():
        os.environ.setdefault(variable, value)
    try:
        machine.load(name)
        return cast("Watcher", importlib.import_module(f"byhand.runs.watching.{name}").begin(watched))
    except ImportError as error:
        raise NotLoaded(f"{name} cannot be loaded ({words(error)}): {TOOLS[name].install}") from error

"""A command that torchrun has started as several processes: one speaks and writes, all end together."""

import os
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager, redirect_stderr, redirect_stdout
from hashlib import sha256
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, cast

from byhand.commands.terminal import INTERRUPTED, heeded_interrupts
from byhand.errors import ByhandError, UsageError

if TYPE_CHECKING:
    from byhand.learning.devices.world import World
    from byhand.learning.training import Training
    from byhand.types import Json

Heed: TypeAlias = Callable[[], None]  # Raises a Ctrl-C that a library has swallowed, or another process has got.


@contextmanager
def joined() -> "Iterator[tuple[World, Heed]]":
    """Meet the processes that torchrun has started beside this one, if any; yield them, and what heeds a Ctrl-C.

    Of what goes wrong, one process tells.
    """
    from byhand.learning.devices import world

    if not world.is_asked_for():
        with heeded_interrupts() as heed:
            yield world.World(), heed
        return
    with _noted_interrupts() as pressed:
        joint = world.join()

        def heed_all() -> None:
            """Raise `KeyboardInterrupt` if one of the processes was to end."""
            if joint.is_any(so=bool(pressed)):
                raise KeyboardInterrupt

        try:
            with _quiet(joint.rank > 0):
                yield joint, heed_all
            joint.leave()
        except (ByhandError, OSError, MemoryError) as error:
            if joint.may_tell(error):
                raise
            sys.exit(2 if isinstance(error, UsageError) else 1)


@contextmanager
def _noted_interrupts() -> Iterator[list[int]]:
    """Let a Ctrl-C be noted: raised anywhere, it would leave the other processes alone within a step."""
    pressed: list[int] = []
    before = signal.getsignal(signal.SIGINT)
    if before is signal.default_int_handler:
        signal.signal(signal.SIGINT, lambda number, _: pressed.append(number))
    try:
        yield pressed
    finally:
        signal.signal(signal.SIGINT, before)


@contextmanager
def _quiet(quiet: bool) -> Iterator[None]:
    """Say nothing within, if so."""
    with ExitStack() as stack:
        if quiet:
            nowhere = stack.enter_context(Path(os.devnull).open("w", encoding="utf-8"))
            stack.enter_context(redirect_stdout(nowhere))
            stack.enter_context(redirect_stderr(nowhere))
        yield


def check(world: "World", seeds: int) -> None:
    """Refuse what several processes would each do again."""
    if world.size > 1 and seeds > 1:
        raise UsageError(
            "torchrun's processes learn one network together. For several, start byhand without torchrun.", "seeds"
        )


def check_alike(training: "Training") -> None:
    """Refuse to begin unless all processes are about to learn the same, together."""
    recipe, world = training.recipe, training.world
    if world.size == 1:
        return
    if recipe.engine != "torch":
        raise UsageError(
            f"torchrun has started {world.size} processes, each of which would train the same with {recipe.engine}. "
            "Only torch lets several learn one network; for all others start byhand without torchrun.",
            "engine",
        )
    if recipe.device == "mps":
        raise UsageError("several processes learn one network on cuda or cpu.", "device")
    _, memory = training.beginning()
    begun_from = cast("dict[str, Json] | None", training.begun_from)
    world.check_alike(
        {f"`{name}`": value for name, value in recipe.to_dict().items()}
        | {"the SHA-256 of the images": training.learned.sha256()}
        | {"the version of byhand": training.details["byhand"], "the network to begin from": begun_from}
        | {"the epoch": training.place.epoch, "the place in it": training.place.done}
        | {"the SHA-256 of the parameters": None if memory is None else sha256(memory["theta"].tobytes()).hexdigest()}
    )


def follow(training: "Training", heed: Heed) -> int:
    """Learn with the process that speaks and writes."""
    check_alike(training)
    try:
        for _ in training.run():
            heed()
    except KeyboardInterrupt:
        return INTERRUPTED
    return 0

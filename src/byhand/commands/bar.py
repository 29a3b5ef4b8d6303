"""One line that changes in place while work goes on, where somebody watches: how far it is, or what it waits for."""

import os
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TextIO

from byhand.commands.console import loss_text

if TYPE_CHECKING:
    from rich.console import Console
    from rich.text import Text

    from byhand.learning.progress import Epoch
    from byhand.learning.together import Together
    from byhand.learning.training import Progress, Training

SHORTEST, LONGEST = 8, 40  # characters of a bar
WAITS = 0.7  # Seconds after which a bar that stands says why.
RECENT = 10.0  # seconds over which the speed is taken


def is_watched(stream: TextIO) -> bool:
    """Tell whether a line that changes in place is one on a stream: not in a file, a notebook or a build's log.

    The last two may well be what their programs call a terminal, and keep every state of the line.
    """
    variables = os.environ
    notebook = "JPY_PARENT_PID" in variables or (  # or what IPython's kernel sets, whoever has started it
        variables.get("TERM") == "xterm-color" and variables.get("GIT_PAGER") == "cat"
    )
    build = variables.get("CI", "").lower() not in ("", "0", "false")
    dumb = variables.get("TERM", "" if os.name == "posix" else "windows") in ("", "dumb", "unknown")
    return stream.isatty() and not (notebook or build or dumb)


@contextmanager
def counting_bar(total: int) -> Iterator[Callable[[], None]]:
    """Show a bar on stderr if this is a terminal and there is much to do; yield what to call for every picture."""
    if total < 100 or not is_watched(sys.stderr) or sys.stdout.isatty():
        yield lambda: None
        return
    from rich.console import Console
    from rich.progress import Progress as Bar

    with Bar(console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task("pictures", total=total)
        yield lambda: bar.advance(task)


@contextmanager
def progress_bar(
    training: "Training", *, together: "Together | None" = None, as_json: bool = False
) -> "Iterator[Callable[[Progress | Epoch], None]]":
    """Show how far a training is on stderr, if stdout is a terminal, too; yield what to tell every record.

    It stands for all trainings that are under way together with this one. There is none beside JSON: whatever is
    printed meanwhile is broken where the terminal's lines end.
    """
    if as_json or not (is_watched(sys.stderr) and sys.stdout.isatty()):
        yield lambda _: None
        return
    from rich.console import Console
    from rich.live import Live

    console, line = Console(stderr=True), _Line(training, 1 if together is None else len(together.trainings))
    with Live(get_renderable=lambda: line.text(console), console=console, refresh_per_second=8, transient=True):
        if together is not None:
            together.make_ready()
        _ = training.engine  # Made before the first record, so that the line can say so.
        line.learn()
        yield line.tell


@dataclass
class _Line:
    """What stands in the line of a training."""

    training: "Training"
    networks: int = 1  # that learn together
    record: "Progress | None" = None
    waits_for: str = "makes the training loop ready"
    since: float = field(default_factory=time.monotonic)
    recent: deque[tuple[float, int]] = field(default_factory=deque)  # times, and images learned in all by then

    def tell(self, record: "Progress | Epoch") -> None:
        """Take note of a record."""
        from byhand.learning.training import Progress

        if not isinstance(record, Progress):
            self.learn()
            return
        self.record, self.waits_for, self.since = record, "learns on", time.monotonic()
        self.training = record.training  # Another one than at first, where that has failed.
        self._count((record.epoch - 1) * record.total + record.done)
        if record.done == record.total and (validation := self.training.validation) is not None:
            self.waits_for = f"judges by {len(validation):,} images"

    def learn(self) -> None:
        """Take note that an epoch begins."""
        from byhand.data.distortions import Distortions

        place, total, recipe = self.training.place, self.training.total, self.training.recipe
        besides = total - len(self.training.learned) if self.record is None else 0
        drawn = (recipe.strangers, "strangers"), (recipe.hands, "digits")
        kinds = " and ".join(name for share, name in drawn if share)
        anew = "draws and learns" if Distortions.of(recipe) else "learns"
        self.waits_for = f"draws {besides:,} {kinds} first" if besides else f"{anew} the first images"
        self.since = time.monotonic()
        self._count((place.epoch - 1) * total + place.done)

    def _count(self, images: int) -> None:
        """Take note of how many images are learned by now."""
        self.recent.append((self.since, images))
        while len(self.recent) > 2 and self.since - self.recent[0][0] > RECENT:
            self.recent.popleft()

    def text(self, console: "Console") -> "Text":
        """Return the line, as long as the terminal is wide."""
        from rich.text import Text

        epochs, total, place = self.training.recipe.epochs, self.training.total, self.training.place
        waited = time.monotonic() - self.since
        waits = f"{self.waits_for}{f' … {waited:.0f} s' if waited >= 1 else ''}"
        # What fills a line, with the ^C that may follow, would not be wiped out.
        width, record = max(console.width - 3, 0), self.record
        if record is None:
            start = f"epoch {place.epoch}/{epochs}: "
            return Text(((start if len(start) + len(waits) <= width else "") + waits)[:width], no_wrap=True)
        done = min(((record.epoch - 1) * total + record.done) / (epochs * total), 1.0)
        start, facts = f"epoch {min(place.epoch, epochs)}/{epochs} ", [f" {100 * done:.0f} %"]
        facts += [f"  {waits}"] if waited > WAITS else self._figures(epochs * total)
        while len(facts) > 1 and len(start) + SHORTEST + sum(map(len, facts)) > width:
            facts.pop()
        room = max(min(width - len(start) - sum(map(len, facts)), LONGEST), 0)
        full, empty = "━─" if console.encoding.startswith("utf") else "#-"
        bar = round(room * done)
        parts = (start, (full * bar, "bar.complete"), (empty * (room - bar), "bar.back"), "".join(facts))
        text = Text.assemble(*parts, no_wrap=True)
        text.truncate(width)
        return text

    def _figures(self, images: int) -> list[str]:
        """Return loss, time left and speed, the most useful first, of a training that takes so many images."""
        assert self.record is not None
        (began, before), (now, learned) = self.recent[0], self.recent[-1]
        rate = (learned - before) / max(now - began, 1e-3)
        facts = [f"  loss {loss_text(self.record.loss, 3)}"]
        return facts + (
            [f"  {_clock((images - learned) / rate)} left", f"  {self.networks * rate:,.0f} images/s"] if rate else []
        )


def _clock(seconds: float) -> str:
    """Return a time as a clock shows it."""
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes // 60}:{minutes % 60:02}:{rest:02}" if minutes >= 60 else f"{minutes}:{rest:02}"

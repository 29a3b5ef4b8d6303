"""What the worker tells of its training: often enough to be watched, and so seldom that the training hardly notices."""

import time

import numpy as np

from byhand.learning.training import Training
from byhand.runs.run_folder import Keeper
from byhand.web.training.channel import Channel
from byhand.web.training.gauges import Gauge, Judge, finite, rounded
from byhand.web.training.messages import Figures, Judged, Phase, Ready, State, Theta

SHOWN_EVERY = 0.05  # Seconds at least between figures of a training that runs.
JUDGED_EVERY = 0.25  # The same for judging images set aside, ...
SHARE_OF_JUDGING = 0.01  # ... which shall take no more of the time than this; but at the beginning much changes:
GROWN = 1.5  # times as many images as when it was judged last are a reason to judge, ...
WORTH_JUDGING = 10_000  # ... if they are so many more.


class Reporter:
    """Tells the server how a training stands.

    Parameters
    ----------
    channel
        The line to the server.
    training
        What is told of.
    keeper
        Who has its epochs so far.
    """

    def __init__(self, channel: Channel, training: Training, keeper: Keeper) -> None:
        self.channel, self.training, self.keeper = channel, training, keeper
        self.gauge, self.judge = Gauge(), Judge(training)
        self.total = training.total  # images of an epoch
        self._dead: tuple[int, ...] = ()
        self._shown = self._judge_again = 0.0
        self._judged_at = 0  # images

    def tell_beginning(self, state: Phase) -> None:
        """Say what the training is, and where it stands."""
        theta = self._theta()  # For that, the engine may compile for seconds: only then the training is ready.
        self.channel.send(Ready(str(self.keeper.folder), self.training.details, state))
        self.channel.send(theta)  # From the first moment on there is a network to look at.
        self.tell(0, judge=True)
        self.gauge.start_clock()

    def tell_state(self, state: Phase) -> None:
        """Say that it runs now, or waits."""
        self.channel.send(State(state))

    def tell_in_time(self, done: int) -> None:
        """Show figures when it is time to, and at the end of every epoch that is worth it."""
        now, worth = time.perf_counter(), done == 0 and self.training.place.seconds >= 2 * JUDGED_EVERY
        if worth or now - self._shown >= SHOWN_EVERY:
            self.gauge.read_clock()
            images = len(self.keeper.epochs) * self.total + done
            grown = images >= max(GROWN * self._judged_at, self._judged_at + WORTH_JUDGING)
            self.tell(done, judge=worth or grown or now >= self._judge_again)

    def tell(self, done: int, *, judge: bool) -> None:
        """Show figures, when so many images of an epoch are learned."""
        epochs, recipe = len(self.keeper.epochs), self.training.recipe
        over, images = done == 0 and epochs > 0, epochs * self.total + done
        validation = self._judged(images) if judge else None
        self.channel.send(
            Figures(
                epoch=epochs + (not over),
                epochs=recipe.epochs,
                done=self.total if over else done,
                total=self.total,
                images=images,
                loss=finite(self.gauge.loss),
                rate=rounded(self.training.place.rate if images else recipe.starting_rate),
                speed=round(self.gauge.speed),
                validation=validation,
                dead=self._dead,
            )
        )
        self._shown = time.perf_counter()

    def _judged(self, images: int) -> Judged | None:
        """Judge the network, after so many images, and decide when it is time to again."""
        self._judged_at, began = images, time.perf_counter()
        validation, self._dead = self.judge.judge()
        now = time.perf_counter()
        self._judge_again = now + max(JUDGED_EVERY, (now - began) / SHARE_OF_JUDGING)
        return validation

    def send_theta(self) -> None:
        """Send the parameters as they are now."""
        self.channel.send(self._theta())

    def _theta(self) -> Theta:
        """Return the parameters as they are now, little-endian."""
        return Theta(np.ascontiguousarray(self.training.theta, "<f4").tobytes())

"""What the worker tells of its training: often enough to be watched, and so seldom that the training hardly notices."""

import time

import numpy as np

from byhand.learning.training import Training
from byhand.runs.run_folder import Keeper
from byhand.web.training.channel import Channel
from byhand.web.training.measuring.gauges import Gauge, Judge, finite, rounded
from byhand.web.training.messages import Changed, Figures, Judged, Phase, Ready, Seen, Theta

SHOWN_EVERY = 0.05  # Seconds at least between figures of a training that runs.
JUDGED_EVERY = 0.25  # The same for judging images set aside, ...
SHARE_OF_JUDGING = 0.01  # ... which shall take no more of the time than this; but at the beginning much changes:
EPOCHS_SHOWN = 20  # The first epochs are shown however short they are: else a small training would have no curve.
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
        self._dead: tuple[int, ...] = ()
        self._shown = self._judge_again = 0.0
        self._judged_at = 0  # images

    def tell_beginning(self, state: Phase) -> None:
        """Say what the training is, and where it stands."""
        theta = self._theta()  # For that, the engine may compile for seconds: only then the training is ready.
        self.channel.send(Ready(str(self.keeper.folder), self.training.details, state))
        self.channel.send(theta)  # From the first moment on there is a network to look at.
        self.tell(judge=True)
        self.gauge.start_clock()

    def tell_state(self, state: Phase) -> None:
        """Say that it runs now, or waits."""
        self.channel.send(Changed(state))

    def tell_in_time(self) -> None:
        """Show figures when it is time to, and at the end of the first epochs and of every other that is worth it."""
        now, ended = time.perf_counter(), self.training.place.done == 0
        worth = ended and self.keeper.epochs[-1]["seconds"] >= 2 * JUDGED_EVERY
        first = ended and self.training.place.epoch <= EPOCHS_SHOWN + 1
        if worth or first or now - self._shown >= SHOWN_EVERY:
            self.gauge.read_clock()
            grown = self._images() >= max(GROWN * self._judged_at, self._judged_at + WORTH_JUDGING)
            self.tell(judge=worth or grown or now >= self._judge_again)

    def tell(self, *, judge: bool, seen: Seen | None = None) -> None:
        """Show figures, and the image just learned; where one epoch ends and the next begins, those of the end."""
        recipe, place, total = self.training.recipe, self.training.place, self.training.total
        over, images = place.done == 0 and place.epoch > 1, self._images()
        validation = self._judged(images) if judge else None
        self.channel.send(
            Figures(
                epoch=place.epoch - over,
                epochs=recipe.epochs,
                done=total if over else place.done,
                total=total,
                images=images,
                loss=finite(self.gauge.loss),
                rate=rounded(place.rate if images else recipe.starting_rate),
                speed=round(self.gauge.speed),
                validation=validation,
                dead=self._dead,
                seen=seen,
            )
        )
        self._shown = time.perf_counter()

    def _images(self) -> int:
        """Return how many images are learned in all."""
        place = self.training.place
        return (place.epoch - 1) * self.training.total + place.done

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

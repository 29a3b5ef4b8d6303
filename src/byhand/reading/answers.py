"""Name the digit in a picture, or say why it cannot be read."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from byhand.errors import UsageError
from byhand.images.fit import SIDE
from byhand.images.pictures import Source, open_picture
from byhand.images.prepare import PROBLEMS, Prepared, proposals
from byhand.images.showing.texts import SHORT, percent, shortened
from byhand.labels import DIGITS
from byhand.learning.progress import Epoch
from byhand.model import AnyModel, as_model
from byhand.types import Bytes, Floats, Json

DOUBTFUL = 0.5  # What is less probably a digit is like none.
STANDS_OUT, TIMES = 0.3, 3  # Among digits, though, a guess as probable, and so many times as the next, is told, too.
UNLIKE_DIGITS = "it is like no digit; perhaps it is a letter or a sign"
UNLIKE_ANY = "it is like no class that the network knows"
SEVERAL_THINGS = "it seems to be more than one thing; the network looks at one at a time"  # where they are no digits
HARDLY = 50  # Where a first look leaves so little of the doubt that an answer may have, there is no second one.


@dataclass(frozen=True, eq=False)
class Answer:
    """What a model makes of one image.

    Attributes
    ----------
    name
        The class it believes in, such as "7"; None if it should not be believed.
    guesses
        Every class with its probability, 0…1, the most probable first.
    reason
        Why there is no name, in words; None if there is one.
    judged
        Whether the network had anything to judge; if not, its guesses mean nothing.
    image
        (28, 28) uint8, as the network saw it, if the picture held a single digit; of a page each `Digit` has it.
    """

    name: str | None
    guesses: tuple[tuple[str, float], ...]
    reason: str | None
    judged: bool = True
    image: Bytes | None = None

    def __repr__(self) -> str:
        if not self.judged:
            return f"<byhand.Answer: none, {self.reason}>"
        best = ", ".join(f"{shortened(name, SHORT)} {percent(p)}" for name, p in self.guesses[:2])
        told = f"none, {self.reason}" if self.name is None else shortened(self.name, SHORT)
        return f"<byhand.Answer: {told} ({best})>"

    def _repr_html_(self) -> str:
        """Return the image and bars of the probabilities, for a notebook."""
        from byhand.images.showing import records

        return records.answer(self.name, self.reason, self.guesses if self.judged else (), self.image)

    def to_dict(self) -> dict[str, Json]:
        """Return it as JSON can hold it, with the two best guesses by themselves.

        Returns
        -------
        dict
            "digit", the name; "probability", "best" and "second", "second_probability" of the two best guesses;
            "reason"; and "probabilities" by class.
        """
        (first, probability), (second, less) = self.guesses[:2]
        return {
            "digit": self.name,
            "probability": probability,
            "best": first,
            "second": second,
            "second_probability": less,
            "reason": self.reason,
            "probabilities": dict(sorted(self.guesses)),
        }


def answer(model: AnyModel, probabilities: Floats, problem: str | None = None, *, among_digits: bool = False) -> Answer:
    """Return what to say of one image.

    Parameters
    ----------
    model
        Whose classes and threshold count.
    probabilities
        (classes,) of the image.
    problem
        Why it cannot be a digit, if that is known.
    among_digits
        Whether it stands in a number with others, most of which are surely digits: then it hardly is a letter or a
        scribble, and is told unless it is like none; how sure the number is tells whether to believe it.
    """
    order = np.argsort(-probabilities, kind="stable")
    guesses = tuple((model.classes[k], float(probabilities[k])) for k in order)
    (first, p), (second, q) = guesses[:2]
    digits = tuple(model.classes) == DIGITS
    if problem is not None:
        problem = SEVERAL_THINGS if problem == PROBLEMS["several"] and not digits else problem
        return Answer(None, guesses, problem, judged=False)
    enough = model.threshold
    if among_digits:
        enough = min(enough, STANDS_OUT if p >= TIMES * q else DOUBTFUL)
    if p >= enough:
        return Answer(first, guesses, None)
    if p + q > 0.7 and q > 0.1:
        return Answer(None, guesses, f"it may be {first} or {second}")
    unlike = UNLIKE_DIGITS if digits else UNLIKE_ANY
    return Answer(None, guesses, unlike if p < DOUBTFUL else f"it is somewhat like {first}, not enough")


def recognize(source: Source, model: AnyModel | Epoch | str | Path | None = None) -> Answer:
    """Name the one digit in a picture, or say why not.

    Parameters
    ----------
    source
        As for `byhand.prepare`.
    model
        A network for 28×28 pixels, compiled or not, that of an `Epoch`, its file or the folder of a run; the one that
        comes with byhand if None.

    Returns
    -------
    Answer
        With the name of the digit, or the reason why there is none.

    Raises
    ------
    ByhandError, UsageError
        As `byhand.prepare`; and if the model takes other images.
    """
    model = as_model(model)
    check_model(model)
    return recognize_prepared(prepared_for(source, model), model)


def prepared_for(source: Source, model: AnyModel) -> Prepared:
    """Return a picture of one digit, made ready in the way that a model believes most.

    The ways are tried until one leaves hardly a doubt; most pictures take one.
    """
    enough = 1 - (1 - model.threshold) / HARDLY
    best, most = None, -1.0
    for k, way in enumerate(proposals(open_picture(source))):
        belief = float(model.predict_proba(way.image).max()) if way.problem is None else 0.0
        if belief > most:
            best, most = way, belief
        if most >= (enough if k == 0 else model.threshold):
            break
    assert best is not None
    return best


def recognize_prepared(prepared: Prepared, model: AnyModel) -> Answer:
    """Name the digit in a picture that was prepared already."""
    return replace(answer(model, model.predict_proba(prepared.image), prepared.problem), image=prepared.image)


def check_model(model: AnyModel) -> None:
    """Refuse a model that takes other images than `byhand.prepare` makes."""
    if model.image_shape != (SIDE, SIDE):
        raise UsageError(f"the model takes images of {model.image_shape}; pictures are prepared to {SIDE}×{SIDE}.")

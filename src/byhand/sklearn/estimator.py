"""The classifier: a fully connected network with scikit-learn's ways of asking."""

from pathlib import Path
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.utils.validation import check_is_fitted

from byhand.errors import UsageError
from byhand.labels import name_of
from byhand.learning.recipe import Recipe
from byhand.model import Model, as_model
from byhand.sklearn.answers import Answering
from byhand.sklearn.attempts import whole
from byhand.sklearn.choices import completed, once, recipe_of, weighing
from byhand.sklearn.networks import Learned, check_white, of_model
from byhand.sklearn.samples import Samples, labelled, sorted_labels
from byhand.sklearn.spaces import to_numpy
from byhand.sklearn.trainings import Found, Learning
from byhand.sklearn.versions import CallbackSupportMixin, Told, with_callbacks


class ByhandClassifier(CallbackSupportMixin, Answering, ClassifierMixin, BaseEstimator):
    """A fully connected network that learns by back-propagation.

    Features may be of any scale: each is divided by its root mean square, see docs/scikit-learn.md. A parameter that is
    None is as `recipe` has it.

    Parameters
    ----------
    layers
        Units of each hidden layer, from input to output, such as (128, 64); () for none.
    activation
        What a hidden unit does with its weighted sum: "relu", "tanh", "sigmoid" or "leaky_relu".
    epochs
        Passes through the rows.
    batch_size
        Rows per step.
    optimizer
        "sgd", "momentum", "nesterov", "adam" or "adamw".
    learning_rate
        Highest size of a step; None for one that suits the optimizer and batch size.
    schedule
        How the learning rate goes on: "constant", "linear", "cosine" or "step".
    weight_decay
        For adamw: how strongly all parameters are pulled to zero.
    validation_fraction
        Share of the rows, 0 to 1, each class in its share, that is held out to judge every epoch by.
    patience
        Stop after so many epochs without a better one on the rows held out, a tenth if none are said, and keep the
        best.
    class_weight
        A dict of labels and how much each counts, or "balanced".
    random_state
        Starting point of everything random: an int, a RandomState, or None for another one in every `fit`, or the
        recipe's own.
    engine
        What does the arithmetic: "auto", "compiled", "numpy" or "torch".
    warm_start
        Whether `fit` goes on with the network that is there.
    recipe
        Everything else: a `byhand.Recipe`, the name of one that comes with byhand, or a TOML file. None is one for
        tables: layers (128, 64), relu, adam, 32 rows per step, a learning rate that falls from 0.004 to zero, and 20
        epochs, or up to 200 where rows are so few that it takes less than 2,000 steps. One that draws images anew takes
        features for pixels of square images.

    Attributes
    ----------
    classes_
        (classes,): the labels, sorted.
    n_features_in_, feature_names_in_
        How many features there were, and their names if they had some.
    n_iter_
        How many epochs were learned.
    loss_, loss_curve_
        Mean cross-entropy in nats, of the last epoch and of each.
    validation_scores_
        Share of the rows held out that was told right after each epoch; None where none were held out.
    """

    _doc_link_module = "byhand"
    _doc_link_template = "https://pypi.org/project/byhand/"

    def __init__(
        self,
        layers: tuple[int, ...] | None = None,
        *,
        activation: str | None = None,
        epochs: int | None = None,
        batch_size: int | None = None,
        optimizer: str | None = None,
        learning_rate: float | None = None,
        schedule: str | None = None,
        weight_decay: float | None = None,
        validation_fraction: float | None = None,
        patience: int | None = None,
        class_weight: dict[Any, float] | str | None = None,
        random_state: int | np.random.RandomState | None = None,
        engine: str | None = None,
        warm_start: bool = False,
        recipe: Recipe | str | Path | None = None,
    ) -> None:
        self.layers = layers
        self.activation = activation
        self.epochs = epochs
        self.batch_size = batch_size
        self.optimizer = optimizer
        self.learning_rate = learning_rate
        self.schedule = schedule
        self.weight_decay = weight_decay
        self.validation_fraction = validation_fraction
        self.patience = patience
        self.class_weight = class_weight
        self.random_state = random_state
        self.engine = engine
        self.warm_start = warm_start
        self.recipe = recipe

    @whole
    @with_callbacks
    def fit(self, X: ArrayLike, y: ArrayLike, sample_weight: ArrayLike | None = None) -> Self:
        """Learn, and forget what was learned before unless `warm_start`.

        Parameters
        ----------
        X
            (n, features): numbers, dense or sparse.
        y
            (n,): labels of at least two classes.
        sample_weight
            (n,): how much each row counts, numbers of at least 0; 0 leaves it out.

        Returns
        -------
        self
            Fitted.

        Raises
        ------
        ValueError
            If a parameter, or something of the data, cannot be used.
        """
        parameters = self.get_params(deep=False)
        recipe = recipe_of(parameters)
        before = self._learned if self.warm_start and hasattr(self, "_learned") else None
        samples = labelled(self, X, y, sample_weight, reset=before is None)
        if before is not None and not np.array_equal(samples.classes, to_numpy(self.classes_)):
            raise ValueError(
                "warm_start can only be used where `self.classes_` is the same as in the previous call to fit. "
                f"Previously got {self.classes_}, `y` has {samples.classes}."
            )
        recipe = completed(recipe, parameters, len(samples.places), samples.classes, samples.names)
        self._know(samples)
        told, learning = Told(self, recipe.epochs, X, y, sample_weight), Learning(recipe, samples, before)
        while not learning.is_over:
            told.begin()
            learning.epoch()
            if told.ended(learning.found):
                break
        self._find(learning.found())
        told.end()
        return self

    @whole
    def partial_fit(
        self,
        X: ArrayLike,
        y: ArrayLike,
        classes: ArrayLike | None = None,
        sample_weight: ArrayLike | None = None,
    ) -> Self:
        """Go through some rows once, at a learning rate that stays, and keep what was learned before.

        The first rows tell how features are scaled.

        Parameters
        ----------
        X, y, sample_weight
            As for `fit`.
        classes
            All the labels that there will be; needed the first time.

        Returns
        -------
        self
            Fitted.

        Raises
        ------
        ValueError
            As `fit`, and if `classes` are missing, or not as before.
        """
        before: Learned | None = getattr(self, "_learned", None)
        known = self._known_classes(classes)
        recipe = recipe_of(self.get_params(deep=False))
        samples = labelled(self, X, y, sample_weight, reset=before is None, classes=known)
        rounds = 0 if before is None else before.rounds + 1
        recipe = once(weighing(recipe, self.class_weight, samples.classes, samples.names), rounds)
        if before is None:
            self._know(samples)
        learning = Learning(recipe, samples, before, rounds)
        learning.epoch()
        found = learning.found()
        if before is not None:
            found["n_iter_"] += self.n_iter_
            found["loss_curve_"] = [*self.loss_curve_, *found["loss_curve_"]]
            found["validation_scores_"] = self.validation_scores_
        self._find(found)
        return self

    def to_model(self, image_shape: tuple[int, int] | None = None, *, white: float | None = None) -> Model:
        """Return the network as a model of byhand's, which is saved as a file that runs no code, shown, and exported.

        Parameters
        ----------
        image_shape
            Height and width of the images that the features are pixels of; None for squares, or else a single row.
        white
            What full ink is among the features, such as 16; None for 1 where they go to 1 at most, else 255.

        Returns
        -------
        Model
            It takes grey levels 0 to 255, as bytes, or pixels from 0 to 1, and says the same.

        Raises
        ------
        UsageError
            If the features it has learned are no pixels, from 0 to full ink.
        """
        check_is_fitted(self)
        learned: Learned = self._learned
        return learned.model(tuple(map(name_of, to_numpy(self.classes_).tolist())), image_shape, white)

    @classmethod
    def from_model(cls, model: Model | str | Path | None = None, *, white: float = 1.0) -> Self:
        """Return a fitted classifier that says what a model says; `partial_fit` and `warm_start` go on with it.

        Parameters
        ----------
        model
            A model, its file or the folder of a run; None for the one that comes with byhand.
        white
            What full ink is among the features, such as 255.

        Returns
        -------
        ByhandClassifier
            Its classes are the model's names, as whole numbers where all of them are such.

        Raises
        ------
        ByhandError
            If the model cannot be read, or full ink cannot be that.
        """
        whole = as_model(model)
        if not isinstance(whole, Model):
            raise UsageError("must be a byhand.Model, or its file.", "model")
        check_white(white)
        made = cls(whole.sizes[1:-1], activation=whole.activation, warm_start=True)
        numbers = [int(name) for name in whole.classes if name.isdecimal() and name.isascii()]
        labels = np.array(numbers if [*map(str, numbers)] == [*whole.classes] else whole.classes)
        order = np.argsort(labels)
        made.classes_, made.n_features_in_ = labels[order], whole.sizes[0]
        made.n_iter_, made.loss_, made.loss_curve_, made.validation_scores_ = 0, float("nan"), [], None
        made._learned = of_model(whole, order, white, recipe_of(made.get_params(deep=False)))
        return made

    def __sklearn_tags__(self) -> Any:  # noqa: ANN401  # scikit-learn has no types
        tags = super().__sklearn_tags__()
        tags.input_tags.sparse = True
        tags.array_api_support = True
        return tags

    def _known_classes(self, classes: object) -> Any:  # noqa: ANN401  # labels of any kind
        """Return all the labels there are for `partial_fit`, of which those that are given must say the same."""
        known = to_numpy(self.classes_) if hasattr(self, "_learned") else None
        if classes is None and known is None:
            raise ValueError("classes must be passed on the first call to partial_fit.")
        given: Any = known if classes is None else sorted_labels(to_numpy(classes))
        if known is not None and not np.array_equal(given, known):
            raise ValueError(f"`classes={classes!r}` is not the same as on last call to partial_fit, was: {known!r}")
        return given

    def _know(self, samples: Samples) -> None:
        """Keep the labels that there are, where labels lie that are numbers: with the features."""
        numbers = samples.classes.dtype.kind in "biuf"
        self.classes_ = samples.space.put(samples.classes) if numbers else samples.classes
        self._space = samples.space

    def _find(self, found: Found) -> None:
        """Keep what was found."""
        for name, value in found.items():
            setattr(self, name, value)

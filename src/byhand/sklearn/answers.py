"""What a fitted classifier says of rows."""

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import ArrayLike
from sklearn.utils.validation import check_is_fitted

from byhand.sklearn.samples import checked_x
from byhand.sklearn.spaces import Space, check_same_space, space_of, to_numpy

if TYPE_CHECKING:
    from byhand.sklearn.networks import Learned


class Answering:
    """What a classifier says of rows once it has learned."""

    classes_: Any
    _learned: "Learned"
    _space = Space()

    def predict(self, X: ArrayLike) -> Any:  # noqa: ANN401  # labels of any kind
        """Return the most probable label of every row.

        Parameters
        ----------
        X
            (n, features), as for `fit`.

        Returns
        -------
        array
            (n,) of `classes_`.

        Raises
        ------
        ValueError
            If the features are not those of `fit`, or not finite.
        """
        probabilities = self._probabilities(X, "predict")
        space = space_of(probabilities)
        if space.name is None:
            return to_numpy(self.classes_)[probabilities.argmax(axis=1)]
        places = space.library.argmax(probabilities, axis=1)
        return space.library.take(self.classes_, places)

    def predict_proba(self, X: ArrayLike) -> Any:  # noqa: ANN401  # an array of X's library
        """Return the probability of every class for every row.

        Parameters
        ----------
        X
            (n, features), as for `fit`.

        Returns
        -------
        array
            (n, classes) float32, the classes as in `classes_`; every row sums to 1.

        Raises
        ------
        ValueError
            As `predict`.
        """
        return self._probabilities(X, "predict_proba")

    def predict_log_proba(self, X: ArrayLike) -> Any:  # noqa: ANN401  # an array of X's library
        """Return the logarithms of the probabilities, minus infinity of those that are 0 in float32.

        Parameters
        ----------
        X
            (n, features), as for `fit`.

        Returns
        -------
        array
            (n, classes) float32.

        Raises
        ------
        ValueError
            As `predict`.
        """
        probabilities = self._probabilities(X, "predict_log_proba")
        with np.errstate(divide="ignore"):
            return space_of(probabilities).library.log(probabilities)

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_learned")

    def _probabilities(self, X: ArrayLike, method: str) -> Any:  # noqa: ANN401
        """Return those of every row, where the rows lie."""
        check_is_fitted(self)
        check_same_space(X, self._space, f"{type(self).__name__}.{method}")
        x = checked_x(self, X, reset=False)
        return self._learned.probabilities(x, space_of(x))

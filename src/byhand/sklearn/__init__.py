"""byhand's network as a classifier of scikit-learn's: in its pipelines, searches and with its callbacks.

from byhand.sklearn import ByhandClassifier
"""

from importlib.util import find_spec

if find_spec("sklearn") is None:
    raise ImportError('byhand.sklearn takes more: pip install "byhand[sklearn]"', name="sklearn")

from byhand.sklearn.callbacks import Checkpoint, EarlyStopping, Logging
from byhand.sklearn.estimator import ByhandClassifier

__all__ = ["ByhandClassifier", "Checkpoint", "EarlyStopping", "Logging"]

"""scikit-learn's own checks of an estimator, all of them, and of its arrays of other libraries."""

import os
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

os.environ.setdefault("SCIPY_ARRAY_API", "1")  # else the checks of arrays of other libraries are skipped

from sklearn.utils import estimator_checks

from byhand.sklearn import ByhandClassifier

pytestmark = pytest.mark.sklearn

ELSEWHERE = {"cupy", "dpnp", "cuda", "mps", "xpu"}  # libraries and devices that few machines have
STEPS = "a row that counts twice makes one step that is twice as large, and the same row twice makes two of them"
NOT_MET = {f"check_sample_weight_equivalence_on_{kind}_data": STEPS for kind in ("dense", "sparse")}


def is_here(check: Callable[..., object]) -> bool:
    """Tell whether a machine without an accelerator can do a check."""
    while isinstance(check, partial):
        told = [part for value in check.keywords.values() for part in (value if isinstance(value, tuple) else [value])]
        if not ELSEWHERE.isdisjoint(map(str, told)):
            return False
        check = check.func
    return True


def checks() -> Iterator[Any]:
    """Yield every check, with an estimator."""
    generated = estimator_checks.estimator_checks_generator(ByhandClassifier(), mark=None)
    for number, (estimator, check) in enumerate(each for each in generated if is_here(each[1])):
        name = estimator_checks._check_name(check)
        marks = [pytest.mark.xfail(reason=NOT_MET[name])] if name in NOT_MET else []
        yield pytest.param(estimator, check, id=f"{number}-{name}", marks=marks)


@pytest.mark.parametrize(("estimator", "check"), list(checks()))
def test_it_passes_the_check(estimator: ByhandClassifier, check: Callable[..., object]) -> None:
    check(estimator)

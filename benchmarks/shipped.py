"""Make the model of a run the one that comes with byhand: with parameters of 16 bits, half as large.

    python benchmarks/shipped.py RUN

A parameter is rounded by 1 part in 2,000 at most; what that changes is told. `make model` calls it.
"""

import sys
from dataclasses import replace

import numpy as np

import byhand
from byhand.model import SHIPPED


def main() -> None:
    """Round the parameters of a run's model, say what that changes, and write it."""
    model = byhand.Model.load(sys.argv[1])
    rounded = replace(model, theta=model.theta.astype(np.float16).astype(np.float32))
    images = byhand.load("mnist").test.images
    before, after = model.predict_proba(images), rounded.predict_proba(images)
    otherwise = int((before.argmax(axis=1) != after.argmax(axis=1)).sum())
    change = float(abs(before - after).max())
    print(f"of {len(images):,} images {otherwise} are read otherwise; a probability changes by {change:.5f} at most")
    rounded.save(SHIPPED)
    print(f"{SHIPPED.name}: {SHIPPED.stat().st_size:,} bytes")


if __name__ == "__main__":
    main()

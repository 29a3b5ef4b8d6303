"""How the model that comes with byhand reads the test images when they are shifted or turned.

    python benchmarks/robustness.py

takes seconds and writes results/robustness.json. Pillow turns and shifts, not byhand's own distortions.
"""

import numpy as np
from numpy.typing import NDArray
from PIL import Image

import byhand
from byhand.types import Json
from common import write_result

# Name → all the ways it is done: degrees to the left, pixels right, pixels down.
CHANGES: dict[str, list[tuple[float, int, int]]] = {
    "as they are": [(0, 0, 0)],
    "shifted by 1 pixel": [(0, 1, 0), (0, -1, 0), (0, 0, 1), (0, 0, -1)],
    "shifted by 2 pixels": [(0, 2, 0), (0, -2, 0), (0, 0, 2), (0, 0, -2)],
    "shifted by 2 pixels both ways": [(0, 2, 2), (0, -2, 2), (0, 2, -2), (0, -2, -2)],
    "turned by 15°": [(15, 0, 0), (-15, 0, 0)],
    "turned by 30°": [(30, 0, 0), (-30, 0, 0)],
}


def changed(images: NDArray[np.uint8], degrees: float, right: int, down: int) -> NDArray[np.uint8]:
    """Return the images turned and shifted."""
    turned = [
        Image.fromarray(image).rotate(degrees, Image.Resampling.BILINEAR, translate=(right, down)) for image in images
    ]
    return np.stack([np.asarray(image) for image in turned])


def main() -> None:
    """Measure everything and write the file."""
    model, test = byhand.Model.load(), byhand.load("mnist").test
    rows: list[Json] = []
    for name, ways in CHANGES.items():
        right = [float((model.predict(changed(test.images, *way)) == test.labels).mean()) for way in ways]
        rows.append({"change": name, "mean": float(np.mean(right)), "worst": min(right)})
        print(name, right, flush=True)
    write_result("robustness", {"n_test": len(test), "rows": rows})


if __name__ == "__main__":
    main()

"""Bring pictures into the form the network learns from: MNIST's, light ink on dark paper, pixels 0…1."""

import warnings
from pathlib import Path

import numpy as np
from array_api_compat import array_namespace
from numpy.typing import DTypeLike, NDArray

from byhand.errors import ByhandError
from byhand.network import Array

# The name of what `to_inputs` does, stored in every model file: a model is of use only with the same inputs.
PREPROCESSING = "pixels/255"


def to_inputs(images: NDArray[np.uint8], dtype: DTypeLike = np.float32) -> Array:
    """Return uint8 images (n, ...) as rows (n, pixels) of `dtype`, scaled to 0…1, in the same array library."""
    xp = array_namespace(images)
    return xp.astype(xp.reshape(images, (images.shape[0], -1)), dtype) / 255


def read_picture(path: Path, shape: tuple[int, int] = (28, 28)) -> NDArray[np.uint8]:
    """Read a grey picture of white ink on black, of `shape` (height, width) or larger.

    A larger picture is padded with black to the same proportions and reduced by averaging areas, so thin strokes stay.

    Returns
    -------
    array
        `shape`, uint8; 0 is paper and 255 ink.

    Raises
    ------
    ByhandError
        If the file is missing, not a picture, damaged, smaller than `shape`, or so large that it looks like an attack.
    """
    from PIL import Image, ImageOps, UnidentifiedImageError

    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Harmless faults, such as broken camera data, are not the user's concern.
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            with Image.open(path) as file:
                upright = ImageOps.exif_transpose(file)
                if upright.mode.startswith("I;16"):  # Pillow would clip 16 bits at 255.
                    upright = Image.fromarray((np.asarray(upright) >> 8).astype(np.uint8))
                if upright.has_transparency_data:  # What is transparent is paper, and paper is black here.
                    paper = Image.new("RGBA", upright.size, "black")
                    upright = Image.alpha_composite(paper, upright.convert("RGBA"))
                if upright.mode == "F":
                    raise ByhandError(
                        f"{path}: has fractions for grey levels. Save it with whole numbers, as PNG does."
                    )
                grey = upright.convert("L")
    except (Image.DecompressionBombError, Image.DecompressionBombWarning) as error:
        raise ByhandError(f"{path}: has too many pixels. Make it smaller.") from error
    except UnidentifiedImageError as error:
        raise ByhandError(f"{path}: is not a picture that can be read. PNG and JPEG work.") from error
    except OSError as error:
        raise ByhandError(f"{path}: cannot be read ({error.strerror or error}).") from error
    except (ValueError, SyntaxError, EOFError, MemoryError) as error:  # Pillow's words for various kinds of damage
        raise ByhandError(f"{path}: is a damaged picture ({error}).") from error
    height, width = shape
    if grey.width < width or grey.height < height:
        raise ByhandError(f"{path}: {grey.width}×{grey.height} pixels are too few; it takes {width}×{height} or more.")
    if grey.size != (width, height):
        grey = ImageOps.pad(grey, (width, height), method=Image.Resampling.BOX, color=0)
    return np.asarray(grey)


def is_dark_on_light(image: NDArray[np.uint8]) -> bool:
    """Tell whether the border of an image (height, width) is lighter than half way, as of black ink on white paper."""
    border = np.concatenate([image[0], image[-1], image[:, 0], image[:, -1]])
    return float(border.mean()) > 127.5

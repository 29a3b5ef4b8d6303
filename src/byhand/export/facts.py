"""What a network must be told with, wherever it goes: without that, its numbers cannot be used as they are meant."""

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from string import Template

from byhand.model import SHIPPED, Model
from byhand.types import Json

TEMPLATES = Path(__file__).parent / "templates"
LICENCE = "MIT"  # of byhand's code, and of the network that comes with it; of others' networks byhand cannot know any


def facts(model: Model) -> dict[str, Json]:
    """Return what there is to know of a model beside its weights, as JSON.

    Its temperature is in the weights of its last layer already: it is told, and nothing is left to be done with it.
    """
    calibration = model.details.get("calibration")
    temperature = calibration.get("temperature") if isinstance(calibration, Mapping) else None
    return {
        "byhand": version("byhand"),
        "sizes": list(model.sizes),
        "activation": model.activation,
        "classes": list(model.classes),
        "image_shape": list(model.image_shape),
        "preprocessing": model.preprocessing,
        "threshold": model.threshold,
        "temperature": temperature,
        **({"licence": LICENCE} if is_shipped(model) else {}),
        "details": model.details,
    }


def is_shipped(model: Model) -> bool:
    """Tell whether a model is the one that comes with byhand."""
    return model.to_bytes() == SHIPPED.read_bytes()


def filled(template: str, **values: object) -> str:
    """Return a template with everything put into it."""
    return Template((TEMPLATES / template).read_text("utf-8")).substitute(values)

"""Where PyTorch works, if it is asked for: on which device, and whether it can."""

from importlib.metadata import version
from typing import TYPE_CHECKING, TypeAlias

import numpy as np
from numpy.typing import NDArray

from byhand import machine
from byhand.errors import ByhandError
from byhand.types import Floats

if TYPE_CHECKING:
    import torch

Tensor: TypeAlias = "torch.Tensor"
_WORKING = 6  # Vectors as large as the parameters that a training may need at once: gradient, memories, average …


def named(device: str) -> str:
    """Return the device that is meant, "auto" being a GPU if there is one.

    Raises
    ------
    ByhandError
        If PyTorch is missing or cannot be loaded, or there is no such device.
    """
    machine.require("torch", "the engine torch")
    try:
        machine.load("torch", "..")  # Beside it, not within, where folders have the names of Python's own modules.
    except (ImportError, OSError) as error:
        raise ByhandError(
            f"PyTorch cannot be loaded ({error}). Install it anew, or say --engine auto.", "engine"
        ) from error
    import torch

    has = {"cuda": torch.cuda.is_available(), "mps": torch.backends.mps.is_available(), "cpu": True}
    if device == "auto":
        return next(name for name, there in has.items() if there)
    if not has[device]:
        raise ByhandError(
            f"{_why_none(device)} There is {', '.join(name for name, there in has.items() if there)}.", "device"
        )
    return device


def _why_none(device: str) -> str:
    """Return why PyTorch has no such device, as far as it knows."""
    import torch

    if device == "cuda" and torch.version.cuda is None and torch.version.hip is None:
        return (
            f"this PyTorch ({version('torch')}) was built without CUDA. Install one for your GPU: pytorch.org says how."
        )
    return f"PyTorch finds no {'GPU' if device == 'cuda' else 'Apple GPU'} that it can use."


def check_memory(device: str, n_parameters: int) -> None:
    """Refuse what has no room on a GPU, before anything is sent there."""
    import torch

    if device != "cuda":
        return
    free, _ = torch.cuda.mem_get_info()
    needed = 4 * _WORKING * n_parameters
    if needed > free:
        raise ByhandError(
            f"the GPU has {free / 1e9:.1f} GB free, and this training needs about {needed / 1e9:.1f} GB. Use smaller "
            "layers, fewer networks at once, or --device cpu.",
            "device",
        )


def facts(device: str) -> dict[str, str]:
    """Return what the last bits of a training on a device depend on, by name."""
    import torch

    return {"torch": str(torch.__version__), "device": torch.cuda.get_device_name() if device == "cuda" else device}


def brought(tensor: Tensor) -> Floats:
    """Return what stands in a tensor, once it is known: a copy, unless it lies in this machine's memory.

    Raises
    ------
    ByhandError
        If the device failed, which is noticed when somebody waits for it.
    """
    try:
        return np.asarray(tensor.cpu().numpy())
    except RuntimeError as error:
        raise failure(error) or error from error


def failure(error: Exception) -> ByhandError | None:
    """Return in words what went wrong with a device; None if it is something else."""
    import torch

    text = str(error).partition("\n")[0]
    if isinstance(error, torch.cuda.OutOfMemoryError):
        return ByhandError(
            "the GPU has no memory left. Use smaller batches or layers, fewer networks at once, or --device cpu."
        )
    if "CUDA error" in text or isinstance(error, getattr(torch, "AcceleratorError", ())):
        return ByhandError(
            f"the GPU failed ({text}). Go on from the last checkpoint with --resume, perhaps after a restart."
        )
    return None


def sent(array: "NDArray[np.generic] | Tensor", device: str) -> Tensor:
    """Return an array as a tensor on a device: a copy, if it lies elsewhere. Nobody waits until it is there."""
    import torch

    if not isinstance(array, np.ndarray):
        return array.to(device)
    tensor = torch.from_numpy(np.require(array, requirements=("C", "W")))
    # From memory that may be moved, a GPU takes nothing before all it was told is done.
    return tensor.pin_memory().to(device, non_blocking=True) if device == "cuda" else tensor.to(device)

"""The optimizers' steps, each in one compiled pass through memory: for a large network they cost nothing but memory."""

import numpy as np

from byhand.compiled.compiling import compiled
from byhand.types import Floats


@compiled
def momentum_step(
    theta: Floats, velocity: Floats, gradient: Floats, learning_rate: np.float32, decay: np.float32, nesterov: bool
) -> None:
    """Take the step of `optimizers.Momentum`."""
    ahead, now = (decay, np.float32(1)) if nesterov else (np.float32(1), np.float32(0))
    for k in range(len(theta)):
        velocity[k] = decay * velocity[k] + gradient[k] + np.float32(1e-20)
        theta[k] -= learning_rate * (ahead * velocity[k] + now * gradient[k])


@compiled
def adam_step(
    theta: Floats,
    mean: Floats,
    square: Floats,
    gradient: Floats,
    learning_rate: np.float32,
    mean_decay: np.float32,
    square_decay: np.float32,
    epsilon: np.float32,
    square_share: np.float32,
    shrink: np.float32,
) -> None:
    """Take the step of `optimizers.Adam`."""
    scale = np.float32(1) / square_share
    for k in range(len(theta)):
        g = gradient[k]
        mean[k] = mean_decay * mean[k] + (np.float32(1) - mean_decay) * g + np.float32(1e-20)
        square[k] = square_decay * square[k] + (np.float32(1) - square_decay) * (g * g) + np.float32(1e-30)
        theta[k] -= shrink * theta[k] + learning_rate * mean[k] / (np.sqrt(square[k] * scale) + epsilon)

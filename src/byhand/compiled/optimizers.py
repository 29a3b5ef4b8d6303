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
    numbers: Floats,
) -> None:
    """Take the step of `optimizers.Adam`, by the numbers that it has for this one."""
    learning_rate, mean_decay, square_decay, epsilon = numbers[0], numbers[1], numbers[2], numbers[3]
    scale, shrink = np.float32(1) / numbers[4], numbers[5]
    for k in range(len(theta)):
        g = gradient[k]
        mean[k] = mean_decay * mean[k] + (np.float32(1) - mean_decay) * g + np.float32(1e-20)
        square[k] = square_decay * square[k] + (np.float32(1) - square_decay) * (g * g) + np.float32(1e-30)
        theta[k] -= shrink * theta[k] + learning_rate * mean[k] / (np.sqrt(square[k] * scale) + epsilon)

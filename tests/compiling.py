"""Headers that byhand wrote, compiled: on this machine, and for a Cortex-M4 that QEMU plays."""

import subprocess
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

import byhand
from byhand.export import c_header
from byhand.export.fixed_point import Network

SOURCES = Path(__file__).parent / "chip"
STRICT = ("-Wall", "-Wextra", "-Werror", "-pedantic", "-Wconversion", "-Wshadow")
CHECKED = ("-O1", "-fsanitize=address,undefined", "-fno-sanitize-recover=all")
C99 = ("cc", "-std=c99")
CPP = ("c++", "-std=c++11", "-x", "c++")
ARM = (
    "arm-none-eabi-gcc", "-std=c99", "-mcpu=cortex-m4", "-mthumb", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16", "-Os",
    "-ffunction-sections", "-Wl,--gc-sections", "--specs=nano.specs", "-nostartfiles", "-T", str(SOURCES / "board.ld"),
)  # fmt: skip
QEMU = (
    "qemu-system-arm", "-machine", "mps2-an386", "-display", "none", "-serial", "none", "-monitor", "none",
    "-semihosting-config", "enable=on,target=native", "-icount", "shift=0", "-kernel", "chip",
)  # fmt: skip
INSTRUCTIONS = 40  # a tick, as tests/chip/board.c explains


def compiled(folder: Path, source: str, *options: str, compiler: tuple[str, ...] = C99) -> Path:
    """Compile one of the programs in tests/chip with the headers in a folder, all warnings being errors."""
    program = folder / "chip"
    command = [*compiler, *options, *STRICT, "-I", str(folder), str(SOURCES / source), "-o", str(program), "-lm"]
    done = subprocess.run(command, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return program


def header(folder: Path, model: byhand.Model, network: Network, *, fit: bool = False) -> None:
    """Write the header that the programs include."""
    (folder / "chip.h").write_text(c_header.text(model, network, "chip", "chip.h", fit=fit), "utf-8")


def answers(told: bytes, classes: int) -> tuple[NDArray[np.int32], NDArray[np.int32], NDArray[np.float32]]:
    """Return what a program told: the class of each image, logits, and probabilities."""
    numbers = np.frombuffer(told, np.int32).reshape(-1, 1 + 2 * classes)
    return numbers[:, 0], numbers[:, 1 : 1 + classes], numbers[:, 1 + classes :].view(np.float32)


def packed_drawings(drawings: list[NDArray[np.uint8]]) -> bytes:
    """Return drawings as the programs read them."""
    return b"".join(np.array(ink.shape[::-1], np.int32).tobytes() + ink.tobytes() for ink in drawings)

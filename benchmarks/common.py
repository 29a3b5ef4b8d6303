"""What every measurement shares: where results go, and what they were measured with."""

import json
import os
import platform
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import byhand
from byhand import machine
from byhand.files import write_atomically
from byhand.types import Json

RESULTS = Path(__file__).parent / "results"
Row = dict[str, Any]


@cache
def model_of(path: str | None) -> byhand.Model:
    """Return the model in a file, or the one that comes with byhand, loaded once in each process."""
    return byhand.Model.load(path) if path else byhand.Model.load()


def provenance(packages: Sequence[str] = ()) -> dict[str, Json]:
    """Return the hardware, versions (of further packages too) and commit that figures were measured with."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], capture_output=True, text=True, check=False)  # noqa: S607
    return {
        "cpu": machine.processor(),
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "python": platform.python_version(),
        "numpy": version("numpy"),
        "byhand": version("byhand"),
        "commit": commit.stdout.strip(),
        **{name: version(name) for name in packages},
    }


def talking(command: Sequence[str], environment: Mapping[str, str]) -> "subprocess.Popen[str]":
    """Start a process that is asked by a line, and answers with a line; see `ask`."""
    # OPENBLAS_CORETYPE may name the loops of another processor.
    environment = {name: value for name, value in environment.items() if name != "OPENBLAS_CORETYPE"}
    return subprocess.Popen(
        command,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
        env=environment,
    )


def ask(process: "subprocess.Popen[str]", question: str, who: str) -> str:
    """Return what a process answers; end the measurement if it broke down."""
    assert process.stdin is not None
    assert process.stdout is not None
    print(question, file=process.stdin, flush=True)
    answer = process.stdout.readline()
    if not answer:
        raise SystemExit(f"{who} broke down; run its worker by hand to see why")
    return answer


def write_result(name: str, result: dict[str, Json], packages: Sequence[str] = ()) -> None:
    """Write `benchmarks/results/<name>.json`."""
    RESULTS.mkdir(exist_ok=True)
    text = json.dumps({"measured_with": provenance(packages), **result}, indent=1, ensure_ascii=False)
    write_atomically(RESULTS / f"{name}.json", f"{text}\n".encode())


def read_result(name: str) -> dict[str, Json]:
    """Read what `write_result` wrote."""
    result: dict[str, Json] = json.loads((RESULTS / f"{name}.json").read_text())
    return result


def rows_of(name: str) -> list[Row]:
    """Return the rows of a result."""
    result: Any = read_result(name)
    return list(result["runs"] if "runs" in result else result["rows"])


def circumstances(name: str) -> str:
    """Return what a result was measured with, in words."""
    made: Any = read_result(name)["measured_with"]
    known = {"python": "Python", "numpy": "NumPy", "numba": "Numba", "torch": "PyTorch", "jax": "JAX"}
    known |= {"scikit-learn": "scikit-learn", "onnxruntime": "ONNX Runtime", "optuna": "Optuna"}
    versions = [f"{title} {made[key]}" for key, title in known.items() if key in made]
    return f"{made['cpu']}; {', '.join(versions)}"

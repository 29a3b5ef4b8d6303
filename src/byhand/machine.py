"""What the machine is and has, as far as results or speed depend on it."""

import os
import platform
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from byhand.errors import ByhandError

# What can be installed beside byhand, and the modules that come with it.
EXTRAS = {"read": ("scipy", "skimage"), "web": ("fastapi", "httptools", "uvicorn")}
MOST_PARAMETERS = 250_000_000  # a gigabyte of them


def check_size(parameters: int) -> None:
    """Refuse a network of so many parameters if they are too many, before any of them is made."""
    if parameters > MOST_PARAMETERS:
        size = f"{4 * parameters / 1e9:,.1f} GB" if parameters < 10**15 else "more than any machine has"
        raise ByhandError(
            f"the parameters are too many: they take {size}, and training takes several times as much. There may be "
            f"{MOST_PARAMETERS:,}, which take 1 GB. Use smaller layers."
        )


def has_numba() -> bool:
    """Tell whether loops can be compiled.

    Numba comes with byhand wherever it exists. Where it does not, as in a browser and on Macs with an Intel processor,
    or where it refuses a newer NumPy, byhand does the same with NumPy, more slowly.
    """
    try:
        import numba  # noqa: F401
    except ImportError:
        return False
    return True


def require(extra: str, purpose: str) -> None:
    """Raise a `ByhandError` that tells how to install an extra, one of `EXTRAS`, unless it is there."""
    if any(find_spec(module) is None for module in EXTRAS[extra]):
        raise ByhandError(f'{purpose} takes more: pip install "byhand[{extra}]"')


def cores() -> int:
    """Return how many processor cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@cache
def threads() -> int:
    """Return how many threads may work: one a core, or fewer where the linear algebra library was told so."""
    from threadpoolctl import threadpool_info

    return min([cores(), *(int(pool["num_threads"]) for pool in threadpool_info())])


def facts() -> dict[str, str]:
    """Return what the last bits of a training depend on, besides recipe and data, by name."""
    from importlib.metadata import version

    from threadpoolctl import threadpool_info

    pools = threadpool_info()
    return {
        "processor": processor(),
        "threads": ", ".join(str(pool["num_threads"]) for pool in pools),
        "linear algebra": ", ".join(f"{pool['internal_api']} for {pool.get('architecture')}" for pool in pools),
        "byhand": version("byhand"),
        "numpy": version("numpy"),
        "numba": version("numba") if find_spec("numba") else "none",
        "python": platform.python_version(),
    }


def processor() -> str:
    """Return the processor's name."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text().splitlines() if cpuinfo.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()

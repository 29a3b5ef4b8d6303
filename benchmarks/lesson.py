"""A class before one server: thirty who draw and six who train, each a training of their own.

    python benchmarks/lesson.py [SECONDS]

takes 70 seconds and writes results/lesson.json: how many requests there were, how long each kind waited, what failed,
and how many images each of the six learned, which shows how fair their turns were. The clients are one more process
on the same machine; what they ask for, and how often, stands in tests/crowd.py.
"""

import asyncio
import json
import subprocess
import sys
import tempfile
from pathlib import Path

from common import write_result

sys.path.append(str(Path(__file__).parent.parent / "tests"))

from crowd import crowd
from served import Serving

DRAWING, TRAINING = 30, 6
SECONDS, WARM_UP = 60.0, 10.0  # in which pages are opened, and all is loaded
SETTINGS: dict[str, object] = {}  # as the page begins: 784-128-64-10, one image at a time


def memory(process: int) -> float:
    """Return the megabytes that a process and its own take, shared ones once for each."""
    children = subprocess.run(["pgrep", "-P", str(process)], capture_output=True, text=True, check=False).stdout.split()  # noqa: S607
    resident = 0
    for number in (str(process), *children):
        status = Path(f"/proc/{number}/status")
        if status.exists():
            resident += next((int(line.split()[1]) for line in status.read_text().splitlines() if "VmRSS" in line), 0)
    return round(resident / 1024, 1)


def main(seconds: float) -> None:
    """Serve a class, and write what it met."""
    with tempfile.TemporaryDirectory() as folder:
        server = Serving(Path(folder), "--pupils", "40")
        try:
            who = {"drawing": DRAWING, "training": TRAINING}
            met = asyncio.run(crowd(server.address, seconds, warm_up=WARM_UP, **who, settings=SETTINGS))
            took = memory(server.process.pid)
        finally:
            server.stop()
    print(*met.errors[:20], sep="\n", file=sys.stderr)
    result = {**who, "seconds": seconds, **met.told(), "memory_mb": took}
    print(json.dumps(result, indent=1))
    write_result("lesson", result, ["fastapi", "uvicorn", "uvloop", "httptools"])


if __name__ == "__main__":
    main(float(sys.argv[1]) if len(sys.argv) > 1 else SECONDS)

"""When two processes learn one network sooner than one: measured on two cores, and by a model for faster links.

    python benchmarks/world.py

One process and two take the same steps in turn, each with one thread. What is told is the time that a processor works
for a process, which others on the machine change little; with two threads, one would take half of its own at best.
The model sets the time of a step's arithmetic, which two processes share, against that of sending the gradient.
"""

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import cast

from byhand.network import n_parameters
from byhand.types import Json
from common import talking, write_result

ROUNDS = 3
NETWORKS = {
    "784-128-64-10": ((784, 128, 64, 10), 50),
    "784-1024-1024-512-10": ((784, 1024, 1024, 512, 10), 4),
    "784-4096-4096-10": ((784, 4096, 4096, 10), 1),
}
BATCHES = (256, 1024)
# What one process computes, in multiplications and additions a second, and what a link carries, in bytes a second
# either way: such as they are sold, not measured.
PROCESSES = {"GPU, float32 (40 TFLOP/s)": 40e12, "GPU, bf16 (400 TFLOP/s)": 400e12}
LINKS = {"10 Gbit/s": 1.25e9, "100 Gbit/s": 12.5e9, "PCIe 4 (25 GB/s)": 25e9, "NVLink 4 (400 GB/s)": 400e9}


def start(rank: int, size: int) -> "subprocess.Popen[str]":
    """Start one of so many processes, as torchrun would."""
    told = {"RANK": rank, "LOCAL_RANK": rank, "WORLD_SIZE": size, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": 29517}
    told |= {"TORCHELASTIC_RUN_ID": "benchmark", "OMP_NUM_THREADS": 1}
    environment = os.environ | {name: str(value) for name, value in told.items()}
    return talking([sys.executable, str(Path(__file__).with_name("world_worker.py"))], environment)


def asked(processes: "list[subprocess.Popen[str]]", question: dict[str, Json]) -> float:
    """Return the milliseconds that processes asked at once tell: the most."""
    for process in processes:
        print(json.dumps(question), file=process.stdin, flush=True)
    answers = [cast("object", process.stdout).readline() for process in processes]  # type: ignore[attr-defined]
    if not all(answers):
        raise SystemExit("a process broke down; run world_worker.py by hand to see why")
    return 1000 * max(map(float, answers))


def batch_that_pays(rate: float, link: float) -> int:
    """Return from how many images a step on two processes take less time than one, by the model.

    With P parameters, a step of B images takes 6PB operations, and its gradient of 4P bytes goes to the other process
    once: 6PB / (2 · rate) + 4P / link < 6PB / rate. So it does not depend on P.
    """
    return round(4 * rate / (3 * link))


def main() -> None:
    """Measure in turn, and write down what was found."""
    alone, both = [start(0, 1)], [start(rank, 2) for rank in range(2)]
    settings = [(name, sizes, steps, batch) for name, (sizes, steps) in NETWORKS.items() for batch in BATCHES]
    times: dict[tuple[str, int], list[tuple[float, float]]] = {(name, batch): [] for name, *_, batch in settings}
    sums: dict[str, list[float]] = {name: [] for name in NETWORKS}
    for _ in range(ROUNDS):
        for name, sizes, steps, batch in settings:
            question: dict[str, Json] = {"sizes": list(sizes), "batch": batch, "steps": steps}
            times[name, batch].append((asked(alone, question), asked(both, question)))
        for name, (sizes, _) in NETWORKS.items():
            sums[name].append(asked(both, {"numbers": n_parameters(sizes)}))
    rows: list[Json] = []
    for name, sizes, _, batch in settings:
        one, two = (min(found) for found in zip(*times[name, batch], strict=True))
        rows.append(
            {
                "network": name,
                "parameters": n_parameters(sizes),
                "batch": batch,
                "one_ms": one,
                "each_of_two_ms": two,
                "sum_ms": min(sums[name]),
                "ratio": two / (one / 2),
            }
        )
        print(json.dumps(rows[-1]), flush=True)
    model: list[Json] = [
        {"process": process, "link": link, "batch": batch_that_pays(rate, speed)}
        for process, rate in PROCESSES.items()
        for link, speed in LINKS.items()
    ]
    load = os.getloadavg()[0]
    write_result("world", {"rounds": ROUNDS, "load": load, "rows": rows, "model": model}, ["torch"])


if __name__ == "__main__":
    main()

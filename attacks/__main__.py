"""Attack byhand: `python -m attacks --seed 7 --minutes 10`; exits with 1 if something got through."""

import argparse
import importlib
import json
import platform
import sys
import tempfile
import time
from importlib.metadata import version
from pathlib import Path
from typing import cast

import numpy as np

from attacks.findings import Attack, Report
from byhand import machine
from byhand.types import Json

# The parts and their shares of the time.
PARTS = {"files": 6, "pictures": 2, "kills": 4, "server": 3}


def main() -> int:
    """Make the attack, print what came of it, and return the exit code."""
    options = _options()
    parts = {name: PARTS[name] for name in options.only or PARTS}
    folder = Path(options.folder or tempfile.mkdtemp(prefix="byhand-attack-"))
    reports: dict[str, Report] = {}
    began = time.monotonic()
    for place, name in enumerate(parts):
        left = 60 * options.minutes - (time.monotonic() - began)
        rest = list(parts.values())[place:]
        seconds = max(left, 1.0) * rest[0] / sum(rest)
        print(f"{name}: {seconds:.0f} seconds", flush=True)
        (folder / name).mkdir(parents=True, exist_ok=True)
        attack: Attack = importlib.import_module(f"attacks.{name}").attack
        reports[name] = attack(np.random.default_rng([options.seed, list(PARTS).index(name)]), seconds, folder / name)
        _tell(reports[name])
    if options.out is not None:
        before = json.loads(options.out.read_text()) if options.only and options.out.exists() else {}
        facts = _facts(options.seed, options.minutes, reports)
        facts["figures"] = {**before.get("figures", {}), **cast("dict[str, Json]", facts["figures"])}
        options.out.write_text(json.dumps(facts, indent=1) + "\n")
    found = sum(len(report.findings) for report in reports.values())
    print(f"{found} found in {time.monotonic() - began:.0f} s with seed {options.seed}; files are in {folder}")
    return 1 if found else 0


def _options() -> argparse.Namespace:
    """Read the command line."""
    parser = argparse.ArgumentParser(prog="python -m attacks", description="Attack byhand.")
    parser.add_argument("--seed", type=int, default=0, help="starting point of everything random")
    parser.add_argument("--minutes", type=float, default=10, help="how long to go on, about")
    parser.add_argument("--only", nargs="+", choices=PARTS, help="some parts of the attack")
    parser.add_argument("--folder", help="where to keep what is found (default: a new folder)")
    parser.add_argument("--out", type=Path, help="JSON file for the figures; with --only, the other parts' stay")
    return parser.parse_args()


def _tell(report: Report) -> None:
    """Print what came of a part."""
    for name, figure in report.figures.items():
        told = ", ".join(f"{key} {value}" for key, value in figure.items()) if isinstance(figure, dict) else figure
        print(f"  {name:<40}{told}")
    for finding in report.findings:
        print(f"  FOUND: {finding.what}\n    again: {finding.again}")
        if finding.file is not None:
            print(f"    file: {finding.file}")


def _facts(seed: int, minutes: float, reports: dict[str, Report]) -> dict[str, Json]:
    """Return the figures with what they depend on."""
    return {
        "seed": seed,
        "minutes": minutes,
        "measured_with": {
            "cpu": machine.processor(),
            "cores": machine.cores(),
            "python": platform.python_version(),
            "numpy": version("numpy"),
            "byhand": version("byhand"),
        },
        "figures": {name: dict(report.figures) for name, report in reports.items()},
        "found": [finding.what for report in reports.values() for finding in report.findings],
    }


if __name__ == "__main__":
    sys.exit(main())

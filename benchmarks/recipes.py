"""Train the recipes that come with byhand with several seeds, and read the test images once with each model.

    python benchmarks/recipes.py [NAME...]        all, or those named; `fashion` needs --fashion FOLDER

takes hours for all on two cores. Models stay in runs/recipes/; a training that is finished there is not repeated, and
one that was stopped goes on. Writes results/recipes.json, and what `byhand recipes` tells. The recipes were chosen
before, on validation images; see ablation.py.
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import byhand
from byhand.commands.seeds import THREADS
from byhand.files import write_atomically
from byhand.judging.ensembles import ensemble
from byhand.learning import recipe_files
from byhand.model import FILE_NAME
from byhand.network import n_parameters
from byhand.runs import checkpoints
from common import RESULTS, rows_of, write_result

RUNS = Path("runs/recipes")
SEEDS = {"seed": 5, "fast": 5, "small": 5, "best": 3, "permutation-invariant": 3, "fashion": 3, "reader": 1}
Row = dict[str, Any]


def train(name: str, seed: int, data: str) -> Row:
    """Train a recipe with a seed on one core, unless that is done; return how it did."""
    out = RUNS / name / f"seed-{seed}"
    if checkpoints.exists(out) or not (out / "history.json").exists():
        begin = ["--recipe", name, "--seed", str(seed), "--data", data, "--out", str(out)]
        choices = ["--resume", str(out)] if checkpoints.exists(out) else begin
        environment = os.environ | dict.fromkeys(THREADS, "1")
        subprocess.run([sys.executable, "-m", "byhand", "train", "--json", *choices], env=environment, check=True)
    facts = json.loads((out / "history.json").read_text())
    print(name, seed, facts["test"]["accuracy"], flush=True)
    return {
        "seed": seed,
        "error": 100 * (1 - facts["test"]["accuracy"]),
        "loss": facts["test"]["loss"],
        "epochs": len(facts["epochs"]),
        "seconds": sum(epoch["seconds"] for epoch in facts["epochs"]),
    }


def together(name: str, data: str) -> float:
    """Return the test error of all seeds' models of a recipe as one committee."""
    models = [byhand.Model.load(RUNS / name / f"seed-{seed}" / FILE_NAME) for seed in range(SEEDS[name])]
    committee = ensemble(models) if len(models) > 1 else models[0]
    return 100 * (1 - byhand.evaluate(committee, byhand.load(data).test).accuracy)


def learning(name: str, rows: list[Row]) -> Row:
    """Return the seconds that a training takes, and on how many cores.

    Of recipes whose epochs `epochs.py` has measured, on all cores of an idle machine, these seconds count: here several
    trainings go on side by side.
    """
    known = rows_of("epochs") if (RESULTS / "epochs.json").exists() else []
    measured = [row for row in known if row["recipe"] == name and row["contender"] == "byhand"]
    if not measured:
        return {"seconds": round(mean(row["seconds"] for row in rows), 1), "cores": 1}
    epochs = mean(row["epochs"] for row in rows)
    return {"seconds": round(epochs * measured[0]["seconds"], 1), "cores": os.cpu_count()}


def summary(name: str, rows: list[Row], committee: float) -> Row:
    """Return what several seeds came to, each and as a committee."""
    errors = [row["error"] for row in rows]
    return {
        "error": round(mean(errors), 4),
        "deviation": round(stdev(errors), 4) if len(errors) > 1 else 0.0,
        "together": round(committee, 4),
        "n": len(rows),
        **learning(name, rows),
        "parameters": n_parameters((784, *recipe_files.read(name).recipe.layers, 10)),
        "runs": rows,
    }


def main() -> None:
    """Train what is asked for, and write the files."""
    parser = argparse.ArgumentParser()
    parser.add_argument("names", nargs="*", default=list(SEEDS))
    parser.add_argument("--fashion", help="folder with the four files of Fashion-MNIST")
    arguments = parser.parse_args()
    path = RESULTS / "recipes.json"
    results: dict[str, Any] = json.loads(path.read_text())["recipes"] if path.exists() else {}
    with ThreadPoolExecutor(os.cpu_count()) as pool:
        for name in arguments.names:
            data = arguments.fashion if name == "fashion" else "mnist"
            if data is None:
                print("fashion is left out: it needs --fashion FOLDER")
                continue
            jobs = [pool.submit(train, name, seed, data) for seed in range(SEEDS[name])]
            results[name] = summary(name, [job.result() for job in jobs], together(name, data))
    for name, result in results.items():
        result |= learning(name, result["runs"])  # Epochs may have been measured anew since it was learned.
    write_result("recipes", {"n_test": 10_000, "recipes": results})
    told = {name: {key: value for key, value in result.items() if key != "runs"} for name, result in results.items()}
    write_atomically(recipe_files.RESULTS, f"{json.dumps({'recipes': told}, indent=1)}\n".encode())


if __name__ == "__main__":
    main()

"""The tables of speed: byhand beside its peers. Wherever a peer leads, what is said of it stands in bold."""

from itertools import pairwise
from typing import Any

from common import Row, circumstances, read_result, rows_of

CONTENDERS = ("byhand", "PyTorch", "JAX", "scikit-learn", "ONNX Runtime", "naive NumPy")
DENSE = {f"train, {size} images a step": (784, 128, 64, 10) for size in (128, 512)} | {
    "train 784-1024-1024-512-10, 256 images a step": (784, 1024, 1024, 512, 10)
}
SHORT = {
    ("train, 1 image a step", 1): "learn, one image a step",
    ("train, 32 images a step", 1): "learn, 32 images a step",
    ("train, 128 images a step", 1): "learn, 128 images a step",
    ("predict 1 image", 1): "read one image",
    ("predict 10,000 images", 1): "read 10,000 images",
}


def is_peers(contender: str) -> bool:
    """Tell whether a contender is a peer, not byhand in some way, nor the machine itself."""
    return contender.partition(",")[0] in CONTENDERS[1:]


def bold(words: str, leads: bool) -> str:
    """Return what a table shows of a peer that leads, in bold, or of anybody else."""
    return f"**{words}**" if leads else words


def fastest(rows: list[Row], contender: str) -> Row | None:
    """Return the row of a contender; of a peer that is measured in several ways, such as compiled, the quickest."""
    ways = [row for row in rows if row["contender"] == contender]
    if is_peers(contender):
        ways = [row for row in rows if row["contender"].partition(",")[0] == contender]
    return min(ways, key=lambda row: float(row["microseconds" if "microseconds" in row else "seconds"]), default=None)


def speed_table() -> str:
    """Return microseconds an image for everyone, on one core."""
    lines = [f"| µs an image | {' | '.join(CONTENDERS)} |", f"| --- |{' ---: |' * len(CONTENDERS)}"]
    for (case, threads), name in SHORT.items():
        rows = [row for row in rows_of("bench") if (row["case"], row["threads"]) == (case, threads)]
        cells = [fastest(rows, contender) for contender in CONTENDERS]
        shown = ["" if cell is None else bold(f"{cell['microseconds']:.3g}", leads(cell)) for cell in cells]
        lines.append(f"| {name} | {' | '.join(shown)} |")
    times = [fastest(rows_of("time_to_98"), name) for name in CONTENDERS]
    best = next(row["seconds"] for row in rows_of("time_to_98") if row["contender"] == "byhand")
    shown = ["" if row is None else bold(f"{row['seconds']:.1f} s", row["seconds"] < best) for row in times]
    lines.append(f"| until 98 % of the test images | {' | '.join(shown)} |")
    lines += ["", f"784-128-64-10, one core, medians of alternating rounds, {circumstances('bench')}."]
    return "\n".join(lines)


def leads(row: Row) -> bool:
    """Tell whether a row of the bench is a peer's that is quicker than byhand."""
    return is_peers(row["contender"]) and row["times_byhand"] < 1


def bench_table() -> str:
    """Return every row of the bench; where a peer leads, in bold."""
    lines = ["| work | threads | who | µs | times the first |", "| --- | ---: | --- | ---: | ---: |"]
    for row in rows_of("bench"):
        cost = f"{row['microseconds']:,.2f}", f"{row['times_byhand']:.2f}"
        cells = [row["case"], str(row["threads"]), row["contender"], *cost]
        lines.append(f"| {' | '.join(bold(cell, leads(row)) for cell in cells)} |")
    lines += ["", circumstances("bench") + "."]
    return "\n".join(lines)


def epochs_table() -> str:
    """Return what an epoch of each recipe takes, beside the same work elsewhere; where a peer leads, in bold."""
    rows = rows_of("epochs")
    who = list(dict.fromkeys(row["contender"] for row in rows))
    lines = [f"| seconds an epoch | {' | '.join(who)} |", f"| --- |{' ---: |' * len(who)}"]
    for recipe in dict.fromkeys(row["recipe"] for row in rows):
        cells = [row for row in rows if row["recipe"] == recipe]
        shown = [
            bold(seconds(row["seconds"]) + ("" if row is cells[0] else f" ({row['times_byhand']:.1f}×)"), leads(row))
            for row in cells
        ]
        lines.append(f"| `{recipe}` | {' | '.join(shown)} |")
    result: Any = read_result("epochs")
    before = f" byhand before: commit {result['before']}." if "before" in result else ""
    clothes = "" if result["fashion"] else " `fashion` learns digits drawn upon one another, as dense as clothes."
    note = f"60,000 images, all cores, medians of {result['rounds']} alternating rounds.{before}{clothes}"
    return "\n".join([*lines, "", f"{note} {circumstances('epochs')}."])


def seconds(value: float) -> str:
    """Return seconds with two or three figures."""
    return f"{value:.2f}" if value < 9.995 else f"{value:.1f}"


def share_table() -> str:
    """Return which share of the machine's matrix product byhand's batches reach."""
    rows = rows_of("bench")
    seconds = {
        row["threads"]: row["microseconds"] / 1e6 for row in rows if row["contender"].startswith("matrix product")
    }
    lines = ["| work | threads | Gflop/s | of the machine's |", "| --- | ---: | ---: | ---: |"]
    for row in rows:
        if row["contender"] == "byhand" and row["case"] in DENSE:
            sizes = DENSE[row["case"]]
            pairs = list(pairwise(sizes))
            # Two operations a weight forward, two for the gradient in it, two to pass delta on (not to the pixels).
            work = sum(4 * n_in * n_out for n_in, n_out in pairs) + sum(2 * n_in * n_out for n_in, n_out in pairs[1:])
            reached, peak = work / row["microseconds"] / 1e3, 2 * 2048**3 / seconds[row["threads"]] / 1e9
            lines.append(f"| {row['case']} | {row['threads']} | {reached:.0f} | {100 * reached / peak:.0f} % |")
    peaks = ", ".join(f"{2 * 2048**3 / s / 1e9:.0f} with {n}" for n, s in seconds.items())
    return "\n".join([*lines, "", f"The machine's matrix product (2048×2048, float32, threads): {peaks} Gflop/s."])


def time_table() -> str:
    """Return the times to 98 % with the recipe of each contender."""
    lines = ["| who | best recipe | seconds | test images read right |", "| --- | --- | ---: | ---: |"]
    rows = rows_of("time_to_98")
    for row in rows:
        recipe = row["recipe"]
        words = f"{recipe['optimizer']}, batch {recipe['batch_size']}, rate {recipe['learning_rate']:g}"
        took = f"{row['seconds']:.2f} ± {row['seconds_sd']:.2f}"
        right = f"{100 * row['test_accuracy']:.2f} ± {100 * row['test_accuracy_sd']:.2f} %"
        cells = row["contender"], f"{words}, {recipe['epochs']} epochs", took, right
        lines.append(f"| {' | '.join(bold(cell, row['seconds'] < rows[0]['seconds']) for cell in cells)} |")
    lines += ["", f"Mean ± standard deviation of ten seeds, one core, {circumstances('time_to_98')}."]
    return "\n".join(lines)


def gpu_table() -> str:
    """Return what whole trainings take on a GPU."""
    result: Any = read_result("devices-cuda")
    lines = ["| training | seconds in all | seconds an epoch | test error |", "| --- | ---: | ---: | ---: |"]
    for row in result["runs"]:
        epoch = f"{row['seconds_an_epoch']:.3f}" if "seconds_an_epoch" in row else ""
        lines.append(f"| {row['what']} | {row['seconds']:.1f} | {epoch} | {row['error']:.2f} % |")
    return "\n".join([*lines, "", f"One {result['device']}; {circumstances('devices-cuda')}."])


def precision_table() -> str:
    """Return what either precision takes, and comes to, on a GPU and on a processor."""
    lines = ["| device | precision | seconds an epoch | test error |", "| --- | --- | ---: | ---: |"]
    for name in ("devices-cuda", "devices-cpu"):
        result: Any = read_result(name)
        for row in result["precision"]:
            cells = result["device"], row["what"], seconds(row["seconds_an_epoch"]), f"{row['error']:.2f} %"
            lines.append(f"| {' | '.join(cells)} |")
    note = f"784-1024-1024-512-10, Adam, 256 images a step, 5 epochs, mean of 3 seeds. {circumstances('devices-cpu')}."
    return "\n".join([*lines, "", note])


def loops_table() -> str:
    """Return what steps on PyTorch's tensors take on a processor, beside PyTorch's usual loops."""
    result: Any = read_result("devices-cpu")
    lines = ["| who | threads | µs an image | byhand's share of that |", "| --- | ---: | ---: | ---: |"]
    for row in result["steps"]:
        cells = row["who"], str(row["threads"]), f"{row['microseconds_an_image']:.1f}", f"{row['byhands_share']:.2f}"
        lines.append(f"| {' | '.join(cells)} |")
    note = f"784-1024-1024-512-10, plain descent, 256 images a step. {circumstances('devices-cpu')}."
    return "\n".join([*lines, "", note])


TABLES = {
    "gpu": gpu_table,
    "precision": precision_table,
    "loops": loops_table,
    "speed": speed_table,
    "bench": bench_table,
    "shares": share_table,
    "time": time_table,
    "epochs": epochs_table,
}

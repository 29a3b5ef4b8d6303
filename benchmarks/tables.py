"""Write the tables of the documents and two pictures, learning curve and roofline, from the measured results.

python benchmarks/tables.py           rewrite them
python benchmarks/tables.py --check   fail if a document says anything else than the results
"""

import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from typing import Any

import attack_tables
import chip_tables
import estimator_tables
import page_tables
import reading_tables
import speed_tables
import world_tables
from byhand.commands.console import duration
from byhand.files import write_atomically
from byhand.judging.canvas import save_figure
from byhand.judging.figures import learning_curve
from common import circumstances, read_result, rows_of
from roofline_picture import roofline

REPOSITORY = Path(__file__).parent.parent
Row = dict[str, Any]


def accuracy_by_limit() -> dict[int, list[Row]]:
    """Return the runs of accuracy.json by the number of images learned, fewest first."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in rows_of("accuracy"):
        groups[row["limit"]].append(row)
    return dict(sorted(groups.items()))


def accuracy_table() -> str:
    """Return the default recipe's results."""
    lines = ["| images learned | test images read right | seconds to learn |", "| ---: | ---: | ---: |"]
    for limit, rows in accuracy_by_limit().items():
        right = [100 * row["test_accuracy"] for row in rows]
        seconds = mean(row["seconds"] for row in rows)
        lines.append(f"| {limit:,} | {mean(right):.2f} ± {stdev(right):.2f} % | {seconds:.1f} |")
    count = len(next(iter(accuracy_by_limit().values())))
    lines += [
        "",
        f"Mean ± standard deviation of {count} seeds, 10,000 test images, one core of {circumstances('accuracy')}.",
    ]
    return "\n".join(lines)


def recipes_table() -> str:
    """Return what the recipes that come with byhand came to."""
    result: Any = read_result("recipes")
    lines = [
        "| recipe | parameters | test error | its seeds together | learning |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for name, facts in result["recipes"].items():
        error, together = f"{facts['error']:.2f} % (1 seed)", ""
        if facts["n"] > 1:
            error = f"{facts['error']:.2f} ± {facts['deviation']:.2f} % ({facts['n']} seeds)"
            together = f"{facts['together']:.2f} %"
        cost = f"{facts['parameters']:,} | {error} | {together} | {duration(facts['seconds'])}"
        lines.append(f"| `{name}` | {cost} |")
    note = (
        "10,000 test images, ± standard deviation. Together: as one committee, `byhand ensemble`. Learning: on two "
        f"cores, `seed` and `fast` on one. {circumstances('recipes')}."
    )
    return "\n".join([*lines, "", note])


def ablation_table() -> str:
    """Return what each part of the recipe is worth."""
    result: Any = read_result("ablation")
    lines = ["| | validation error | seconds an epoch |", "| --- | ---: | ---: |"]
    for row in result["rows"]:
        error = f"{row['error']:.2f} ± {row['deviation']:.2f} %"
        lines.append(f"| {row['change']} | {error} | {row['seconds_an_epoch']:.2f} |")
    note = (
        f"{result['epochs']} epochs; mean ± standard deviation of {result['n']} seeds on {circumstances('ablation')}."
    )
    return "\n".join([*lines, "", note])


def robustness_table() -> str:
    """Return how the shipped model reads changed images."""
    lines = ["| test images | read right | in the worst direction |", "| --- | ---: | ---: |"]
    lines += [
        f"| {row['change']} | {100 * row['mean']:.2f} % | {100 * row['worst']:.2f} % |" for row in rows_of("robustness")
    ]
    return "\n".join(lines)


def costs_table() -> str:
    """Return what an epoch of the recipe `best` is spent on."""
    result: Any = read_result("costs")
    lines = ["| work | threads | ms |", "| --- | ---: | ---: |"]
    lines += [f"| {row['work']} | {row['threads']} | {row['milliseconds']:,.1f} |" for row in result["rows"]]
    shares = [f"{100 * share:.0f} % with {threads}" for threads, share in result["outside"].items()]
    note = f"Share of an epoch of `best` outside the matrix products: {', '.join(shares)} thread(s)."
    return "\n".join([*lines, "", f"{note} {circumstances('costs')}."])


def busy_table() -> str:
    """Return how much longer trainings take beside other programs."""
    lines = ["| training | alone | beside two busy programs | times |", "| --- | ---: | ---: | ---: |"]
    for row in rows_of("busy"):
        times = row["beside"] / row["alone"]
        lines.append(f"| {row['training']} | {row['alone']:.1f} s | {row['beside']:.1f} s | {times:.1f} |")
    note = f"A whole `byhand train` of one epoch of 20,000 images, median of {rows_of('busy')[0]['rounds']} rounds"
    return "\n".join([*lines, "", f"{note}. {circumstances('busy')}."])


def sweep_table() -> str:
    """Return how much quicker four processes search than one."""
    result: Any = read_result("sweep")
    lines = ["| processes | seconds | times as quick |", "| --- | ---: | ---: |"]
    for row in result["rows"]:
        who = f"{row['processes']}, one of them killed halfway" if "killed" in row else f"{row['processes']}"
        times = f"{row['times_as_quick']:.2f}" if "times_as_quick" in row else ""
        lines.append(f"| {who} | {row['seconds']:.1f} | {times} |")
    note = (
        f"A whole `byhand sweep` of {result['trials']} trials of 50,000 images each, "
        f"least of {result['rounds']} rounds, on {result['measured_with']['cores']} cores. {circumstances('sweep')}."
    )
    return "\n".join([*lines, "", note])


TABLES = {
    "accuracy": accuracy_table,
    "recipes": recipes_table,
    "ablation": ablation_table,
    "robustness": robustness_table,
    "costs": costs_table,
    "busy": busy_table,
    "sweep": sweep_table,
    **speed_tables.TABLES,
    **reading_tables.TABLES,
    **page_tables.TABLES,
    **attack_tables.TABLES,
    **world_tables.TABLES,
    **chip_tables.TABLES,
    **estimator_tables.TABLES,
}
NAMES = (
    "performance",
    "scikit-learn",
    "accuracy",
    "reading",
    "preprocessing",
    "page",
    "sweep",
    "torchrun",
    "gpu",
    "chip",
)
DOCUMENTS = ("README.md", "SECURITY.md", *(f"docs/{name}.md" for name in NAMES))


def with_tables(text: str) -> str:
    """Return `text` with what stands between its markers made anew."""
    for name, table in TABLES.items():
        if f"<!-- {name} -->" in text:
            before, after = text.split(f"<!-- {name} -->")[0], text.split(f"<!-- /{name} -->")[1]
            text = f"{before}<!-- {name} -->\n{table()}\n<!-- /{name} -->{after}"
    return text


def main() -> int:
    """Rewrite or check the documents."""
    wrong = 0
    for path in (REPOSITORY / name for name in DOCUMENTS):
        old = path.read_text("utf-8")
        new = with_tables(old)
        if "--check" not in sys.argv:
            write_atomically(path, new.encode())
        elif new != old:
            print(f"{path.name} differs from the results; run python benchmarks/tables.py")
            wrong = 1
    if "--check" not in sys.argv:
        groups = accuracy_by_limit()
        errors = [[1 - row["test_accuracy"] for row in rows] for rows in groups.values()]
        figure = learning_curve(list(groups), [mean(group) for group in errors], [stdev(group) for group in errors])
        save_figure(figure, REPOSITORY / "docs" / "pictures" / "learning-curve.png")
        save_figure(roofline(read_result("roofline")), REPOSITORY / "docs" / "pictures" / "roofline.png")
        print(speed_tables.share_table())
    return wrong


if __name__ == "__main__":
    sys.exit(main())

"""Write the tables of the README and the learning curve's picture from the measured results.

python benchmarks/tables.py           rewrite them
python benchmarks/tables.py --check   fail if the README says anything else than the results
"""

import re
import sys
from collections import defaultdict
from pathlib import Path
from statistics import mean, stdev
from typing import cast

from byhand.figures import learning_curve, save_figure
from byhand.files import write_atomically
from common import read_result

REPOSITORY = Path(__file__).parent.parent
Row = dict[str, float]


def accuracy_by_limit() -> dict[int, list[Row]]:
    """Return the runs of accuracy.json by the number of images learned, fewest first."""
    groups: dict[int, list[Row]] = defaultdict(list)
    for row in cast("list[Row]", read_result("accuracy")["runs"]):
        groups[int(row["limit"])].append(row)
    return dict(sorted(groups.items()))


def accuracy_table() -> str:
    """Return the README's table of the default recipe's results."""
    lines = ["| images learned | test images read right | seconds to train |", "| ---: | ---: | ---: |"]
    for limit, rows in accuracy_by_limit().items():
        right = [100 * row["test_accuracy"] for row in rows]
        seconds = mean(row["seconds"] for row in rows)
        lines.append(f"| {limit:,} | {mean(right):.2f} ± {stdev(right):.2f} % | {seconds:.1f} |")
    made = cast("dict[str, str]", read_result("accuracy")["measured_with"])
    count = len(next(iter(accuracy_by_limit().values())))
    lines.append("")
    lines.append(
        f"Mean ± standard deviation of {count} seeds, default recipe, 10,000 test images; {made['cpu']}, one core, "
        f"Python {made['python']}, NumPy {made['numpy']}."
    )
    return "\n".join(lines)


def with_tables(text: str) -> str:
    """Return `text` with what stands between its markers made anew."""
    pattern = r"(<!-- accuracy -->\n).*?(\n<!-- /accuracy -->)"
    return re.sub(pattern, lambda match: match[1] + accuracy_table() + match[2], text, flags=re.DOTALL)


def main() -> int:
    """Rewrite or check the README."""
    readme = REPOSITORY / "README.md"
    old = readme.read_text("utf-8")
    new = with_tables(old)
    if "--check" in sys.argv:
        if new != old:
            print("README.md differs from the results; run python benchmarks/tables.py")
        return int(new != old)
    groups = accuracy_by_limit()
    errors = [[1 - row["test_accuracy"] for row in rows] for rows in groups.values()]
    figure = learning_curve(list(groups), [mean(group) for group in errors], [stdev(group) for group in errors])
    save_figure(figure, REPOSITORY / "docs" / "pictures" / "learning-curve.png")
    write_atomically(readme, new.encode())
    return 0


if __name__ == "__main__":
    sys.exit(main())

"""The table of docs/scikit-learn.md."""

from statistics import mean, median, stdev

from common import Row, circumstances, read_result, rows_of


def accuracy(values: list[float]) -> str:
    """Return the mean of shares, and how far they lie apart, in per cent."""
    return f"{100 * mean(values):.2f} ± {100 * stdev(values):.2f} %"


def estimator_table() -> str:
    """Return what ByhandClassifier and MLPClassifier take, and come to."""
    lines = [
        "| rows | batch | byhand | MLPClassifier | times as fast | told right | by MLPClassifier |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    rows: list[Row] = rows_of("estimator")
    for row in rows:
        times = f"{median(row['byhand_seconds']):.2f} s", f"{median(row['mlp_seconds']):.2f} s"
        right = accuracy(row["byhand_accuracy"]), accuracy(row["mlp_accuracy"])
        what = f"{row['data']}: {row['rows']:,} × {row['features']:,}, {row['epochs']} epochs"
        lines.append(
            f"| {what} | {row['batch_size']} | {' | '.join(times)} | {row['ratio']:.1f} | {' | '.join(right)} |"
        )
    load = read_result("estimator")["load"]
    note = f"Medians and means ± standard deviations of {rows[0]['turns']} turns, at a load of {load:.0f}."
    return "\n".join([*lines, "", f"{note} {circumstances('estimator')}."])


TABLES = {"estimator": estimator_table}

"""The tables of docs/torchrun.md."""

from typing import Any

from common import circumstances, read_result, rows_of


def world_table() -> str:
    """Return what two processes take for a step, beside one."""
    result: Any = read_result("world")
    lines = [
        "| network | batch | one process, half of it | each of two processes | of it, the sum | two : one |",
        "| --- | ---: | ---: | ---: | ---: | ---: |",
    ]
    for row in rows_of("world"):
        times = f"{row['one_ms'] / 2:,.1f} ms | {row['each_of_two_ms']:,.1f} ms | {row['sum_ms']:,.1f} ms"
        lines.append(f"| {row['network']} | {row['batch']:,} | {times} | {row['ratio']:.2f} |")
    note = (
        f"Processor time of a step of plain descent in float32, the least of {result['rounds']} rounds in turn, while "
        f"others kept the two cores busy (a load of {result['load']:.0f}). {circumstances('world')}."
    )
    return "\n".join([*lines, "", note])


def links_table() -> str:
    """Return from which batch on two processes pay, by the model."""
    model: Any = read_result("world")["model"]
    links = list(dict.fromkeys(row["link"] for row in model))
    lines = [f"| each process | {' | '.join(links)} |", f"| --- |{' ---: |' * len(links)}"]
    for process in dict.fromkeys(row["process"] for row in model):
        batches = [f"{row['batch']:,}" for row in model if row["process"] == process]
        lines.append(f"| {process} | {' | '.join(batches)} |")
    return "\n".join(lines)


TABLES = {"world": world_table, "links": links_table}

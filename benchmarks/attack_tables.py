"""The tables of SECURITY.md: what came of `make attack`."""

from typing import Any

from common import read_result

COLUMNS = ("answers", "errors", "p99 ms", "server + MiB", "its processes MiB")


def attack_table() -> str:
    """Return what files, pictures and kills came to."""
    result: Any = read_result("attack")
    figures = result["figures"]
    files, pictures, kills = (figures[name] for name in ("files", "pictures", "kills"))
    tried = pictures["pages"] + pictures["small"] + pictures["mutants"]
    bad = sum(files[kind] for kind in ("crashed", "slow", "large", "died"))
    fine = {"outcomes: answer", "outcomes: refused"}
    wrong = sum(many for name, many in pictures.items() if name.startswith("outcomes") and name not in fine)
    same = kills["trainings that came to the same bits"]
    rows = [
        (
            f"{files['mutants']:,} damaged files, {files['of them resealed']:,} of them with a right checksum again",
            f"{bad} crashes, hangs or more than 1 GiB; code of {files['code run']} was run; at most "
            f"{files['most seconds of the processor']} s and {files['most MiB']:,} MiB",
        ),
        (
            f"{tried:,} pictures made to cost much, or damaged, each read as a page and as a digit",
            f"{wrong} crashes or hangs; at most {pictures['most seconds of the processor']} s of the processor and "
            f"{pictures['most MiB']:,} MiB",
        ),
        (
            f"{kills['kills']} kills with -9 of {kills['trainings that were killed']} trainings",
            f"{same} came to the same bits as if nobody had killed them",
        ),
    ]
    return "\n".join(["| attack | what came of it |", "| --- | --- |", *(f"| {a} | {b} |" for a, b in rows)])


def server_table() -> str:
    """Return what 50 honest clients noticed of each attack on the server."""
    result: Any = read_result("attack")
    figures = result["figures"]["server"]
    header = "| attack | answers | errors | 99 % within, ms | server, + MiB | its processes, MiB |"
    rows = [
        " | ".join([name.replace("_", " "), *(f"{row[column]:,}" for column in COLUMNS)])
        for name, row in figures.items()
        if isinstance(row, dict)
    ]
    rows = [f"| {row} |" for row in rows]
    return "\n".join([header, "| --- | ---: | ---: | ---: | ---: | ---: |", *rows])


TABLES = {"attack": attack_table, "attack-server": server_table}

"""The tables of SECURITY.md: what came of `make attack`."""

from typing import Any

from common import read_result


def attack_table() -> str:
    """Return what files, pictures and kills came to."""
    figures: Any = read_result("attack")["figures"]
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
    figures: Any = read_result("attack")["figures"]["server"]
    header = "| attack | answers | errors | 99 % within, ms | server, + MiB | its processes, MiB |"
    rows = [
        f"| {name.replace('_', ' ')} | {row['answers']:,} | {row['errors']} | {row['p99 ms']} | {row['server + MiB']} | "
        f"{row['its processes MiB']} |"
        for name, row in figures.items()
        if isinstance(row, dict)
    ]
    return "\n".join([header, "| --- | ---: | ---: | ---: | ---: | ---: |", *rows])


TABLES = {"attack": attack_table, "attack-server": server_table}

"""The tables of docs/chip.md."""

from statistics import mean, stdev
from typing import Any

from common import circumstances, read_result, rows_of

TITLES = {"seed": "the default recipe", "reader": "byhand's own"}


def title(network: str) -> str:
    """Return what a network is called."""
    result: Any = read_result("bits")
    return f"{TITLES[network]}, {result['networks'][network]}"


def bits_table() -> str:
    """Return size and accuracy by bits of a weight."""
    networks = list(TITLES)
    heads = [f"{title(name)}: bytes | test images read right | as by float32" for name in networks]
    lines = [
        f"| weights | {' | '.join(heads)} |",
        f"| --- |{' ---: | ---: | ---: |' * len(networks)}",
    ]
    found = {(row["network"], row["bits"]): row for row in rows_of("bits")}
    for bits in dict.fromkeys(bits for _, bits in found):
        cells = [f"float{bits}" if bits == 32 else f"{bits} bits"]
        for name in networks:
            row = found[name, bits]
            cells += [f"{row['bytes']:,}", f"{100 * row['accuracy']:.2f} %", f"{row['alike']:,}"]
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join([*lines, "", f"10,000 test images. {circumstances('bits')}."])


def rounding_table() -> str:
    """Return how accurate ways to round are, on validation images."""
    choices: Any = read_result("bits")["choices"]
    names = [name for name in choices[0] if name.endswith("bits, 32767")]

    def spread(name: str) -> str:
        """Return mean and deviation."""
        values = [100 * row[name] for row in choices]
        return f"{mean(values):.2f} ± {stdev(values):.2f} %"

    lines = ["| weights | rounded to the nearest | made good by the weights that follow |", "| --- | ---: | ---: |"]
    lines.append(f"| float32 | {spread('float32')} | |")
    for name in names:
        bits = name.split(",")[0]
        lines.append(f"| {bits} | {spread(f'{bits}, nearest')} | {spread(name)} |")
    for most, width in ((255, 8), (127, 7)):
        lines.append(f"| 8 bits, and {width} of what hidden units put out | | {spread(f'8 bits, {most}')} |")
    note = (
        f"784-128-64-10, 10,000 validation images, mean ± standard deviation of {len(choices)} seeds. "
        f"{circumstances('bits')}."
    )
    return "\n".join([*lines, "", note])


def chip_table() -> str:
    """Return what a network takes on a Cortex-M4."""
    result: Any = read_result("bits")
    lines = [
        "| network | weights | flash | with `--fit` | stack | with `--fit` | instructions, an image | a drawing |",
        "| --- | --- | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    found = {(row["network"], row["bits"], row["fit"]): row for row in result["chips"]}
    for network, bits in dict.fromkeys((network, bits) for network, bits, _ in found):
        plain, fit = found[network, bits, False], found[network, bits, True]
        cells = [title(network), f"{bits} bits", *(f"{row['flash'] / 1024:.1f} KB" for row in (plain, fit))]
        cells += [f"{plain['stack']:,} bytes", f"{fit['fit_stack']:,} bytes", f"{plain['instructions']:,.0f}"]
        lines.append(f"| {' | '.join(cells)} | {fit['fit_instructions'] / 1e6:.1f} million |")
    note = (
        f"A whole program, of which some 600 bytes are not the header's. {result['compiler']}, -Os, for a Cortex-M4; "
        f"instructions counted by {result['qemu']}."
    )
    return "\n".join([*lines, "", note])


TABLES = {"bits": bits_table, "rounding": rounding_table, "chip": chip_table}

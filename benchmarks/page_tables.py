"""The table of what the page is capable of, from results/page.json, serving.json and page_training.json."""

from typing import Any

from common import read_result
from reading_tables import table


def page_table() -> str:
    """Return every figure of the page and its server."""
    page: Any = read_result("page")
    serving: Any = read_result("serving")
    training: Any = read_result("page_training")
    load, answer, agreement = page["load"], page["answer"], page["agreement"]
    rows = [
        ("from opening the page until one can draw", f"{load['median_ms']:.0f} ms"),
        ("bytes of the page, with the model", f"{load['bytes'] / 1000:.0f} KB"),
        ("from the pen's event to the probabilities on the page", f"{answer['median_ms']:.1f} ms"),
        ("the page's own work in that", f"{answer['script_median_ms']:.1f} ms"),
        ("test images with the same digit as Python's", f"{agreement['same_digit']:,} of {agreement['n']:,}"),
        ("largest difference of a probability", f"{agreement['largest_difference']:.1e}"),
        ("drawings read in a second, for 50 clients", f"{serving['requests_per_second']:,.0f}"),
        ("99 % of them wait at most", f"{serving['p99_ms']:.0f} ms"),
        (
            "speed of a training in the page, of the command line's",
            f"{100 * training['page_to_command_line']['by_the_clock']['of_medians']:.0f} %",
        ),
    ]
    made = page["measured_with"]
    with_what = f"{made['cpu']}, {made['cores']} cores; Python {made['python']}, Chromium {page['chromium']}"
    networks = f"network {page['network']}, a training's 784-128-64-10"
    return f"{table('| what | |', rows)}\n\nMedians; {networks}. {with_what}."


TABLES = {"page": page_table}

"""The tables of how handwriting is read, from results/reading.json."""

from collections.abc import Callable, Sequence
from typing import Any

from common import read_result, rows_of


def percent(share: float) -> str:
    """Return a share 0…1 in percent."""
    return f"{100 * share:.2f} %" if 0 < share < 1 else f"{100 * share:.0f} %"


def table(header: str, rows: Sequence[tuple[str, ...]]) -> str:
    """Return rows as a table, all but the first column aligned to the right."""
    columns = header.count("|") - 1
    return "\n".join([header, "| --- |" + " ---: |" * (columns - 1), *(f"| {' | '.join(row)} |" for row in rows)])


def made_with(result: dict[str, Any]) -> str:
    """Return what the figures were measured with."""
    facts = result["measured_with"]
    return f"{facts['cpu']}, {facts['cores']} cores; Python {facts['python']}, scikit-image {facts['scikit-image']}"


def short_table() -> str:
    """Return the few figures of the README."""
    result: Any = read_result("reading")
    hands: Any = read_result("hands")
    drawings, pages, untouched = result["drawings"]["digits"], result["pages"]["all"], result["untouched"]
    singles, times = hands["singles"]["all"], result["times"]
    rows = [
        (
            "MNIST's test images, answered",
            f"{percent(untouched['answered'])}, of these wrong {percent(untouched['wrong_among_answered'])}",
        ),
        (
            f"{singles['n']:,} scanned digits of ten other people, answered",
            f"{percent(singles['answered'])}, of these wrong {percent(singles['wrong_among_answered'])}",
        ),
        (
            "the same on canvases: any size, place, colours",
            f"best guess right {percent(result['canvases']['all']['best_guess_right'])}",
        ),
        (
            f"{drawings['n']} drawings by mouse path",
            f"{drawings['right']} right, {drawings['refused']} refused, {drawings['wrong']} wrong",
        ),
        ("digits on generated hard pages", f"found and right {percent(pages['recall'])}"),
        ("a page of 12 megapixels, 50 digits", f"{times['page']['seconds']:.1f} s"),
        ("a drawing of 280×280 pixels", f"{times['drawing']['milliseconds']:.1f} ms"),
    ]
    return f"{table('| what | how well |', rows)}\n\nBy the model that comes along. {made_with(result)}."


def reading_table() -> str:
    """Return everything but the pages."""
    result: Any = read_result("reading")
    rows = []
    untouched = result["untouched"]
    parts = {"MNIST's test images as they are": untouched}
    parts |= {f"the same drawn on canvases: {name}": facts for name, facts in result["canvases"].items()}
    parts["optdigits, 8×8 pixels"] = result["optdigits"]
    for name, facts in parts.items():
        shares = ("best_guess_right", "answered", "wrong_among_answered")
        rows.append((name, f"{facts['n']:,}", *(percent(facts[share]) for share in shares)))
    text = table("| digits | n | best guess right | answered | wrong among answered |", rows)
    drawings = result["drawings"]
    refused = [
        (name, str(facts["n"]), percent(facts["refused"] / facts["n"]))
        for name, facts in drawings.items()
        if name != "digits"
    ]
    refused += [(name, f"{facts['n']:,}", percent(facts["refused"])) for name, facts in result["refusals"].items()]
    digits, times = drawings["digits"], result["times"]
    told = (
        f"Of {digits['n']} digits drawn by mouse path, {digits['right']} are read right, {digits['refused']} refused, "
        f"{digits['wrong']} read wrong. A drawing of 280×280 pixels takes {times['drawing']['milliseconds']:.2f} ms, a "
        f"page of 12 megapixels with {times['page']['n_digits']} digits {times['page']['seconds']:.1f} s and "
        f"{times['page']['peak_MiB']:.0f} MiB."
    )
    return f"{text}\n\n{told}\n\n{table('| no digit | n | refused |', refused)}\n\n{made_with(result)}."


def pages_table() -> str:
    """Return how generated pages are read, kind by kind."""
    result: Any = read_result("reading")
    rows = []
    for kind, facts in result["pages"].items():
        shares = ("recall", "precision", "exact_numbers")
        failures = ", ".join(f"{name} {count}" for name, count in facts["failures"].items() if count)
        rows.append((kind, f"{facts['n']:,}", *(percent(facts[share]) for share in shares), failures))
    header = "| generated pages | digits | found and right | right of all told | whole numbers right | failures |"
    return table(header, rows)


def prepare_table() -> str:
    """Return what preparing does to MNIST's own images."""
    facts: Any = read_result("reading")["prepared"]
    rows = [
        ("read right as they are", percent(facts["accuracy_as_they_are"])),
        ("read right when prepared", percent(facts["accuracy_prepared"])),
        ("images that stay exactly the same", percent(facts["unchanged"])),
        ("mean change of a pixel, of 255", f"{facts['mean_change_of_pixels']:.2f}"),
    ]
    return table(f"| {facts['n']:,} test images | |", rows)


def hands_table() -> str:
    """Return how real people's digits and rows of digits are read, and whole numbers on generated forms."""
    result: Any = read_result("hands")
    numbers: Any = read_result("whole_numbers")
    singles, rows, forms, tables = (
        result["singles"]["all"],
        result["rows"]["all"],
        numbers["forms"]["all"],
        numbers["tables"],
    )
    lines = [
        ("single digits, as scanned", f"{singles['n']:,}", percent(singles["best_guess_right"])),
        ("... answered", "", percent(singles["answered"])),
        ("... of these wrong", "", percent(singles["wrong_among_answered"])),
        ("rows of ten: digits found and right", f"{rows['digits']:,}", percent(rows["digits_right"])),
        ("... the same by best guesses", "", percent(rows["digits_guessed_right"])),
        ("rows read whole", f"{rows['n']:,}", percent(rows["whole"])),
        ("generated forms: numbers whole, with all their signs", f"{forms['n']:,}", percent(forms["whole"])),
        ("... not marked as doubtful", "", percent(forms["unmarked"])),
        ("... of these wrong", "", percent(forms["wrong_among_unmarked"])),
        (
            "generated tables with every cell in its place",
            f"{tables['all']['n']:,}",
            percent(tables["all"]["in_place"]),
        ),
        ("... their cells read whole", f"{tables['cells']['n']:,}", percent(tables["cells"]["whole"])),
    ]
    return f"{table('| what | n | |', lines)}\n\n{made_with(result)}."


def letters_table() -> str:
    """Return how letters and signs of handwriting fonts are refused."""
    result: Any = read_result("letters")
    like = ("letters like digits", "signs like a 1")
    rows = [
        (kind, f"{facts['n']:,}", percent(facts["refused"]))
        for kind, facts in result.items()
        if isinstance(facts, dict) and "taken" in facts and kind not in like
    ]
    rows += [
        (f"{kind}, alone in a picture", f"{result[kind]['n']:,}", percent(result[kind]["refused"])) for kind in like
    ]
    digits = result["digits"]
    told = (
        f"Of {digits['n']} digits of the same fonts {percent(1 - digits['refused'])} are answered, and of these "
        f"{percent(digits['wrong_among_answered'])} are wrong."
    )
    header = f"| of {len(result['fonts'])} handwriting fonts | n | refused |"
    return f"{table(header, rows)}\n\n{told}"


def certainty_table() -> str:
    """Return how often numbers are right of which it is said to be so probable."""
    result: Any = read_result("certainty")
    rows = [
        (f"from {percent(row['from'])}", f"{row['n']:,}", percent(row["said"]), percent(row["right"]))
        for row in result["reliability"]
    ]
    told = (
        f"Of {result['n']:,} numbers on generated pages {percent(result['unmarked'])} are not marked (from "
        f"{percent(result['threshold'])} on), and of these {percent(result['wrong_among_unmarked'])} are wrong."
    )
    return f"{table('| probability | numbers | said on average | right |', rows)}\n\n{told}"


PARTS = {
    "single_digits": "single digits of given writers (best guess right, and wrong among answered)",
    "rows": "of their rows (digits found and right)",
    "pages": "digits on generated pages (found and right, and their numbers whole)",
    "forms": "numbers on generated forms (whole, and wrong among those not marked)",
}


def parts_table() -> str:
    """Return what each part of reading is worth by itself."""
    rows = []
    for row in rows_of("parts"):
        single, line, page, form = (row[name] for name in ("single_digits", "rows", "pages", "forms"))
        shares = (
            single["best_guess_right"],
            single["wrong_among_answered"],
            line["digits_right"],
            page["recall"],
            page["exact_numbers"],
            form["whole"],
            form["wrong_among_unmarked"],
        )
        rows.append((row["left_out"], *(f"{100 * share:.1f}" for share in shares)))
    first = rows_of("parts")[0]
    counted = ", ".join(f"{first[name]['n']:,} {what}" for name, what in PARTS.items())
    header = "| in % | digits | wrong | rows | pages | numbers | forms | wrong |"
    return f"{table(header, rows)}\n\n{counted}."


TABLES: dict[str, Callable[[], str]] = {
    "reading-short": short_table,
    "reading": reading_table,
    "reading-pages": pages_table,
    "prepare": prepare_table,
    "certainty": certainty_table,
    "parts": parts_table,
    "hands": hands_table,
    "letters": letters_table,
}

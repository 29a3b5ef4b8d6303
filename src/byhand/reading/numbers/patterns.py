"""What numbers look like: the one table of patterns, from a number as it is written to what it is and its value.

It also says how likely a pattern is, by which doubtful signs are told: `31/12/1999` is a day, and `3111211999`, with
the slashes taken for ones, is hardly ever written.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, time
from decimal import Decimal
from typing import Literal, TypeAlias, cast

Kind: TypeAlias = Literal["integer", "amount", "decimal", "date", "time", "other"]
Value: TypeAlias = int | Decimal | date | time

UNREAD = "?"  # stands in a text for a digit that cannot be read
ODD, SIGN = -4.0, -2.0  # the logarithm of how likely a text is that fits no pattern, beside one that does; each sign
SLASHES = 5.0  # A day is what slashes are for.
LONG, EACH = 6, 0.6  # Plain whole numbers have seldom more digits; so much less likely is each.
CENTURY = 69  # Of two digits of a year, these and larger ones are of 19…, as in POSIX.

_D = r"[\d?]"


@dataclass(frozen=True)
class _Pattern:
    """A way to write numbers: its regular expression, what it is, its likelihood's logarithm, and how to its value."""

    form: "re.Pattern[str]"
    kind: Kind
    prior: float
    value: Callable[[str, str | None], Value | None]


def _integer(text: str, _mark: str | None) -> Value:
    """Return a whole number's value, with or without marks of thousands."""
    return int(re.sub(r"[^\d+-]", "", text))


def _decimal(text: str, _mark: str | None) -> Value:
    """Return the value of a number whose last point or comma is its decimal mark."""
    whole, _, rest = text.replace(",", ".").rpartition(".")
    return Decimal(f"{re.sub('[^0-9+-]', '', whole) or '0'}.{rest.strip('-') or '0'}")


def _thousands(text: str, mark: str | None) -> Value:
    """Return the value of a number with one mark before three digits: thousands, unless it is the decimal mark."""
    return _decimal(text, None) if mark is not None and mark in text else _integer(text, None)


def _day(text: str, _mark: str | None) -> Value | None:
    """Return the day of a date: day, month, year, or with the year first; month before day if only that can be."""
    one, two, three = re.split(r"\D", text)
    if len(one) == 4:
        return _made(int(one), int(two), int(three))
    year = int(three) + (0 if len(three) == 4 else 1900 if int(three) >= CENTURY else 2000)
    return _made(year, int(two), int(one)) or _made(year, int(one), int(two))


def _made(year: int, month: int, day: int) -> date | None:
    """Return a day if there is such a one."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _hour(text: str, _mark: str | None) -> Value | None:
    """Return the time of the day if there is such a one."""
    try:
        hour, minute, second = map(int, f"{text}:0".split(":")[:3])
        return time(hour, minute, second)
    except ValueError:
        return None


PATTERNS = tuple(
    _Pattern(re.compile(form), kind, prior, value)
    for form, kind, prior, value in cast(
        "tuple[tuple[str, Kind, float, Callable[[str, str | None], Value | None]], ...]",
        (
            # An amount has two places after its decimal mark, or a dash; its thousands have another mark, or none.
            (rf"[+-]?{_D}+[.,]{_D}{{2}}", "amount", 0.0, _decimal),
            (rf"[+-]?{_D}{{1,3}}(?:'{_D}{{3}})+[.,]{_D}{{2}}", "amount", 0.0, _decimal),
            (rf"[+-]?{_D}{{1,3}}(?:,{_D}{{3}})+\.{_D}{{2}}", "amount", 0.0, _decimal),
            (rf"[+-]?{_D}{{1,3}}(?:\.{_D}{{3}})+,{_D}{{2}}", "amount", 0.0, _decimal),
            (rf"{_D}+[.,]--?", "amount", -1.0, _decimal),
            # A whole number is digits, in groups of three with one kind of mark between.
            (rf"[+-]?{_D}+", "integer", 0.0, _integer),
            (rf"[+-]?{_D}{{1,3}}(?:'{_D}{{3}})+", "integer", 0.0, _integer),
            (rf"[+-]?[1-9?]{_D}{{0,2}}[.,]{_D}{{3}}", "integer", 0.0, _thousands),
            (rf"[+-]?[1-9?]{_D}{{0,2}}(?:,{_D}{{3}}){{2,}}", "integer", 0.0, _integer),
            (rf"[+-]?[1-9?]{_D}{{0,2}}(?:\.{_D}{{3}}){{2,}}", "integer", 0.0, _integer),
            # Any other with one point or comma is a decimal fraction.
            (rf"[+-]?{_D}+[.,]{_D}+", "decimal", 0.0, _decimal),
            (rf"[+-]?[.,]{_D}+", "decimal", -1.0, _decimal),
            # Dates, with one kind of mark; times.
            (rf"{_D}{{1,2}}/{_D}{{1,2}}/(?:{_D}{{4}}|{_D}{{2}})", "date", SLASHES, _day),
            (rf"{_D}{{1,2}}([.-]){_D}{{1,2}}\1(?:{_D}{{4}}|{_D}{{2}})", "date", 0.0, _day),
            (rf"{_D}{{4}}([./-]){_D}{{2}}\1{_D}{{2}}", "date", 0.0, _day),
            (rf"{_D}{{1,2}}:{_D}{{2}}(?::{_D}{{2}})?", "time", 0.0, _hour),
            # Others with signs that occur: a fraction, two numbers with a dash, a sum, a remark's equals sign.
            (rf"{_D}+/{_D}+", "other", -3.5, lambda *_: None),
            (rf"{_D}+(?:[.,]{_D}+)?(?:[-+=]{_D}+(?:[.,]{_D}+)?)+", "other", -4.5, lambda *_: None),
        ),
    )
)


def _of(text: str) -> tuple[_Pattern, Value | None] | None:
    """Return the first pattern that a text fits, and its value if it can be told; a date or time must be one."""
    for pattern in PATTERNS:
        if pattern.form.fullmatch(text):
            value = None if UNREAD in text else pattern.value(text, None)
            if value is not None or UNREAD in text or pattern.kind == "other":
                return pattern, value
    return None


def kind_of(text: str) -> Kind:
    """Return what a number is as it is written."""
    found = _of(text)
    return found[0].kind if found else "other"


def value_of(text: str, decimal_mark: str | None = None) -> Value | None:
    """Return the value of a number as it is written, given which mark the page has for decimals if that is known."""
    found = _of(text)
    return found[0].value(text, decimal_mark) if found and UNREAD not in text else None


def log_prior(text: str, expected: str | None = None) -> float:
    """Return the logarithm of how likely anybody writes so, beside the plainest number.

    If a kind is expected, all others are unlikely.
    """
    found = _of(text)
    if found is None:
        return ODD + SIGN * sum(not (name.isdigit() or name == UNREAD) for name in text)
    pattern, kind = found[0], found[0].kind
    digits = sum(name.isdigit() for name in text)
    long = EACH * max(digits - LONG, 0) if kind == "integer" and text.isdigit() else 0.0
    return pattern.prior - long - (0.0 if expected is None or fits(kind, expected) else 3 * -ODD)


def fits(kind: str, expected: str) -> bool:
    """Tell whether a number is of the kind that somebody expects; a whole number is an amount, too."""
    return kind == expected or (expected == "amount" and kind in ("integer", "decimal"))


def decimal_mark(texts: Iterable[str]) -> str | None:
    """Return the mark, a point or a comma, that a page's numbers have for decimals; None if that cannot be told."""
    marks = {
        found[1]
        for text in texts
        if kind_of(text) in ("amount", "decimal") and (found := re.search(r"([.,])[\d?]+$", text))
    }
    return marks.pop() if len(marks) == 1 else None

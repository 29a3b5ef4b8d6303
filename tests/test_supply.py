"""No version that byhand asks for, locks or runs with has a published advisory against it: an offline audit."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

from conftest import REPOSITORY

LIST = tomllib.loads(Path(__file__).with_name("advisories.toml").read_text("utf-8"))
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text("utf-8"))["project"]
EXTRAS: dict[str, list[str]] = PROJECT["optional-dependencies"]


@dataclass(frozen=True)
class Advisory:
    id: str
    package: str
    fixed: str
    about: str
    source: str
    developers: bool = False


ADVISORIES = [Advisory(**entry) for entry in LIST["advisory"]]
RUNNING = [
    Requirement(text) for text in [*PROJECT["dependencies"], *EXTRAS["parquet"], *EXTRAS["read"], *EXTRAS["web"]]
]
ALL = [Requirement(text) for text in sum(EXTRAS.values(), start=PROJECT["dependencies"])]


def floor(requirement: Requirement) -> Version:
    """Return the lowest version that `requirement` admits, 0 where it names none."""
    floors = [Version(part.version) for part in requirement.specifier if part.operator in {">=", "==", "~="}]
    return max(floors, default=Version("0"))


def admitted(requirements: Iterable[Requirement], advisories: Iterable[Advisory]) -> list[str]:
    """Say which of `requirements` admit a version that one of `advisories` is about."""
    advisories = list(advisories)
    return [
        f"{requirement} admits {advisory.id}, fixed in {advisory.fixed}"
        for requirement in requirements
        for advisory in advisories
        if canonicalize_name(requirement.name) == advisory.package and floor(requirement) < Version(advisory.fixed)
    ]


def pins(lock: str) -> list[Requirement]:
    """Read the requirements of a lock file, one a line."""
    return [Requirement(line) for line in lock.splitlines() if line.strip()]


def installed(names: Iterable[str]) -> list[Requirement]:
    """Return those of `names` that are installed, each with its version."""
    found = []
    for name in names:
        try:
            found.append(Requirement(f"{name}=={version(name)}"))
        except PackageNotFoundError:
            continue
    return found


def test_the_list_is_sound() -> None:
    assert isinstance(LIST["read"], date)
    keys = [(advisory.package, advisory.id) for advisory in ADVISORIES]
    assert keys == sorted(set(keys))
    for advisory in ADVISORIES:
        assert re.fullmatch(r"CVE-\d{4}-\d{4,}|PYSEC-\d{4}-\d+|GHSA(-[0-9a-z]{4}){3}", advisory.id), advisory
        assert advisory.package == canonicalize_name(advisory.package), advisory
        assert Version(advisory.fixed).is_prerelease is False, advisory
        assert advisory.about.endswith("."), advisory
        assert advisory.source.startswith("https://"), advisory


def test_no_requirement_admits_an_advisory() -> None:
    assert admitted(ALL, ADVISORIES) == []


def test_no_locked_version_has_an_advisory() -> None:
    assert admitted(pins((REPOSITORY / "requirements.lock").read_text("utf-8")), ADVISORIES) == []


def test_no_installed_version_has_an_advisory() -> None:
    assert admitted(installed({advisory.package for advisory in ADVISORIES}), ADVISORIES) == []


def test_what_runs_has_a_floor_of_byhands_own_even_if_only_others_need_it() -> None:
    # Others ask for `h11>=0.8` or the like: only a floor here keeps their bad versions out.
    assert {advisory.package for advisory in ADVISORIES if not advisory.developers} <= {
        canonicalize_name(requirement.name) for requirement in RUNNING
    }


@pytest.mark.parametrize(
    ("requirement", "found"),
    [
        ("Pillow>=12.1.0", True),
        ("pillow", True),
        ("pillow<13", True),
        ("pillow==12.1.0 ; sys_platform == 'win32'", True),
        ("pillow>=12.1.1", False),
        ("pillow~=13.0", False),
        ("pillow-heif>=0.1", False),
    ],
)
def test_the_check_finds_a_floor_that_is_too_low(requirement: str, found: bool) -> None:
    advisory = Advisory(
        "CVE-2026-25990", "pillow", "12.1.1", "A prepared PSD file wrote outside its memory.", "https://"
    )
    report = f"{Requirement(requirement)} admits CVE-2026-25990, fixed in 12.1.1"
    assert admitted(pins(requirement), [advisory]) == [report] * found

"""The changelog keeps the form of Keep a Changelog, so that people and programs find a version's changes."""

import itertools
import re
from datetime import date
from pathlib import Path

import pytest

import ants_async

CHANGELOG = (Path(__file__).parents[1] / "CHANGELOG.md").read_text(encoding="utf-8")
KINDS = ["Added", "Changed", "Deprecated", "Removed", "Fixed", "Security"]
RELEASE = re.compile(r"## \[(\d+)\.(\d+)\.(\d+)\] - (\d{4}-\d\d-\d\d)(?: \[YANKED\])?")
LINK = re.compile(r"\[[^\]]+\]: ")


def numbers(version):
    return tuple(int(number) for number in version.split("."))


def sections(text):
    """Each `## ` heading, with its `### ` headings and their lines."""
    found, kinds = {}, {}
    for line in text.splitlines():
        if line.startswith("## "):
            kinds = found[line] = {}
        elif line.startswith("### "):
            assert line[4:] not in kinds, f"{line} stands twice in one version"
            entries = kinds[line[4:]] = []
        elif line.strip() and kinds and not LINK.match(line):
            entries.append(line)
    return found


def check(text, version):
    """Refuses what is not in form."""
    assert text.startswith("# Changelog\n")
    first, *released = found = sections(text)
    assert first == "## [Unreleased]"
    for heading, kinds in found.items():
        assert [kind for kind in KINDS if kind in kinds] == list(kinds), f"{heading}: {', '.join(kinds)}"
        assert all(kinds.values()), f"{heading}: a kind of change without one"
        for line in itertools.chain.from_iterable(kinds.values()):
            assert line.startswith(("- ", "  ")), f"no item of a list: {line}"
    matches = [RELEASE.fullmatch(heading) for heading in released]
    assert all(matches), "a release is ## [1.2.3] - 2026-01-31"
    versions = [tuple(map(int, match.groups()[:3])) for match in matches]
    days = [date.fromisoformat(match[4]) for match in matches]
    assert versions == sorted(set(versions), reverse=True), "the newest first, each once"
    assert days == sorted(days, reverse=True)
    assert not versions or versions[0] <= numbers(version), "the package is older than its changelog"
    assert found[first] or versions[:1] == [numbers(version)], "changes are told when they are made"


def test_ours_is_in_form():
    check(CHANGELOG, ants_async.__version__)


GOOD = """# Changelog

## [Unreleased]

### Added

- One, which
  goes on.

### Fixed

- Two.

## [0.2.0] - 2026-02-01

### Security

- Three.

## [0.1.0] - 2026-01-31

### Added

- All.
"""


def test_a_good_one_passes():
    check(GOOD, "0.2.0")
    check(GOOD, "0.3.0")


@pytest.mark.parametrize(
    ("there", "instead"),
    [
        ("## [Unreleased]\n", ""),
        ("### Fixed", "### Repaired"),
        ("### Fixed", "### Added"),
        ("- Two.\n", ""),
        ("- Two.", "Two."),
        ("[0.2.0] - 2026-02-01", "[0.2.0]"),
        ("2026-02-01", "2026-02-31"),
        ("2026-02-01", "2026-01-01"),
        ("[0.2.0]", "[0.0.9]"),
        ("[0.2.0]", "[0.1.0]"),
        ("[0.2.0]", "[0.9.0]"),
    ],
)
def test_what_is_not_in_form_is_noticed(there, instead):
    assert there in GOOD
    with pytest.raises((AssertionError, ValueError)):
        check(GOOD.replace(there, instead, 1), "0.3.0")

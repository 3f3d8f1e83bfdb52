"""The wheel in a new virtual environment, used from an empty folder: nothing comes from the checkout."""

import csv

import pytest

import ants_async

pytest.importorskip("build", reason="`nox -s package` has what builds distributions")

PEOPLE = "to,name\n66812345678,Anna\n66812345679,สมชาย\n66812345680,Bo\n"
ALL_NAMES = """
import ants_async
missing = []
for name in ants_async.__all__:
    try:
        getattr(ants_async, name)
    except ants_async.ConfigurationError as error:
        missing.append(f"{name}: {error}")
print(len(ants_async.__all__), missing)
"""


class TestWithAllExtras:
    def test_the_version(self, with_all):
        assert with_all.run("ants-async", "--version") == f"ants-async {ants_async.__version__}\n"

    def test_a_simulated_campaign_reaches_everybody(self, with_all):
        (with_all.folder / "people.csv").write_text(PEOPLE, encoding="utf-8")
        campaign = ("campaign", "run", "people.csv", "--text", "สวัสดี {name}", "--sender", "ANTS")
        with_all.run("ants-async", *campaign, "--simulate", "--results", "out.csv")
        with (with_all.folder / "out.csv").open(encoding="utf-8", newline="") as lines:
            rows = list(csv.DictReader(lines))
        assert [row["to"] for row in rows] == ["66812345678", "66812345679", "66812345680"]
        assert {row["outcome"] for row in rows} <= {"final", "rejected"}

    def test_all_public_names_are_there(self, with_all):
        assert with_all.run("python", "-c", ALL_NAMES) == f"{len(ants_async.__all__)} []\n"

    def test_it_is_the_installed_one(self, with_all):
        told = with_all.run("python", "-c", "import ants_async; print(ants_async.__file__)")
        assert told.startswith(str(with_all.folder.parent / "venv"))

    def test_what_it_requires_fits_together(self, with_all):
        with_all.run("pip", "check")


class TestWithoutExtras:
    def test_only_what_needs_one_is_missing_and_says_which(self, alone):
        missing = ["PostgresLedger: this needs the extra 'scaleout': pip install 'ants-async[scaleout]'"]
        assert alone.run("python", "-c", ALL_NAMES) == f"{len(ants_async.__all__)} {missing}\n"

    def test_the_command_says_what_it_needs(self, alone):
        told = alone.run("ants-async", "--version", code=2)
        assert told == "ants-async needs its terminal extra: pip install 'ants-async[cli]'\n"

    def test_texts_are_counted(self, alone):
        program = "from ants_async.text import count_parts; print(count_parts('สวัสดี'))"
        assert alone.run("python", "-c", program) == "1\n"

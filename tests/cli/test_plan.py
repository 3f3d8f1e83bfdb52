"""`ants-async campaign plan`: what a campaign would take; it needs no account."""

import json
import random
import subprocess
import sys
from collections import Counter
from decimal import Decimal
from pathlib import Path

import pytest

from ants_async.text import analyze, count_parts

A, B, C, D = (f"6684778147{n}" for n in range(4))


@pytest.fixture(autouse=True)
def workplace(tmp_path, monkeypatch):
    """An empty folder, and nobody to send with."""
    monkeypatch.chdir(tmp_path)
    for name in ("ANTS_BASE_URL", "ANTS_USERNAME", "ANTS_PASSWORD", "ANTS_API_KEY"):
        monkeypatch.delenv(name, raising=False)


def write(*rows, head="to,text"):
    Path("list.csv").write_text("\n".join([head, *rows, ""]), encoding="utf-8")


@pytest.fixture
def plan(data):
    return lambda *words: data("campaign", "plan", "list.csv", *words)


def facts(shown):
    return dict(line.split("\t")[:2] for line in shown.splitlines())


class TestCounts:
    @pytest.fixture(autouse=True)
    def rows(self):
        write(
            f"{A},Hi",
            f"{B},It’s “me”",
            f"{C},สวัสดี {'ก' * 200}",
            "12,Bad",
            f"{A},Hi",
            f"{D},{'x’' * 40}",
            "34,",
        )

    def test_in_json(self, plan):
        found = plan("--price", "0.50", "--chunk", "2")
        assert found.pop("longest") == [
            {"row": 4, "to": C, "parts": 4, "text": f"สวัสดี {'ก' * 200}"},
            {"row": 7, "to": D, "parts": 2, "text": "x’" * 40},
            {"row": 3, "to": B, "parts": 1, "text": "It’s “me”"},
            {"row": 2, "to": A, "parts": 1, "text": "Hi"},
        ]
        assert [(bad["row"], bad["to"]) for bad in found.pop("bad_rows")] == [(5, "12"), (8, "34")]
        assert found == {
            "recipients": 4,
            "duplicates": 1,
            "suppressed": 0,
            "bad": 2,
            "changed": 0,
            "changed_numbers": [],
            "fixed_lines": 0,
            "encoding": "utf-8",
            "requests": 2,
            "parts": 8,
            "by_parts": {"1": 2, "2": 1, "3+": 1},
            "encodings": {"GSM7": 1, "UCS2": 3},
            "forcing_ucs2": [
                {"what": "’", "name": "RIGHT SINGLE QUOTATION MARK", "recipients": 2, "instead": "'"},
                {"what": "Thai", "name": "letters and marks", "recipients": 1, "instead": None},
                {"what": "“", "name": "LEFT DOUBLE QUOTATION MARK", "recipients": 1, "instead": '"'},
                {"what": "”", "name": "RIGHT DOUBLE QUOTATION MARK", "recipients": 1, "instead": '"'},
            ],
            "avoidable_texts": 1,
            "avoidable_parts": 1,
            "price": "0.50",
            "cost": "4.00",
            "currency": "THB",
        }

    def test_in_lines(self, done):
        shown = done("campaign", "plan", "list.csv", "--price", "0.5", "--currency", "CREDIT")
        found = facts(shown)
        assert (found["recipients"], found["duplicates"], found["bad rows"]) == ("4", "1", "2")
        assert (found["of 1 part"], found["of 2 parts"], found["of 3+ parts"]) == ("2", "1", "1")
        assert (found["in GSM7"], found["in UCS2"]) == ("1", "3")
        assert found["cost"] == "4.00 CREDIT, estimated"
        assert found["with plain characters"] == "1 parts fewer, 0.50 CREDIT, in 1 texts"
        assert "’\tRIGHT SINGLE QUOTATION MARK\t2\t'" in shown
        assert f"4\t{C}\t4\t2.00\tสวัสดี กกก" in shown
        assert "5\t12\tto: an international number" in shown

    def test_without_a_price_nothing_is_said_of_money(self, done, plan):
        assert "THB" not in done("campaign", "plan", "list.csv")
        assert plan()["cost"] is None

    def test_on_a_terminal_they_are_tables(self, done, at_a_terminal):
        shown = done("campaign", "plan", "list.csv", "--price", "0.5")
        assert "│ recipients" in shown
        assert f"│   4 │ {C} │     4 │ 2.00 │ สวัสดี" in shown


def test_it_is_what_a_run_would_do(plan):
    """The same rows counted without the shortcuts."""
    rng = random.Random(7)
    texts = ["".join(rng.choices("ab’“é́ก๑€😀ш", k=rng.randrange(1, 200))) for _ in range(300)]
    write(*(f'{66800000000 + n},"{text}"' for n, text in enumerate(texts)))
    found = plan("--chunk", "7")
    analyses = [analyze(text) for text in texts]
    assert found["parts"] == sum(one.parts for one in analyses)
    assert found["encodings"] == {"GSM7": 0, "UCS2": 0} | Counter(one.encoding for one in analyses)
    fewer = [one.parts - count_parts(one.suggestion) for one in analyses if one.suggestion is not None]
    assert (found["avoidable_texts"], found["avoidable_parts"]) == (sum(n > 0 for n in fewer), sum(fewer))
    assert found["requests"] == -(-300 // 7)


def test_accents_count_as_what_their_letters_could_do_without(plan):
    write(f"{A},{'o' + chr(0x301) + 'x' * 80}")
    found = plan()
    assert found["forcing_ucs2"][0]["name"] == "COMBINING ACUTE ACCENT"
    assert (found["avoidable_texts"], found["avoidable_parts"]) == (1, 1)


def test_a_template_is_filled(plan):
    write(f"{A},{'x' * 200}", head="to,name")
    assert plan("--text", "Hi {name}")["parts"] == 2


def test_money_is_exact(plan):
    write(*(f"{66800000000 + n},x" for n in range(3)))
    assert Decimal(plan("--price", "0.1")["cost"]) == Decimal("0.3")


def test_only_the_first_bad_rows_are_shown(done):
    write(*(f"{n},x" for n in range(9)))
    assert "why it cannot be sent (and 4 more)" in done("campaign", "plan", "list.csv")


@pytest.mark.parametrize(
    ("words", "named"),
    [
        (("none.csv",), "none.csv: No such file"),
        (("list.csv", "--price", "much"), "--price: 'much'"),
        (("list.csv", "--price", "-1"), "--price: '-1'"),
        (("list.csv", "--price", "nan"), "--price"),
        (("list.csv", "--text", "{name}"), "no column 'name'"),
        (("list.csv", "--to-column", "phone"), "no column 'phone'"),
        (("list.csv", "--sender", "MY SHOP"), "sender: 'MY SHOP'"),
        (("list.csv", "--send-at", "soon"), "--send-at: 'soon'"),
        (("list.csv", "--send-at", "2020-01-01T00:00"), "a day ago at most"),
    ],
)
def test_what_cannot_be_planned_is_named(refused, words, named):
    write(f"{A},Hi")
    assert named in refused("campaign", "plan", *words)


def test_memory_does_not_grow_with_the_file():
    program = """
import resource, sys
from click.testing import CliRunner
from ants_async.cli.root import cli
peaks = []
for name in ("list.csv", "large.csv"):
    result = CliRunner().invoke(cli, ["campaign", "plan", name, "--json"])
    assert result.exit_code == 0, result.output
    peaks.append(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
print(peaks[1] - peaks[0])
"""
    write(*(f"{66800000000 + n},Hello {n}" for n in range(2_000)))
    with Path("large.csv").open("w", encoding="utf-8") as file:
        file.write("to,text\n")
        file.writelines(f"{66800000000 + n},สวัสดี {n}\n" for n in range(60_000))
    grown = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert json.loads(grown.stdout) < 8_000, "kilobytes, for a file of 2 MB and its numbers"

"""`ants-async campaign report`: a page from a ledger, or from a database."""

import json
import re
from pathlib import Path

import pytest
from browser import opened
from scaleout_commands import worker

LEDGER = ("--ledger", "l.db")


@pytest.fixture
def sent(api, done):
    """A campaign that has reached nine of ten."""
    numbers = [66847781470 + n for n in range(10)]  # the phone of the second one is off
    Path("people.csv").write_text("to,text\n" + "".join(f"{n},Hi\n" for n in [*numbers, numbers[0]]))
    done("campaign", "run", "people.csv", "--id", "may", *LEDGER)
    return done


def data(page):
    return json.loads(re.search(r'id="data">(.*?)</script>', page, re.DOTALL)[1])


def test_it_stands_beside_and_is_named_after_the_campaign(sent):
    assert sent("campaign", "report", "may", *LEDGER) == "report: may.report.html\n"
    page = Path("may.report.html").read_text(encoding="utf-8")
    assert "people.csv" in page
    assert str(Path.cwd()) not in page, "where the list stands concerns nobody"
    assert data(page)["rows"][0][:2] == [3, "66847781471"]


@pytest.fixture
def known(sent):
    """What the ledger says, and a report beside it."""
    sent("campaign", "report", "may", *LEDGER)
    facts = json.loads(sent("campaign", "status", "may", *LEDGER, "--json"))
    return {**facts, "page": Path("may.report.html").absolute().as_uri()}


async def test_its_numbers_are_those_of_the_ledger(known):
    async with opened(known["page"]) as page:
        shown = await page.locator(".funnel .count").all_inner_texts()
        fates = await page.locator(".fates td:nth-child(2)").all_inner_texts()
        assert page.complaints == []
    assert list(map(int, shown)) == [
        known["total"] + known["duplicates"],
        known["total"],
        known["accepted"] + known["final"],
        known["by_group"]["DELIVERED"],
    ]
    assert sum(map(int, fates[:-2])) == int(fates[-2]) == known["total"]
    assert int(fates[-1]) == known["duplicates"] == 1


def test_a_price_a_place_a_language_and_masks_are_options(sent):
    options = ("--price", "0.40", "--output", "out.html", "--lang", "th", "--mask-numbers")
    sent("campaign", "report", "may", *LEDGER, *options)
    page = Path("out.html").read_text(encoding="utf-8")
    assert '<html lang="th">' in page
    assert "66847781471" not in page


def test_it_replaces_a_report_and_nothing_else(sent, refused):
    for _ in range(2):
        sent("campaign", "report", "may", *LEDGER)
    said = refused("campaign", "report", "may", *LEDGER, "--output", "people.csv")
    assert "--output people.csv: is there already, and holds something else than a report" in said
    assert Path("people.csv").read_text().startswith("to,text\n")


def test_on_request_the_browser_shows_it(sent, monkeypatch):
    shown = []
    monkeypatch.setattr("webbrowser.open", shown.append)
    sent("campaign", "report", "may", *LEDGER, "--open")
    assert shown == [Path("may.report.html").absolute().as_uri()]


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["june"], "no campaign 'june' in this ledger; there are: may"),
        (["may", "--price", "much"], "--price: 'much' is not valid"),
        (["may", "--output", "nowhere/out.html"], "--output nowhere/out.html: cannot be written there"),
        (["may", "--output", "."], "--output .: cannot be written there"),
    ],
)
@pytest.mark.usefixtures("sent")
def test_what_cannot_be_done_is_told_in_a_line(refused, words, said):
    assert said in refused("campaign", "report", *words, *LEDGER)
    assert not list(Path().glob("*.html"))


@pytest.mark.usefixtures("place")
def test_of_a_database_too(finished, done):
    with worker():
        finished()
    assert done("campaign", "report", "songkran") == "report: songkran.report.html\n"
    assert "songkran" in Path("songkran.report.html").read_text(encoding="utf-8")

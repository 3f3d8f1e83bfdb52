"""How far a run is, in words."""

import io
import re

import attrs
import pytest

from ants_async.cli.progress import Display, LiveDisplay, Reading, Tally, by_group, display
from ants_async.cli.terminal import Terminal
from ants_async.dispatch import MemoryLedger
from ants_async.dispatch.campaign import Campaign, Outcome, OutcomeKind
from ants_async.models.statuses import STATUSES

NUMBER = "66812345678"
STREAM = [
    Outcome(OutcomeKind.ACCEPTED, 2, NUMBER),
    Outcome(OutcomeKind.ACCEPTED, 3, NUMBER),
    Outcome(OutcomeKind.DUPLICATE, 4, NUMBER),
    Outcome(OutcomeKind.REJECTED, 5, NUMBER),
    Outcome(OutcomeKind.FINAL, 2, NUMBER, status=STATUSES[5]),
    Outcome(OutcomeKind.UNRESOLVED, 3, NUMBER),
]


@pytest.fixture
def tally():
    return Tally(1_000, started=10.0, last_answer=10.0)


async def test_it_counts_what_the_stream_yields():
    tally = Tally(1_000)
    for outcome in STREAM:
        tally.add(outcome)
    assert str(tally).startswith("sent 3 of 999 · DELIVERED 1 · rejected 1 · unresolved 1 · duplicates 1 · ")


def test_the_rate_is_up_to_the_latest_answer(tally):
    tally.answered_now, tally.last_answer = 300, 12.0
    assert tally.rate == 150


def test_the_rate_of_nothing_is_zero(tally):
    assert tally.rate == 0


def test_groups_are_named_in_one_order_the_good_one_first():
    groups = {"STRANGE": 1, "REJECTED": 2, "DELIVERED": 3_000, "EXPIRED": 0}
    assert by_group(groups) == ["DELIVERED 3,000", "REJECTED 2", "STRANGE 1"]


def test_a_pipe_gets_plain_lines_where_there_is_news(tally):
    out = io.StringIO()
    with display(tally, Terminal(file=out)) as screen:
        assert type(screen) is Display
        screen.draw()
        screen.draw()
        tally.unresolved = 1
    assert out.getvalue() == "sent 0 of 1,000 · 0/s\nsent 0 of 1,000 · unresolved 1 · 0/s\n"


def test_a_terminal_gets_a_bar_and_its_cursor_back(tally):
    out = io.StringIO()
    with display(tally, Terminal(file=out, force_terminal=True, width=100)) as screen:
        assert type(screen) is LiveDisplay
    assert re.search("━.*\\n.*sent 0 of 1,000 · 0/s", out.getvalue()), "the bar, below it the line"
    assert out.getvalue().rstrip().endswith("\x1b[?25h")


def test_a_list_is_read_by_rows_and_cut_into_requests():
    reading = Reading(2_000, rows=1_500, requests=1)
    assert (str(reading), reading.done) == ("read 1,500 of 2,000 · requests 1", 1_500)


async def test_a_campaign_that_others_send_is_counted_by_their_ledger(tally):
    async with MemoryLedger() as ledger:
        await ledger.open_campaign(Campaign("may"), None, reads_source=True, now=0.0)
        summary = await ledger.summary("may")
    tally.see(attrs.evolve(summary, accepted=3, final=2, planned=5, rejected=1, by_group={"DELIVERED": 2}))
    assert (tally.total, tally.done, tally.answered_now) == (1_000, 6, 6)
    assert str(tally).startswith("sent 6 of 1,000 · DELIVERED 2 · rejected 1 · ")
    tally.see(attrs.evolve(summary, final=11, duplicates=1, source_read=True))
    assert (tally.total, tally.done, tally.answered_now) == (11, 11, 11)

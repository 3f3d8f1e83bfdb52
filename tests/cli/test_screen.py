"""What a terminal shows while a campaign runs."""

import io
import re
from math import inf

import pytest

from ants_async.cli.progress import Tally
from ants_async.cli.screen import CampaignScreen, Pace
from ants_async.cli.terminal import Terminal
from ants_async.dispatch.campaign import Outcome, OutcomeKind
from ants_async.models.delivery_errors import DELIVERY_ERRORS
from ants_async.models.statuses import STATUSES

NUMBER = "66812345678"
ABSENT = DELIVERY_ERRORS[27].name


class Clock:
    def __init__(self):
        self.now = 100.0

    def __call__(self):
        return self.now


@pytest.fixture
def tally():
    """A hundred of two hundred are sent, in ten seconds."""
    found = Tally(200, answered=100, answered_now=100, started=90.0, last_answer=100.0)
    for status, error, count in ((5, None, 60), (9, ABSENT, 7), (15, None, 2)):
        for _ in range(count):
            found.add(Outcome(OutcomeKind.FINAL, 1, NUMBER, status=STATUSES[status], error=error))
    return found


def shown(tally, *, width=80, limit=None, title="songkran", later=0):
    """The picture, as text; the second one where there is a `later`, with so many answered meanwhile."""
    clock, out = Clock(), io.StringIO()
    console = Terminal(file=out, width=width, force_terminal=False)
    screen = CampaignScreen(tally, console, title=title, limit=limit, clock=clock)
    if later:
        clock.now += 2.0
        tally.answered += later
        tally.answered_now += later
    picture = screen._picture()
    screen.close()
    out.truncate(0)
    out.seek(0)
    console.print(picture)
    return out.getvalue()


def test_it_says_how_far_the_campaign_is_and_where_everybody_is(tally):
    found = shown(tally, later=20)
    assert "sent 120 of 200 (60%)" in found
    assert "10/s · 8 s left" in found
    assert found.index("DELIVERED") < found.index("UNDELIVERABLE") < found.index("EXPIRED")
    assert re.search(r"wait for a final status +51\b", found)
    assert "duplicates" not in found


def test_when_all_are_sent_it_says_how_fast_that_went(tally):
    tally.total = 100
    assert "10/s on average" in shown(tally)


def test_the_most_frequent_errors_stand_with_what_to_do_about_them(tally):
    found = shown(tally)
    assert f"{ABSENT}" in found
    assert "7  Send it again later" in found
    assert found.index(ABSENT) < found.index(STATUSES[15].name)


@pytest.mark.parametrize(("rate", "said"), [(48.6, "limit 49 requests/s"), (inf, "songkran")])
def test_the_limit_that_was_learnt_is_told_where_there_is_one(tally, rate, said):
    found = shown(tally, limit=lambda: rate)
    assert said in found
    assert ("limit" in found) is (rate < inf)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_it_fits_every_terminal(tally, width):
    tally.errors[("X" * 200, STATUSES[15].advice)] = 3
    lines = shown(tally, width=width, title="c" * 100).splitlines()
    assert max(map(len, lines)) <= width
    assert len(lines) < 24


def test_what_a_server_writes_moves_no_cursor(tally):
    tally.errors[("\x1b[2Jboo", STATUSES[15].advice)] = 3
    assert "\x1b" not in shown(tally, title="a\x1b[31m")


async def test_a_server_that_invents_reasons_costs_a_bounded_memory(tally):
    for number in range(3000):
        tally.add(Outcome(OutcomeKind.REJECTED, 1, NUMBER, error=f"reason {number}"))
    assert len(tally.errors) == 1000
    assert tally.rejected == 3000


def test_the_pace_is_that_of_the_last_seconds():
    pace = Pace()
    assert pace.see(0.0, 0) == 0.0
    assert pace.see(1.0, 100) == 100.0
    for second in range(2, 20):
        latest = pace.see(float(second), 100 + 10 * (second - 1))
    assert latest == 10.0

"""Clients keep the goals on cases that no constant was chosen with; and a client that does not is noticed."""

from collections import deque
from unittest import mock

import anyio
import pytest

from ants_async.transport.adaptive import AdaptivePace
from ants_async.transport.fixed import Pacer
from ants_async.transport.retry import RetryBudget
from ants_async.transport.transport import Transport
from storms.cases import FIRST_SEED, LIMITS, SPENT_LIMITS, TUNING_LIMITS, Case, play
from storms.wholes import check_melt_down, check_two_clients, check_waiters

SELECTION = [
    Case("steady", "fixed window", 0.05, "honest", 43, FIRST_SEED),
    Case("steady", "sliding window", 0.005, "none", 21, FIRST_SEED),
    Case("steady", "token bucket", 0.3, "none", 60, FIRST_SEED),
    Case("steady", "fixed window", 0.3, "none", 5, FIRST_SEED),
    Case("second client", "fixed window", 0.05, "none", 21, FIRST_SEED),
    Case("second client", "token bucket", 0.005, "honest", 5, FIRST_SEED),
    Case("halves", "sliding window", 0.3, "honest", 43, FIRST_SEED),
    Case("halves", "fixed window", 0.05, "none", 60, FIRST_SEED),
    Case("doubles", "fixed window", 0.005, "none", 43, FIRST_SEED),
    Case("doubles", "sliding window", 0.05, "honest", 21, FIRST_SEED),
    Case("storm", "fixed window", 0.05, "one", 43, FIRST_SEED),
    Case("storm", "token bucket", 0.3, "none", 60, FIRST_SEED),
    Case("storm", "sliding window", 0.3, "honest", 5, FIRST_SEED),
]


@pytest.mark.parametrize("case", SELECTION, ids=str)
def test_a_case_keeps_its_goals(case):
    assert play(case).breaches == ()


def test_a_case_replays_exactly():
    case = SELECTION[0]
    assert play(case) == play(case)


def test_no_limit_is_both_tuned_on_and_judged_by():
    assert not {*TUNING_LIMITS, *SPENT_LIMITS} & set(LIMITS)


@pytest.mark.parametrize(
    ("server", "trip", "retry_after"), [("fixed window", 0.3, "1"), ("token bucket", 0.005, None)]
)
def test_nobody_starves_in_the_line_of_a_whole_client(server, trip, retry_after):
    _, breaches = check_waiters(server, 21, trip, FIRST_SEED, retry_after)
    assert breaches == []


def test_two_whole_clients_share_an_account():
    _, breaches = check_two_clients("token bucket", 21, 0.05, FIRST_SEED)
    assert breaches == []


@pytest.mark.parametrize("share", [0.1, 0.5, 1.0])
def test_a_failing_server_is_not_melted_down(share):
    _, breaches = check_melt_down(share, 21, 0.05, FIRST_SEED)
    assert breaches == []


class TestAPlantedBugIsNoticed:
    def test_a_rate_that_is_halved_by_each_429_and_grows_by_one_a_second(self):
        def halve(self, now, asked):
            self.ceiling, self.rate, self.last_cut = self.rate, self.rate / 2, now

        with (
            mock.patch.object(AdaptivePace, "_cut", halve),
            mock.patch.object(AdaptivePace, "_growth", lambda self, now: 1 / self.rate),
        ):
            assert noticed("goodput", "steady", "fixed window", 0.05, "none", 43)

    def test_a_cut_that_is_none(self):
        def keep(self, now, asked):
            self.ceiling, self.last_cut = self.rate, now

        with mock.patch.object(AdaptivePace, "_cut", keep):
            assert noticed("requests refused", "halves", "fixed window", 0.3, "none", 43)

    def test_growth_that_stops_at_the_ceiling(self):
        real = AdaptivePace._growth

        def content(self, now):
            return 0.0 if self.ceiling and self.rate >= self.ceiling else real(self, now)

        with mock.patch.object(AdaptivePace, "_growth", content):
            assert noticed("goodput", "doubles", "sliding window", 0.05, "none", 21)

    def test_a_retry_after_that_the_other_waiters_do_not_see(self):
        with mock.patch.object(AdaptivePace, "_hold"):
            assert noticed("inside the storm", "storm", "fixed window", 0.05, "honest", 43)

    def test_a_retry_after_of_one_second_that_is_obeyed_for_ever(self):
        with mock.patch.object(AdaptivePace, "_storm_pause", return_value=1.0):
            assert noticed("inside the storm", "storm", "fixed window", 0.005, "one", 43)

    def test_a_line_in_which_the_last_comes_first(self):
        lines = {}

        async def acquire(self):
            line, mine = lines.setdefault(self, deque()), anyio.Event()
            line.append(mine)
            if len(line) == 1:
                mine.set()
            await mine.wait()
            await anyio.sleep(max(0.0, self._pace.due - anyio.current_time()))
            self._pace.leave(anyio.current_time())
            line.remove(mine)
            if line:
                line[-1].set()

        with mock.patch.object(Pacer, "acquire", acquire):
            _, breaches = check_waiters("token bucket", 21, 0.05, FIRST_SEED)
        assert "starved" in breaches[0]

    def test_a_budget_that_never_runs_out(self):
        with mock.patch.object(RetryBudget, "spend", return_value=True):
            _, breaches = check_melt_down(1.0, 21, 0.05, FIRST_SEED)
        assert "allowed" in breaches[0]

    def test_a_pace_that_rises_with_the_failures_of_a_server(self):
        real = Transport._once

        async def encouraged(self, endpoint, *args, **attempt):
            try:
                return await real(self, endpoint, *args, **attempt)
            finally:
                self.limiters[endpoint.family].succeeded()

        with mock.patch.object(Transport, "_once", encouraged):
            _, breaches = check_melt_down(1.0, 21, 0.05, FIRST_SEED)
        assert any("more than the server takes" in breach for breach in breaches)


def noticed(words, *case):
    """Whether the judge says so of this case."""
    return any(words in breach for breach in play(Case(*case, FIRST_SEED)).breaches)

"""Campaigns by seed keep the promise; and a broken promise is noticed."""

from unittest import mock

import attrs
import pytest

from ants_async.dispatch import sending, tracking
from ants_async.dispatch.ledger import SqliteLedger, chunks
from ants_async.dispatch.sending import Sender
from ants_async.transport import retry
from simulation.campaign import Breach, simulate

SEEDS = range(200)

# What a process that died leaves open is never closed: that is what dying means.
pytestmark = pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")


@pytest.mark.parametrize("first", range(0, len(SEEDS), 20))
def test_the_promise_is_kept(first):
    reports = [simulate(seed) for seed in SEEDS[first : first + 20]]
    assert sum(report.messages for report in reports) > 100
    assert sum(report.faults.total() for report in reports) > 0


def test_a_seed_replays_exactly():
    assert simulate(7) == simulate(7)


def noticed(words, seeds=range(100)):
    """Whether the checker says this of any seed."""
    for seed in seeds:
        try:
            simulate(seed)
        except Breach as breach:
            if words in str(breach):
                return True
    return False


class TestAPlantedBugIsNoticed:
    def test_a_new_id_after_a_crash(self):
        real = chunks.load

        def fresh(connection, campaign, key):
            chunk = real(connection, campaign, key)
            changed = tuple(attrs.evolve(one, message_id=f"{one.message_id}X") for one in chunk.messages)
            return attrs.evolve(chunk, messages=changed)

        with mock.patch.object(chunks, "load", fresh):
            assert noticed("texted twice")

    def test_sends_without_ids_repeated_blindly(self):
        with mock.patch.object(Sender, "_look_up", lambda self, chunk, **_: _same(chunk)):
            assert noticed("texted twice")

    def test_unclear_sends_repeated_by_the_transport(self):
        real = retry.retrying

        def harmless(policy, budget, repeat, rng, **options):
            return real(policy, budget, retry.Repeat.HARMLESS, rng, **options)

        with mock.patch("ants_async.transport.transport.retrying", harmless):
            assert noticed("texted twice")

    def test_an_answer_that_is_not_written_down(self):
        real, count = SqliteLedger.answered, iter(range(10**9))

        async def forgetful(self, chunk, answers, now):
            if next(count) % 3 == 0:
                answers = answers[1:]
            return await real(self, chunk, answers, now)

        with mock.patch.object(SqliteLedger, "answered", forgetful):
            assert noticed("lost or doubled in the ledger")

    def test_a_report_that_is_dropped(self):
        real = SqliteLedger.settle

        async def dropping(self, campaign, bulk, reports):
            return await real(self, campaign, bulk, dict(list(reports.items())[1:]))

        with mock.patch.object(SqliteLedger, "settle", dropping):
            assert noticed("longer than")

    def test_reports_of_others_that_are_taken(self):
        real = tracking.Tracker._ask_reports

        async def greedy(self, bulk):
            await self._client.reports.fetch(limit=1000)
            return await real(self, bulk)

        with mock.patch.object(tracking.Tracker, "_ask_reports", greedy):
            assert noticed("a stranger's report was taken")

    def test_a_task_that_is_left_behind(self):
        import asyncio

        real = Sender.deliver
        left = []

        async def leaky(self, chunk, **options):
            left.append(asyncio.get_running_loop().create_task(asyncio.sleep(10**6)))
            await real(self, chunk, **options)

        with mock.patch.object(Sender, "deliver", leaky):
            assert noticed("tasks left behind")

    def test_somebody_given_up_too_early(self):
        with mock.patch.object(sending, "LOG_WINDOW", sending.LOG_WINDOW * 0):
            assert noticed("given up")


async def _same(chunk):
    return chunk

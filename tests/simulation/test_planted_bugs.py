"""A broken promise is noticed: for each part of it a bug is planted, and the judge sees it."""

import asyncio
import math
from unittest import mock

import attrs

from ants_async.dispatch import lookback, run
from ants_async.dispatch.inquiry import Inquiry
from ants_async.dispatch.leaving import Gate
from ants_async.dispatch.ledger import SqliteLedger, suppressed
from ants_async.dispatch.lookback import Lookback
from ants_async.dispatch.run import Run
from ants_async.dispatch.sending import Sender
from ants_async.dispatch.suppression import SuppressionList
from ants_async.dispatch.tracking import Tracker
from ants_async.resources.reports import Logs
from ants_async.transport import retry
from ants_async.webhooks import Push
from simulation.campaign import simulate
from simulation.judge import Breach
from simulation.scenario import FIRST, draw_people


def few(rng):
    return draw_people(rng, rng.randint(1, 20))


def many(rng):
    return draw_people(rng, 99)


def noticed(words, people=few):
    """Whether the judge says this of any seed."""
    with mock.patch("simulation.campaign.draw_people", people):
        for seed in range(100):
            try:
                simulate(seed)
            except Breach as breach:
                if words in str(breach):
                    return True
    return False


class TestNobodyIsTextedTwice:
    def test_a_new_id_on_a_repeat_after_a_crash(self):
        real = SqliteLedger.chunk

        async def fresh(self, campaign, key):
            chunk = await real(self, campaign, key)
            changed = [f"{one}X" for one in chunk.messages.ids]
            return attrs.evolve(chunk, messages=attrs.evolve(chunk.messages, ids=changed))

        with mock.patch.object(SqliteLedger, "chunk", fresh):
            assert noticed("texted twice")

    def test_sends_without_ids_repeated_blindly(self):
        async def same(self, chunk, **_):
            return chunk

        with mock.patch.object(Lookback, "look_up", same):
            assert noticed("texted twice")

    def test_unclear_sends_repeated_by_the_transport(self):
        real = retry.repeating

        async def harmless(work, policy, budget, repeat, rng, **options):
            return await real(work, policy, budget, retry.Repeat.HARMLESS, rng, **options)

        with mock.patch("ants_async.transport.transport.repeating", harmless):
            assert noticed("texted twice")

    def test_a_strangers_text_to_the_same_number_taken_for_ours(self):
        """Then ours is never sent."""
        real = Logs._page

        async def misread(self, *args):
            page = await real(self, *args)
            results = (attrs.evolve(one, text=f"Hello n{int(one.to) - FIRST}") for one in page.results)
            return attrs.evolve(page, results=tuple(results))

        with mock.patch.object(Logs, "_page", misread):
            assert noticed("the ledger says")


class TestNobodyIsTextedAgainstASuppressionList:
    def test_one_that_whoever_goes_on_has_to_bring_again(self):
        def given(_, more):
            yield from ()
            return more or SuppressionList()

        with mock.patch.object(suppressed, "suppress", given):
            assert noticed("is not to be texted")


class TestNobodyIsTextedInQuietHours:
    def test_what_waits_for_its_turn_when_they_begin(self):
        async def turn(self, _, acquire):
            return await self._turn(acquire)

        with mock.patch.object(Gate, "_has_turn", turn):
            assert noticed("sent in quiet hours", many)


class TestNobodyIsLost:
    def test_an_answer_that_is_not_written_down(self):
        real, count = SqliteLedger.answered, iter(range(10**9))

        async def forgetful(self, chunk, answers, now):
            return await real(self, chunk, answers[1:] if next(count) % 3 == 0 else answers, now)

        with mock.patch.object(SqliteLedger, "answered", forgetful):
            assert noticed("lost or doubled in the ledger")

    def test_a_chunk_that_never_reached_the_disk(self):
        real, count = SqliteLedger.begin, iter(range(10**9))

        async def lost(self, campaign, messages, attempted_at):
            chunk = await real(self, campaign, messages, attempted_at)
            if next(count) % 5 == 0:
                forget = "UPDATE chunk SET campaign = 0 WHERE key = ?"
                await self._database.run(lambda connection: connection.execute(forget, (chunk.key,)))
            return chunk

        with mock.patch.object(SqliteLedger, "begin", lost):
            assert noticed("lost or doubled in the ledger")

    def test_a_report_that_is_dropped(self):
        real = SqliteLedger.settle

        async def dropping(self, campaign, bulk, reports):
            return await real(self, campaign, bulk, dict(list(reports.items())[1:]))

        with mock.patch.object(SqliteLedger, "settle", dropping):
            assert noticed("longer than")

    def test_reports_that_died_with_a_process_and_are_not_looked_for(self):
        async def never(self, bulk):
            return 0, 1

        with mock.patch.object(Inquiry, "logs", never):
            assert noticed("longer than")

    def test_somebody_given_up_too_early(self):
        with mock.patch.object(lookback, "LOG_WINDOW", lookback.LOG_WINDOW * 0):
            assert noticed("given up")


class TestOneLastWordEachAndATrueOne:
    def test_a_last_word_said_twice(self):
        real = Run._emit

        async def twice(self, outcomes):
            told = list(outcomes)
            await real(self, [*told, *told[:1]])

        with mock.patch.object(Run, "_emit", twice):
            assert noticed("two last words")

    def test_reports_matched_by_position(self):
        real = SqliteLedger.settle

        async def in_order(self, campaign, bulk, reports):
            ids = await self.waiting(campaign, bulk)
            return await real(self, campaign, bulk, dict(zip(ids, reports.values(), strict=False)))

        with mock.patch.object(SqliteLedger, "settle", in_order):
            assert noticed("the ledger says")

    def test_a_forged_push_that_is_believed(self):
        with mock.patch.object(Push, "is_authentic", return_value=True):
            assert noticed("forged")

    def test_a_push_to_a_path_without_the_token_that_is_taken(self):
        with mock.patch.object(Push, "is_path", return_value=True):
            assert noticed("forged")


class TestReportsOfOthersAreLeftAlone:
    def test_a_pull_without_a_filter(self):
        real = Inquiry.reports

        async def greedy(self, bulk):
            await self._client.reports.fetch(limit=1000)
            return await real(self, bulk)

        with mock.patch.object(Inquiry, "reports", greedy):
            assert noticed("strangers' reports were taken")


class TestMemoryIsBounded:
    def test_the_source_read_to_its_end_at_once(self):
        real = Run._read

        async def eager(self, recipients, *rest):
            await real(self, list(recipients), *rest)

        with mock.patch.object(Run, "_read", eager):
            assert noticed("recipients read ahead")

    def test_doubled_rows_kept_until_the_end(self):
        def doubled(rng):
            return draw_people(rng) * 200

        with mock.patch.object(run, "ROWS_A_TURN", 10**9):
            assert noticed("odd rows read ahead", doubled)

    def test_a_slow_reader_who_holds_back_nobody(self):
        real = Run.__init__

        def boundless(self, dispatcher, opened, outcomes, *rest):
            outcomes._state.max_buffer_size = math.inf
            real(self, dispatcher, opened, outcomes, *rest)

        with mock.patch.object(Run, "__init__", boundless):
            assert noticed("outcomes wait for the reader", many)

    def test_bulks_followed_for_ever(self):
        class Keeping(dict):
            def pop(self, key, default=None):
                return default

        real = Tracker.__init__

        def keeping(self, *args, **options):
            real(self, *args, **options)
            self._followed = Keeping()

        with mock.patch.object(Tracker, "__init__", keeping):
            assert noticed("still followed at the end")

    def test_a_task_that_is_left_behind(self):
        real = Sender.deliver
        left = []

        async def leaky(self, chunk, **options):
            left.append(asyncio.get_running_loop().create_task(asyncio.sleep(10**6)))
            await real(self, chunk, **options)

        with mock.patch.object(Sender, "deliver", leaky):
            assert noticed("tasks left behind")

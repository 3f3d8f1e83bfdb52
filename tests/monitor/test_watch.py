"""Looks into a ledger: the same for all who watch, and over when they are to be."""

from contextlib import aclosing

import anyio
import pytest
from ledger_work import CAMPAIGN, begun, tracked
from report_outcomes import summary
from virtual_time import virtual_time

from ants_async.dispatch import MemoryLedger
from ants_async.dispatch.campaign import Campaign, CampaignState
from ants_async.errors import LedgerError
from ants_async.monitor import Watch


class Broken:
    """A ledger that cannot be read for a while."""

    def __init__(self, *answers):
        self.answers = list(answers)

    async def campaigns(self):
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer


async def first(watch):
    async with aclosing(watch.updates()) as updates:
        return await anext(updates)


async def test_it_shows_the_counts_of_the_ledger():
    async with MemoryLedger() as ledger:
        await tracked(ledger)
        watch = Watch(ledger, clock=lambda: 5.0)
        await watch.look()
        shown = await first(watch)
    (one,) = shown["campaigns"]
    assert (one["id"], one["total"], one["accepted"], one["planned"]) == (CAMPAIGN.id, 10, 10, 0)
    assert shown["points"] == {CAMPAIGN.id: [[5.0, 10, 0, 0]]}


async def test_the_whole_list_counts_where_it_is_known():
    async with MemoryLedger() as ledger:
        await begun(ledger)
        watch = Watch(ledger, expected=lambda _: 500)
        await watch.look()
        (one,) = (await first(watch))["campaigns"]
    assert (one["whole"], one["total"], one["left"]) == (500, 10, None)


async def test_the_end_of_a_campaign_is_noted_once_and_nothing_moves_after_it():
    running = summary(state=CampaignState.RUNNING, planned=500, accepted=500)
    ended = summary(final=1000, by_group={"DELIVERED": 1000})
    times = iter([0.0, 1.0, 2.0])
    watch = Watch(Broken([running], [ended], [ended]), clock=lambda: next(times))
    for _ in range(3):
        await watch.look()
    shown = await first(watch)
    (one,) = shown["campaigns"]
    assert (one["over"], one["sending"], one["ending"]) == (True, 0, 0)
    assert one["point"] == [1.0, 1000, 1000, 1000]
    assert shown["points"] == {"songkran": [[0.0, 500, 0, 0], [1.0, 1000, 1000, 1000]]}


async def test_what_cannot_be_read_is_told_and_what_was_known_stays():
    watch = Watch(Broken([summary()], LedgerError("the disk is away"), [summary()]))
    await watch.look()
    await watch.look()
    shown = await first(watch)
    assert (shown["error"], len(shown["campaigns"])) == ("the disk is away", 1)
    await watch.look()
    assert (await first(watch))["error"] is None


async def test_an_error_that_nobody_expected_is_told_and_logged_and_the_next_look_comes(caplog):
    watch = Watch(Broken([summary()], OSError("disk I/O error"), OSError("disk I/O error"), [summary()]))
    for _ in range(3):
        await watch.look()
    shown = await first(watch)
    assert "cannot be shown (OSError)" in shown["error"]
    assert len(shown["campaigns"]) == 1
    assert len(caplog.records) == 1, "and not at every look"
    assert "disk I/O error" in caplog.text
    await watch.look()
    assert (await first(watch))["error"] is None


async def test_foreign_words_turn_nothing_around():
    words = "wrong\u202e and\u061c odd"
    about = summary(Campaign("songkran", text=words), reason=words, by_group={words: 1})
    watch = Watch(Broken([about], LedgerError(words)))
    await watch.look()
    (one,) = (await first(watch))["campaigns"]
    assert (one["text"], one["reason"]) == ("wrong and odd", "wrong and odd")
    assert one["groups"] == {"wrong and odd": 1}
    await watch.look()
    assert (await first(watch))["error"] == "wrong and odd"


async def test_so_is_one_in_what_is_made_of_the_ledger():
    def expected(_):
        raise TypeError("no list")

    watch = Watch(Broken([summary(source_read=False)]), expected=expected)
    await watch.look()
    assert "TypeError" in (await first(watch))["error"]


async def test_of_more_campaigns_than_anybody_reads_the_newest_are_shown():
    many = [summary(Campaign(f"c{n}", text="Hi")) for n in range(250)]
    watch = Watch(Broken(many))
    await watch.look()
    shown = await first(watch)
    assert (len(shown["campaigns"]), shown["left_out"], len(shown["points"])) == (200, 50, 200)


@virtual_time
async def test_all_who_watch_are_told_of_each_look():
    running = summary(state=CampaignState.RUNNING, source_read=False)
    watch = Watch(Broken([running]), clock=anyio.current_time)
    seen = {"anna": [], "somchai": []}

    async def follow(name):
        async with aclosing(watch.updates()) as updates:
            async for shown in updates:
                seen[name].append(shown["at"])
                if len(seen[name]) == 4:
                    return

    async with anyio.create_task_group() as helpers:
        helpers.start_soon(watch.run)
        async with anyio.create_task_group() as viewers:
            for name in seen:
                viewers.start_soon(follow, name)
        helpers.cancel_scope.cancel()
    assert seen["anna"][-3:] == seen["somchai"][-3:]
    assert [later - before for before, later in zip(seen["anna"][1:], seen["anna"][2:], strict=False)] == [
        1,
        1,
    ]


@virtual_time
async def test_with_nobody_there_it_looks_seldom():
    looks = []

    class Counted(Broken):
        async def campaigns(self):
            looks.append(anyio.current_time())
            return []

    with anyio.move_on_after(60):
        await Watch(Counted()).run()
    assert len(looks) == 12


@virtual_time
async def test_long_looks_leave_the_ledger_time_for_others():
    looks = []

    class Slow(Broken):
        async def campaigns(self):
            looks.append(anyio.current_time())
            await anyio.sleep(3)
            return []

    with anyio.move_on_after(330):
        await Watch(Slow()).run()
    assert len(looks) == 10


@pytest.mark.parametrize("looks", [0, 1])
@virtual_time
async def test_when_it_is_closed_all_go(looks):
    watch = Watch(Broken([summary()]))
    for _ in range(looks):
        await watch.look()
    shown = []

    async def follow():
        shown.extend([one async for one in watch.updates()])

    async with anyio.create_task_group() as viewers:
        viewers.start_soon(follow)
        viewers.start_soon(follow)
        await anyio.wait_all_tasks_blocked()
        watch.close()
    assert len(shown) == 2

"""The course of a campaign: its rate, its end, and a picture that does not grow."""

import attrs
import pytest
from report_outcomes import summary

from ants_async.dispatch.campaign import CampaignState
from ants_async.monitor.course import Course, is_over, seconds_left

RUNNING = summary(state=CampaignState.RUNNING, source_read=False)


def counts(accepted=0, final=0, planned=0, **other):
    return attrs.evolve(RUNNING, accepted=accepted, final=final, planned=planned, **other)


def course(*some):
    """Seen at a time each."""
    found = Course()
    for at, seen in some:
        found.see(seen, at)
    return found


class TestRate:
    def test_with_one_look_there_is_none(self):
        assert course((0, counts(100))).sending == 0

    def test_is_what_was_answered_and_what_ended(self):
        found = course((0, counts(100)), (10, counts(500, final=100)))
        assert (found.sending, found.ending) == (50, 10)

    def test_is_that_of_the_last_twenty_seconds(self):
        found = course(
            *((at, counts(at * 10)) for at in range(100)), *((100 + at, counts(1000)) for at in range(30))
        )
        assert found.sending == 0

    def test_looks_far_apart_make_one_too(self):
        assert course((0, counts(0)), (100, counts(1000)), (200, counts(3000))).sending == 20

    def test_once_it_is_over_there_is_none(self):
        found = course((0, counts(100)), (10, counts(final=500, source_read=True)))
        assert (found.sending, found.ending) == (0, 0)

    def test_one_that_goes_on_after_its_end_has_one_again(self):
        found = course((0, counts(final=100, source_read=True)), (10, counts(100, final=100)))
        assert found.sending == 10

    def test_a_ledger_put_back_makes_none_below_nothing(self):
        assert course((0, counts(100)), (1, counts(50))).sending == 0


class TestTheEnd:
    moving = course((0, counts(0)), (10, counts(100)))

    def test_is_reckoned_from_the_list_where_that_was_counted(self):
        assert seconds_left(counts(100), self.moving, 400) == 30

    def test_is_reckoned_from_the_ledger_once_that_has_all(self):
        assert seconds_left(counts(100, planned=50, source_read=True), self.moving, None) == 5

    @pytest.mark.parametrize(
        ("seen", "expected"),
        [(counts(100), None), (counts(100, state=CampaignState.PAUSED), 400)],
        ids=["list unknown", "paused"],
    )
    def test_is_not_told_where_nobody_can(self, seen, expected):
        assert seconds_left(seen, self.moving, expected) is None

    def test_is_not_told_while_nothing_moves(self):
        assert seconds_left(counts(100), course((0, counts(100)), (9, counts(100))), 400) is None

    @pytest.mark.parametrize(
        ("seen", "over"),
        [
            (counts(5), False),
            (counts(final=5, source_read=True), True),
            (counts(5, state=CampaignState.CANCELLED), False),
            (counts(final=5, planned=3, state=CampaignState.CANCELLED), True),
        ],
        ids=["running", "done", "cancelled, reports to come", "cancelled"],
    )
    def test_has_come_when_nothing_will_change(self, seen, over):
        assert is_over(seen) is over


@pytest.mark.parametrize("looks", [2, 299, 300, 301, 450, 1999])
def test_the_end_is_in_the_picture_however_thin_it_is(looks):
    end = counts(final=looks, source_read=True)
    found = course(*((float(at), counts(at)) for at in range(looks)), (float(looks), end))
    assert found.points[-1] == found.latest
    assert found.latest.ended == looks


def test_a_day_of_looks_is_a_few_hundred_points_from_its_beginning():
    found = course(*((float(at), counts(at)) for at in range(86_400)))
    assert 150 <= len(found.points) <= 301
    assert found.points[0].at == 0
    assert found.points[-1].at > 85_000
    assert found.latest.at == 86_399

"""What the ledger keeps of a list: how much of it is still to be read."""

import json
from datetime import UTC, datetime

import attrs
import pytest

from ants_async.cli.kept import kept_of, rows_of, unread_of
from ants_async.dispatch import Campaign
from ants_async.dispatch.campaign import CampaignState, CampaignSummary

HUNDRED = {"by": "ants-async", "file": "/may.csv", "rows": 100}


def summary(source, *, total=40, duplicates=0, source_read=False):
    """Of a campaign that was stopped in the middle of its list."""
    return CampaignSummary(
        Campaign("may", text="Hi"), CampaignState.INTERRUPTED, datetime.now(UTC), None, json.dumps(source),
        source_read, True, *(0, total, 0, 0, 0), duplicates, *(0, 0), {},
    )  # fmt: skip


class TestUnread:
    def test_is_what_is_neither_planned_nor_left_out(self):
        assert unread_of(summary(HUNDRED, total=40, duplicates=5)) == 55

    def test_is_nothing_once_it_was_read_to_its_end(self):
        assert unread_of(summary(HUNDRED, source_read=True)) == 0

    @pytest.mark.parametrize("source", [{"by": "ants-async", "file": "/may.csv"}, {}, [], "somebody else's"])
    def test_is_unknown_where_nobody_counted_the_rows(self, source):
        assert unread_of(summary(source)) is None


def test_the_words_of_another_program_are_its_own():
    assert kept_of(summary({"rows": "many", "chunk": "abc", "canary": 5})) == {}


class TestRows:
    def test_are_kept_of_a_new_campaign_and_of_one_that_goes_on_with_its_list(self):
        assert rows_of({"file": "/may.csv"}, 100, None) == {"rows": 100}
        assert rows_of({"file": "/may.csv"}, 100, summary(HUNDRED)) == {"rows": 100}

    def test_are_kept_of_another_list_when_nothing_was_read_of_the_one_before(self):
        assert rows_of({"file": "/june.csv"}, 7, summary(HUNDRED, total=0)) == {"rows": 7}

    @pytest.mark.parametrize(
        ("file", "rows"), [("/june.csv", 100), ("/may.csv", 101)], ids=["another", "the same but longer"]
    )
    def test_are_not_where_the_counts_are_of_another_list_as_well(self, file, rows):
        before = summary(HUNDRED)
        assert rows_of({"file": file}, rows, before) == {}
        later = attrs.evolve(before, source=json.dumps({"by": "ants-async", "file": file}))
        assert rows_of({"file": file}, rows, later) == {}, "nor when that one is gone on with"

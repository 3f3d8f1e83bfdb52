"""Figures: what is reckoned from outcomes, in one pass."""

from decimal import Decimal

import pytest
from report_outcomes import (
    DELIVERED,
    EXPIRED,
    PENDING,
    UNDELIVERABLE,
    accepted,
    after,
    duplicate,
    figures,
    final,
    rejected,
    stream,
    summary,
    suppressed,
    unresolved,
    unsent,
)

from ants_async.errors import LedgerError
from ants_async.models.codes import Advice
from ants_async.models.statuses import STATUSES, Status
from ants_async.report import reckon
from ants_async.report.figures import Cause, Fate


class Ledger:
    """One with a campaign, as far as figures need it."""

    def __init__(self, about, *outcomes):
        self.about = about
        self.told = outcomes

    async def summary(self, campaign_id):
        return self.about

    def outcomes(self, campaign_id):
        return stream(*self.told)


class TestFates:
    def test_everybody_has_exactly_one(self):
        found = figures(
            final(),
            final(UNDELIVERABLE, error="EC_ABSENT_SUBSCRIBER"),
            final(EXPIRED),
            final(STATUSES[10]),
            rejected(),
            accepted(),
            unresolved(status=PENDING),
            duplicate(),
        )
        assert found.fates == {
            Fate.DELIVERED: 1,
            Fate.UNDELIVERABLE: 1,
            Fate.EXPIRED: 1,
            Fate.REJECTED: 2,
            Fate.WAITING: 1,
            Fate.UNRESOLVED: 1,
        }
        assert (found.total, found.duplicates, found.failed) == (7, 1, 5)

    def test_accepted_is_what_the_api_took_whatever_came_of_it(self):
        found = figures(
            final(), final(EXPIRED), accepted(), unresolved(status=PENDING), unresolved(), rejected()
        )
        assert found.accepted == 4

    def test_a_final_status_of_a_group_that_nobody_knows_is_not_resolved(self):
        assert figures(final(Status(9, "NEW", 99, "NEW_ONE"))).fates == {Fate.UNRESOLVED: 1}

    async def test_what_the_ledger_counts_and_has_no_outcome_of_is_not_sent_yet(self):
        _, found = await reckon(Ledger(summary(planned=7, final=2), final(), final()), "songkran")
        assert found.fates[Fate.UNSENT] == 7
        assert found.total == 9

    async def test_so_are_those_whom_a_cancelled_campaign_left_behind(self):
        _, found = await reckon(Ledger(summary(planned=3), unsent(), unsent()), "songkran")
        assert found.fates == {Fate.UNSENT: 3}

    def test_whoever_is_on_a_suppression_list_is_no_recipient(self):
        found = figures(suppressed(), duplicate(), final())
        assert (found.total, found.suppressed, found.duplicates) == (1, 1, 1)

    async def test_a_campaign_that_goes_on_while_it_is_read_is_told_as_it_is_afterwards(self):
        class Growing(Ledger):
            async def outcomes(self, campaign_id):
                yield final()
                self.about = summary(final=2, planned=1)
                yield final()

        about, found = await reckon(Growing(summary(final=1)), "songkran")
        assert found.total == about.total == 3
        assert found.fates == {Fate.DELIVERED: 2, Fate.UNSENT: 1}

    async def test_one_that_is_not_there_has_no_figures(self):
        with pytest.raises(LedgerError, match="no campaign 'june'"):
            await reckon(Ledger(None), "june")

    def test_those_asked_for_twice_and_sent_once(self):
        assert figures(final(deduplicated=True), final()).deduplicated == 1


class TestTimes:
    def test_only_deliveries_tell_how_long_a_delivery_takes(self):
        found = figures(final(took=2), final(EXPIRED, took=172_800), accepted())
        assert found.latencies.total == 1
        assert found.latencies.percentile(50) == pytest.approx(2, rel=0.02)

    def test_the_first_sent_and_the_last_final_status(self):
        found = figures(final(sent=5, took=1), final(sent=1, took=90), final(sent=3))
        assert (found.first_sent, found.last_done) == (after(1), after(91))

    def test_a_delivery_before_it_was_sent_is_told(self):
        assert figures(final(took=-3)).backwards == 1

    def test_over_time_sent_delivered_and_failed_are_apart(self):
        stretch = figures(final(sent=0, took=2), final(EXPIRED, sent=0, took=1)).timeline.stretch()
        assert stretch.steps == [[2, 0, 0], [0, 0, 1], [0, 1, 0]]


class TestCauses:
    def test_are_counted_by_status_and_error_the_commonest_first(self):
        absent = [final(UNDELIVERABLE, error="EC_ABSENT_SUBSCRIBER") for _ in range(3)]
        found = figures(*absent, final(EXPIRED), rejected()).commonest_causes(2)
        assert [(one.error, count) for one, count in found.items()] == [
            ("EC_ABSENT_SUBSCRIBER", 3),
            (None, 1),
        ]

    @pytest.mark.parametrize(
        ("outcome", "advice"),
        [
            (final(UNDELIVERABLE, error="EC_UNKNOWN_SUBSCRIBER"), Advice.FIX_NUMBER),
            (final(UNDELIVERABLE, error="EC_ABSENT_SUBSCRIBER"), Advice.RETRY_LATER),
            (final(UNDELIVERABLE, error="EC_NOBODY_KNOWS"), Advice.RETRY_LATER),
            (rejected(), Advice.DO_NOT_RETRY),
            (unresolved(), Advice.MAY_HAVE_ARRIVED),
            (rejected(status=None, error="HTTP 400 BAD_REQUEST: no"), Advice.FIX_MESSAGE),
        ],
    )
    def test_have_the_advice_of_the_tables(self, outcome, advice):
        (cause,) = figures(outcome).causes
        assert cause.advice is advice

    def test_the_manual_explains_the_error_or_else_the_status(self):
        assert Cause(
            Fate.UNDELIVERABLE, UNDELIVERABLE, "EC_ABSENT_SUBSCRIBER", Advice.WAIT
        ).explanation.startswith("The subscriber is offline")
        assert Cause(Fate.EXPIRED, EXPIRED, None, Advice.WAIT).explanation.startswith(
            "The message was received"
        )
        assert Cause(Fate.UNRESOLVED, None, "no source tells", Advice.WAIT).explanation is None

    def test_one_that_names_the_number_is_one_for_all(self):
        outcomes = [
            rejected(to=f"6681234567{n}", status=None, error=f"HTTP 400: 6681234567{n} is wrong")
            for n in range(3)
        ]
        (cause,) = figures(*outcomes).causes
        assert cause.error == "HTTP 400: … is wrong"

    def test_so_many_that_nobody_reads_them_are_counted_together(self):
        found = figures(*(rejected(status=None, error=f"no. {n}") for n in range(600)))
        assert (len(found.causes), found.failed - found.causes.total()) == (500, 100)

    def test_long_words_are_cut(self):
        (cause,) = figures(rejected(status=None, error="x" * 5000)).causes
        assert len(cause.error) == 300


class TestFailures:
    def test_are_kept_up_to_a_cap_and_the_rest_is_counted(self):
        found = figures(*(rejected(row) for row in range(10)), most_failures=4)
        assert [one.row for one in found.failures] == [0, 1, 2, 3]
        assert found.failures_left_out == 6

    def test_are_those_that_did_not_arrive(self):
        found = figures(
            final(row=1), rejected(2), accepted(3), unresolved(4), duplicate(5), final(EXPIRED, row=6)
        )
        assert [one.row for one in found.failures] == [2, 4, 6]


class TestCost:
    def test_is_the_price_of_a_part_times_the_parts(self):
        cost = figures(final(sms_count=3), final(price=Decimal("0.25"))).cost
        assert cost.amounts == {"THB": Decimal("1.75")}
        assert (cost.parts, cost.priced) == (4, 2)

    def test_what_went_into_failures_is_told_apart(self):
        assert figures(final(), final(EXPIRED)).cost.of_failures == {"THB": Decimal("0.5")}

    def test_currencies_are_never_added_up(self):
        cost = figures(final(), final(currency="USD"), final(currency=None)).cost
        assert cost.amounts == {"THB": Decimal("0.5"), "USD": Decimal("0.5"), "?": Decimal("0.5")}

    def test_what_has_no_price_is_counted(self):
        cost = figures(final(price=None, sms_count=2), accepted(), rejected()).cost
        assert (cost.unpriced, cost.unpriced_parts, cost.amounts) == (2, 3, {})

    def test_a_price_that_is_no_number_is_none(self):
        assert figures(final(price=Decimal("NaN"))).cost.unpriced == 1

    def test_currencies_beyond_counting_are_not_summed(self):
        cost = figures(*(final(currency=f"C{n}") for n in range(30))).cost
        assert (len(cost.amounts), cost.unpriced) == (20, 10)


def over(network, took, status=DELIVERED):
    return final(status, took=took, network=network)


class TestNetworks:
    def test_the_slowest_by_the_median_come_first(self):
        found = figures(over("52003", 2), over("52005", 9), over("52005", 8), over("52004", 4))
        assert [name for name, _ in found.slowest_networks()] == ["52005", "52004", "52003"]

    def test_they_know_what_share_arrived(self):
        ((_, network),) = figures(over("52003", 2), over("52003", 9, EXPIRED)).slowest_networks()
        assert (network.total, network.delivered, network.latencies.total) == (2, 1, 1)

    def test_without_a_name_there_are_none(self):
        assert figures(over(None, 2), final()).slowest_networks() == []

    def test_more_than_there_can_be_are_counted_together(self):
        found = figures(*(over(str(n), 1) for n in range(400)))
        assert (len(found.networks), found.other_networks) == (300, 100)

"""Campaigns that follow another one, to those whom it did not reach; as the ledger keeps them."""

from collections.abc import AsyncIterator, Sequence
from typing import Any, Self

import attrs

from ants_async.cli.kept import kept_of
from ants_async.dispatch import Ledger, SuppressionList, follow_up
from ants_async.dispatch.campaign import CampaignState, CampaignSummary, Recipient
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.dispatch.numbers import NumberSet
from ants_async.errors import ConfigurationError
from ants_async.models.codes import Advice


@attrs.frozen(slots=True)
class Follows:
    """Those whom a campaign did not reach, by what is to be done about them."""

    campaign_id: str
    advice: Sequence[Advice]

    @classmethod
    def of(cls, summary: CampaignSummary) -> Self | None:
        """What a campaign follows, as long as it has not read whom that did not reach."""
        source = kept_of(summary)
        if "follows" not in source or summary.source_read:
            return None
        return cls(source["follows"], [Advice(one) for one in source.get("advice", ())])

    def as_source(self) -> dict[str, Any]:
        """For the ledger to keep."""
        return {"follows": self.campaign_id, "advice": list(self.advice)}

    async def recipients(self, ledger: SqlLedger, name: str) -> AsyncIterator[Recipient]:
        """For the campaign `name`: not those who stand in another one that follows the same."""
        async for recipient, elsewhere in self.all_with_place(ledger, name):
            if elsewhere is None:
                yield recipient

    async def all_with_place(
        self, ledger: SqlLedger, name: str
    ) -> AsyncIterator[tuple[Recipient, str | None]]:
        """Everybody, with the other campaign that follows the same and has them; None without one."""
        others: dict[str, NumberSet] = {}
        for one in await ledger.campaigns():
            if one.campaign.id != name and followed_by(one) == self.campaign_id:
                members = others[one.campaign.id] = NumberSet()
                async for numbers in ledger.numbers(await ledger.campaign_key(one.campaign.id)):
                    members.add_all(numbers)
        async for recipient in follow_up(ledger, self.campaign_id, self.advice):
            number = int(recipient.to)
            yield recipient, next((other for other, members in others.items() if number in members), None)


async def suppressed_before(ledger: Ledger, campaign_id: str | None) -> SuppressionList:
    """Whom a campaign is not to text by now, nor those that it follows itself; nobody for None."""
    found, seen = SuppressionList(), set[str]()
    while campaign_id is not None and campaign_id not in seen:
        seen.add(campaign_id)
        summary = await ledger.summary(campaign_id)
        if summary is not None and summary.suppression_size:
            found.numbers.add_all((await ledger.suppressed(campaign_id)).numbers)
        campaign_id = None if summary is None else followed_by(summary)
    return found


async def followers(ledger: Ledger, campaign_id: str) -> list[str]:
    """Campaigns that follow it, and those that follow these."""
    campaigns, found = await ledger.campaigns(), [campaign_id]
    for name in found:  # which grows
        next_ones = (one.campaign.id for one in campaigns if followed_by(one) == name)
        found += [one for one in next_ones if one not in found]
    return found[1:]


async def name_of_next(ledger: Ledger, before: CampaignSummary, wanted: str | None) -> str:
    """The campaign that follows `before`, or is to: `songkran.2` after `songkran`, `songkran.3` after that.

    Raises `ConfigurationError` when the name that is `wanted` is another campaign's.
    """
    campaigns = await ledger.campaigns()
    following = [one for one in campaigns if followed_by(one) == before.campaign.id]
    taken = {one.campaign.id for one in campaigns}
    if wanted is not None:
        if wanted in taken and wanted not in {one.campaign.id for one in following}:
            raise ConfigurationError(f"--id {wanted}: is the name of another campaign")
        return wanted
    for one in following:
        if one.state is not CampaignState.CANCELLED:
            return one.campaign.id
    name, _, number = before.campaign.id.rpartition(".")
    is_second = followed_by(before) and bool(name) and number.isdecimal()
    name, place = (name, int(number) + 1) if is_second else (before.campaign.id, 2)
    while f"{name}.{place}" in taken:
        place += 1
    return f"{name}.{place}"


def followed_by(summary: CampaignSummary) -> str | None:
    """The campaign that it follows, if any."""
    followed: str | None = kept_of(summary).get("follows")
    return followed

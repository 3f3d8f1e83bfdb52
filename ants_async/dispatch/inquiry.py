"""What reports and logs say of a bulk, in the ledger before anything else happens with it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import TypeAlias

from ants_async.client import AntsClient
from ants_async.dispatch.ledger.protocol import Bulk, Ledger, OpenCampaign
from ants_async.dispatch.lookup import by_bulk_id, by_message_ids
from ants_async.models.reports import DeliveryReport
from ants_async.resources.reports import MAX_LIMIT

Settle: TypeAlias = Callable[[Bulk, Mapping[str, DeliveryReport]], Awaitable[tuple[int, int]]]


class Inquiry:
    """Asks about the bulks of a campaign: how many final statuses came, how many are left.

    `settle` records what came, by message id, before anything else happens to it, and answers the same.
    """

    def __init__(
        self,
        client: AntsClient,
        ledger: Ledger,
        campaign: OpenCampaign,
        settle: Settle,
    ) -> None:
        self._client = client
        self._ledger = ledger
        self._campaign = campaign
        self._settle = settle

    async def reports(self, bulk: Bulk) -> tuple[int, int]:
        """Fetch what is there: reports are handed out once."""
        came = 0
        while True:
            reports = await self._client.reports.fetch(bulk_id=bulk.bulk_id, limit=MAX_LIMIT)
            found, left = await self._settle(bulk, {report.message_id: report for report in reports})
            came += found
            if len(reports) < MAX_LIMIT or not left:
                return came, left

    async def logs(self, bulk: Bulk) -> tuple[int, int]:
        """Look up what is not final yet; by its messages where they stand under another bulk id."""
        if bulk.stands_elsewhere:
            ids = await self._ledger.waiting(self._campaign, bulk)
            return await self._settle(bulk, await by_message_ids(self._client, ids))
        return await self._settle(bulk, await by_bulk_id(self._client, bulk.bulk_id))

"""What a command sends, and to whom; and what the ledger keeps of that, to go on by."""

import json
from typing import Any

import attrs

from ants_async.cli.controls import Suppressed
from ants_async.cli.files import Check, RecipientFile
from ants_async.cli.following import Follows, followed_by, suppressed_before
from ants_async.cli.kept import OURS, kept_of, pending, rows_of, source_of, source_of_canary
from ants_async.dispatch import Canary, Ledger, SuppressionList
from ants_async.dispatch.campaign import Campaign, CampaignSummary
from ants_async.dispatch.ledger.sql import SqlLedger
from ants_async.dispatch.source import Recipients
from ants_async.errors import ConfigurationError


@attrs.frozen(slots=True, kw_only=True)
class Order:
    """A campaign and its list. `file` is None when the ledger holds every recipient already.

    `check`: what was found in the list, None for one that a worker reads. `suppress`: whom not to, beside
    those of before. `follows`: it is to those whom another campaign did not reach.
    """

    campaign: Campaign
    file: RecipientFile | None
    check: Check | None
    suppress: Suppressed = attrs.field(factory=Suppressed)
    canary: Canary | None = None
    follows: Follows | None = None

    @property
    def has_list(self) -> bool:
        """Whether there is one to read."""
        return self.file is not None or self.follows is not None

    @property
    def rows(self) -> int:
        """How many of its list can be sent; 0 where a worker reads it."""
        return 0 if self.check is None else self.check.good

    @property
    def bad_rows(self) -> int | None:
        """How many of its list cannot; None where a worker reads it."""
        return None if self.check is None else self.check.bad

    def check_after(self, before: CampaignSummary | None) -> None:
        """That the campaign can take it. Raises `ConfigurationError`."""
        followed = None if before is None else followed_by(before)
        if followed and self.file is not None:
            raise ConfigurationError(
                f"campaign {self.campaign.id!r} follows {followed!r}, and takes no other list"
            )

    async def sent_by(self, ledger: Ledger) -> str | None:
        """The address that alone may send it: whom a rehearsal did not reach nobody needs to be texted."""
        if self.follows is None:
            return None
        followed = await ledger.summary(self.follows.campaign_id)
        return None if followed is None else followed.api

    async def all_suppressed(self, ledger: Ledger, before: CampaignSummary | None) -> SuppressionList | None:
        """Whom not to: those of its lists, and whom the campaign that it follows is not to text by now."""
        followed = None if before is None else followed_by(before)
        if self.follows is not None:
            followed = self.follows.campaign_id
        if followed is None:
            return self.suppress.numbers
        found = await suppressed_before(ledger, followed)
        found.numbers.add_all(() if self.suppress.numbers is None else self.suppress.numbers.numbers)
        return found or None

    def recipients(self, ledger: SqlLedger) -> Recipients | None:
        """To whom; None for those that the ledger has."""
        if self.follows is not None:
            return self.follows.recipients(ledger, self.campaign.id)
        return None if self.file is None else self.file.recipients()

    def canary_after(self, before: CampaignSummary | None) -> Canary | None:
        """None where it has let the others through."""
        return pending(self.canary, before)

    def source(self, before: CampaignSummary | None, **more: Any) -> str | None:
        """What the ledger keeps, so that the campaign can go on; None where another program's is to stay.

        `more`: what else it goes on with.
        """
        if not self.has_list:
            source = {} if before is None else kept_of(before)
            return json.dumps(source | more, ensure_ascii=False) if source else None
        source = {} if self.file is None else source_of(self.file)
        if self.check is not None:
            source |= rows_of(source, self.check.good, before)
        if self.follows is not None:
            source |= self.follows.as_source()
        source |= source_of_canary(self.canary, before)
        return json.dumps(OURS | source | more, ensure_ascii=False)

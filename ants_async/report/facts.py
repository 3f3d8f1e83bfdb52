"""What the sections of a report are made of."""

from datetime import datetime, tzinfo
from decimal import Decimal

import attrs

from ants_async.dispatch.campaign import CampaignSummary
from ants_async.report.figures import LONGEST_NAME, Cause, Figures
from ants_async.report.html import moment, plain
from ants_async.report.masks import mask_within


@attrs.frozen
class Price:
    """What a part costs where no report says so."""

    amount: Decimal
    currency: str = "THB"

    def __str__(self) -> str:
        return f"{self.amount} {self.currency}"


@attrs.frozen
class Facts:
    """All that the sections are made of."""

    summary: CampaignSummary
    figures: Figures
    price: Price | None
    zone: tzinfo
    source: str | None
    """The name of the list."""
    unread: int | None = None
    """Recipients of it that were not looked at, where that is known."""
    masked: bool = False
    """Whether numbers are not to be read."""

    @property
    def costs(self) -> dict[str, Decimal]:
        """All amounts by currency; what no report names is reckoned by `price`, if there is one."""
        cost = self.figures.cost
        amounts = dict(cost.amounts)
        if self.price is not None and cost.unpriced_parts:
            known = amounts.get(self.price.currency, Decimal(0))
            amounts[self.price.currency] = known + cost.unpriced_parts * self.price.amount
        return amounts

    @property
    def is_estimate(self) -> bool:
        """Whether a part of the costs is reckoned, not reported."""
        return self.price is not None and bool(self.figures.cost.unpriced_parts)

    def words(self, text: str | None) -> str | None:
        """Words of others, as the page may say them."""
        if text is None:
            return None
        text = plain(text)  # first: a number with a mark within it is one to the eye
        return mask_within(text) if self.masked else text

    def status(self, cause: Cause) -> str | None:
        """The name of its status; masked before it is cut, so that no piece of a number is left."""
        name = self.words(None if cause.status is None else cause.status.name)
        return name and name[:LONGEST_NAME]

    def clock(self, at: datetime | None) -> str | None:
        """A moment on the clock of the zone; None for none."""
        return moment(at, self.zone) or None

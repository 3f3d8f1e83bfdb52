"""Whom a campaign did not reach, as recipients of a next one."""

from collections.abc import AsyncIterator, Collection
from typing import Final

from ants_async.dispatch.campaign import Recipient
from ants_async.dispatch.ledger.protocol import Ledger
from ants_async.errors import LedgerError
from ants_async.models.codes import Advice

WORTH_ANOTHER_TRY: Final = frozenset({Advice.RETRY_LATER, Advice.TOP_UP, Advice.ASK_SUPPORT})
"""What passes by itself, or once the account was put right; and surely did not arrive."""


async def follow_up(
    ledger: Ledger, campaign_id: str, advice: Collection[Advice] = WORTH_ANOTHER_TRY
) -> AsyncIterator[Recipient]:
    """Whom a campaign did not reach: recipients of another one, which has ids of its own.

    Those whose outcome has one of these `advice`, each with the text it was to get; who is on a suppression
    list of it by now is left out. With its lists the new one also goes by them when it goes on. With
    `Advice.MAY_HAVE_ARRIVED` some may get a second copy. Raises `LedgerError` where no texts are kept.

        people, lists = follow_up(ledger, "songkran"), await ledger.suppressed("songkran")
        dispatcher.run(Campaign("songkran.2", sender="ANTS"), people, suppress=lists)
    """
    summary = await ledger.summary(campaign_id)
    template = None if summary is None else summary.campaign.template
    common = None if template is None or template.fields else template.render({})
    suppressed = await ledger.suppressed(campaign_id)
    async for outcome, text, sender in ledger.with_texts(campaign_id):
        if outcome.advice in advice and outcome.to not in suppressed:
            if text == "":
                raise LedgerError(
                    f"campaign {campaign_id!r} was begun without storing texts: give the list again"
                )
            yield Recipient(outcome.to, text=common if text is None else text, row=outcome.row, sender=sender)

"""`campaign cancel` over a ledger, also while another terminal runs the campaign.

A ledger is one process's at a time, so whoever has it at work has to end the campaign himself: a mark beside
the ledger asks for that, and he puts another one in its place, which says that he has heard.
"""

from contextlib import suppress
from pathlib import Path
from typing import Final

import anyio
import click

from ants_async.cli.database import either, find
from ants_async.dispatch import SqliteLedger
from ants_async.dispatch.campaign import CampaignState, CampaignSummary
from ants_async.errors import ConfigurationError, LedgerInUse

_LOOK: Final = 0.5  # seconds
_UNTIL_HEARD: Final = 20.0
_HEARD: Final = "heard"


async def called_off(ledger: Path, campaign_id: str) -> None:
    """Return when somebody wants an end of it; a mark from before is put again if he still waits."""
    mark = _mark(ledger, campaign_id)
    await mark.unlink(missing_ok=True)
    while not await mark.exists():  # noqa: ASYNC110 - another process puts it there
        await anyio.sleep(_LOOK)
    with suppress(OSError):  # a full disk is no reason to go on
        answer = mark.with_name(f"{mark.name}-{_HEARD}")  # the mark may be another user's, who cancels
        await answer.write_text(_HEARD)
        await answer.chmod(0o644)
        await answer.replace(mark)


async def call_off(ledger: Path, campaign_id: str) -> CampaignSummary:
    """End a campaign for good, or wait until whoever has heard of it has done so.

    Raises `ConfigurationError` when it is finished, or nobody hears.
    """
    mark, unheard_since = _mark(ledger, campaign_id), None
    await mark.unlink(missing_ok=True)
    try:
        while (now := await _tried(ledger, campaign_id)).state is not CampaignState.CANCELLED:
            if unheard_since is None:
                unheard_since = anyio.current_time()
                click.echo(
                    f"ledger {ledger} is at work: asking whoever runs {campaign_id!r} to end it", err=True
                )
            if await _is_heard(mark):
                unheard_since = anyio.current_time()
            elif anyio.current_time() - unheard_since > _UNTIL_HEARD:
                raise ConfigurationError(
                    f"ledger {ledger} is at work, and not for a run of {campaign_id!r} that hears of it: "
                    "stop it where it runs (Ctrl-C, or SIGTERM), then cancel again"
                )
            await anyio.sleep(_LOOK)
        return now
    finally:
        with anyio.CancelScope(shield=True):
            await mark.unlink(missing_ok=True)


async def _is_heard(mark: anyio.Path) -> bool:
    """Asked anew at every look: whoever has heard may have died, and the next one runs."""
    try:
        return await mark.read_text() == _HEARD
    except FileNotFoundError:
        await mark.touch(mode=0o600)
        return False


async def _tried(ledger: Path, campaign_id: str) -> CampaignSummary:
    async with either(ledger, None) as found:
        now = await find(found, campaign_id)
    if now.state is CampaignState.FINISHED:
        raise ConfigurationError(f"campaign {campaign_id!r} is finished: there is nothing to cancel")
    if now.state is not CampaignState.CANCELLED:
        try:
            async with SqliteLedger(ledger) as own:
                await own.cancel(campaign_id)
                return await find(own, campaign_id)
        except LedgerInUse:
            return now
    return now


def _mark(ledger: Path, campaign_id: str) -> anyio.Path:
    place = ledger.resolve()
    return anyio.Path(place.with_name(f"{place.name}-cancel-{campaign_id}"))

"""`campaign cancel` of a campaign that another terminal runs: a mark beside the ledger, which the run obeys.

A ledger is one process's at a time, so whoever has it at work has to end the campaign himself.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import Final

import anyio

from ants_async.dispatch import SqliteLedger
from ants_async.dispatch.campaign import CampaignState
from ants_async.errors import ConfigurationError

_LOOK: Final = 0.5  # seconds
_UNTIL_HEARD: Final = 10.0
_UNTIL_DONE: Final = 120.0  # requests under way come home first


async def called_off(ledger: Path, campaign_id: str) -> None:
    """Return when somebody wants an end of it; a mark from before is of somebody who did not wait."""
    mark = _mark(ledger, campaign_id)
    await mark.unlink(missing_ok=True)
    await _until(mark.exists)
    await mark.unlink(missing_ok=True)


async def call_off(ledger: Path, campaign_id: str) -> None:
    """Have the run of a campaign end it, and wait for that. Raises `ConfigurationError` when nobody does."""
    mark = _mark(ledger, campaign_id)
    await mark.touch(mode=0o600)
    try:
        with anyio.move_on_after(_UNTIL_HEARD) as listening:
            await _until(partial(_is_gone, mark))
    finally:
        with anyio.CancelScope(shield=True):
            await mark.unlink(missing_ok=True)
    with anyio.move_on_after(0.0 if listening.cancelled_caught else _UNTIL_DONE):
        await _until(partial(_is_cancelled, ledger, campaign_id))
        return
    raise ConfigurationError(
        f"ledger {ledger} is at work, and not for a run that hears of it: stop it where it runs (Ctrl-C, or "
        f"SIGTERM), then cancel {campaign_id!r} again"
    )


async def _until(is_so: Callable[[], Awaitable[bool]]) -> None:
    while not await is_so():  # noqa: ASYNC110 - another process does it
        await anyio.sleep(_LOOK)


async def _is_gone(mark: anyio.Path) -> bool:
    return not await mark.exists()


async def _is_cancelled(ledger: Path, campaign_id: str) -> bool:
    async with SqliteLedger(ledger, read_only=True) as found:
        summary = await found.summary(campaign_id)
        return summary is not None and summary.state is CampaignState.CANCELLED


def _mark(ledger: Path, campaign_id: str) -> anyio.Path:
    return anyio.Path(ledger.with_name(f"{ledger.name}-cancel-{campaign_id}"))

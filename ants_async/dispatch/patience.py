"""How long an API that gives no answer is waited for, before the campaign pauses."""

import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio

from ants_async.dispatch.delivery import SendingRules
from ants_async.dispatch.fields import fields_of
from ants_async.errors import (
    ApiError,
    AuthenticationError,
    CampaignPaused,
    PermissionDenied,
    TransportError,
)

T = TypeVar("T")
_log = logging.getLogger("ants_async.dispatch")


class Patience:
    """Of one campaign. `pause` waits so many seconds; False when the run is stopped."""

    def __init__(
        self, campaign_id: str, rules: SendingRules, pause: Callable[[float], Awaitable[bool]]
    ) -> None:
        self.rules = rules
        self.pause = pause
        self._campaign_id = campaign_id
        self._has_warned = False

    async def ask(self, ask: Callable[[], Awaitable[T]]) -> T | None:
        """Ask until there is an answer; None when the run is stopped.

        Raises `CampaignPaused` when the account is refused or the API stays out of reach.
        """
        failing_since, wait = None, self.rules.pause
        while True:
            try:
                return await ask()
            except (AuthenticationError, PermissionDenied) as error:
                raise CampaignPaused(f"the API refuses the account: {error}") from error
            except (ApiError, TransportError) as error:
                failing_since = failing_since or anyio.current_time()
                self.lose(failing_since, error)
            if not await self.pause(wait):
                return None
            wait = min(2 * wait, self.rules.pause_cap)

    def lose(self, failing_since: float, error: Exception) -> None:
        """In the end; whoever sits before it is told at the first time what it waits for."""
        if anyio.current_time() - failing_since > self.rules.patience:
            raise CampaignPaused(f"the API gives no answer: {error}") from error
        if not self._has_warned:
            self._has_warned = True
            what = f"HTTP {error.status_code} {error.code}" if isinstance(error, ApiError) else error
            _log.warning(
                "campaign %s: %s; it is tried again for %g s",
                self._campaign_id,
                what,
                self.rules.patience,
                extra=fields_of(self._campaign_id, error=error),
            )

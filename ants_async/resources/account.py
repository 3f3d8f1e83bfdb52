"""The account (manual section 6.5)."""

import attrs

from ants_async.endpoints import table
from ants_async.models.reports import Balance
from ants_async.transport.transport import Transport


@attrs.frozen(slots=True)
class Account:
    """`client.account`."""

    _transport: Transport

    async def balance(self) -> Balance:
        """Credit left. Raises `ApiError`, `TransportError`. Manual section 6.5."""
        answer: Balance = await self._transport.call(table.BALANCE)
        return answer

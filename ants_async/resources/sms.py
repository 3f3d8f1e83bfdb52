"""Sending texts (manual section 2)."""

from collections.abc import Iterable

import attrs

from ants_async.endpoints import SEND_ADVANCED, SEND_MULTI, SEND_SINGLE
from ants_async.models.sms import AdvancedRequest, MultiRequest, SendReceipt, TextMessage
from ants_async.transport.transport import Transport


@attrs.frozen(slots=True)
class Sms:
    """`client.sms`. Every method raises `ApiError`, `ConnectionFailed` and `OutcomeUnknown`."""

    _transport: Transport

    async def send(self, to: str | Iterable[str], text: str, *, sender: str | None = None) -> SendReceipt:
        """One text to one or many numbers (international, without `+`).

        Without message ids of one's own an unclear answer is not repeated but raised as `OutcomeUnknown`.
        Manual section 2, single.
        """
        return await self._transport.call(SEND_SINGLE, TextMessage(to=to, text=text, sender=sender))

    async def send_multi(self, messages: Iterable[TextMessage]) -> SendReceipt:
        """Several texts in one request. Manual section 2, multi."""
        return await self._transport.call(SEND_MULTI, MultiRequest(messages=messages))

    async def send_advanced(self, request: AdvancedRequest) -> SendReceipt:
        """Texts with ids and options of one's own. Manual section 2, advanced.

        When every destination has a `message_id`, an unclear answer is repeated with the same ids; status
        23 (`REJECTED_DUPLICATE_MESSAGE_ID`) on such a repeat means that the first request arrived.
        """
        return await self._transport.call(SEND_ADVANCED, request)

"""Sending and previewing (manual sections 2 and 6.1)."""

from collections.abc import Iterable
from typing import Any, Final, cast, overload

import attrs

from ants_async.endpoints import Endpoint, table
from ants_async.errors import OutcomeUnknown, ValidationError
from ants_async.models.reports import LogEntry
from ants_async.models.sms import (
    AdvancedRequest,
    Binary,
    BinaryMessage,
    BinaryMultiRequest,
    MultiRequest,
    PreviewReceipt,
    PreviewRequest,
    ReadyRequest,
    Receipts,
    SendReceipt,
    TextMessage,
)
from ants_async.resources.finding import find
from ants_async.resources.reports import Logs
from ants_async.transport.transport import Transport

_SEND_READY: Final = cast(
    "Endpoint[Receipts]", attrs.evolve(cast("Endpoint[Any]", table.SEND_ADVANCED), answer=Receipts)
)
"""The same operation, its answer by column."""


@attrs.frozen(slots=True)
class Sms:
    """`client.sms`. Every method raises `ValidationError` before anything is sent, then `ApiError`,
    `ConnectionFailed`, and `OutcomeUnknown` where a repeat could send twice.
    """

    _transport: Transport

    async def send(self, to: str | Iterable[str], text: str, *, sender: str | None = None) -> SendReceipt:
        """One text to one or many numbers (international, without `+`).

        Without message ids of one's own an unclear answer is not repeated but raised as `OutcomeUnknown`.
        Manual section 2, single.
        """
        message = TextMessage(to=to, text=text, sender=sender)
        if not text.strip():
            raise ValidationError("text", text, "must not be empty")
        return await self._transport.call(table.SEND, message)

    async def send_multi(self, messages: Iterable[TextMessage]) -> SendReceipt:
        """Several texts in one request. Manual section 2, multi."""
        return await self._transport.call(table.SEND_MULTI, MultiRequest(messages=messages))

    @overload
    async def send_advanced(self, request: AdvancedRequest) -> SendReceipt: ...
    @overload
    async def send_advanced(self, request: ReadyRequest) -> Receipts: ...
    async def send_advanced(self, request: AdvancedRequest | ReadyRequest) -> SendReceipt | Receipts:
        """Texts with ids and options of one's own. Manual section 2, advanced.

        When every destination has a `message_id`, an unclear answer is repeated with the same ids; status
        23 (`REJECTED_DUPLICATE_MESSAGE_ID`) on such a repeat means that the first request arrived.
        """
        if isinstance(request, ReadyRequest):
            return await self._transport.call(_SEND_READY, request)
        if request.is_binary:
            raise ValidationError("messages", "binary contents", "texts; send_binary_advanced takes binary")
        return await self._transport.call(table.SEND_ADVANCED, request)

    async def send_binary(
        self, to: str | Iterable[str], content: Binary | bytes, *, sender: str | None = None
    ) -> SendReceipt:
        """One binary content to one or many numbers. Manual section 2, binary single."""
        return await self._transport.call(
            table.SEND_BINARY, BinaryMessage(to=to, binary=content, sender=sender)
        )

    async def send_binary_multi(self, messages: Iterable[BinaryMessage]) -> SendReceipt:
        """Several binary messages in one request. Manual section 2, binary multi."""
        return await self._transport.call(table.SEND_BINARY_MULTI, BinaryMultiRequest(messages=messages))

    async def send_binary_advanced(self, request: AdvancedRequest) -> SendReceipt:
        """Binary messages with ids and options of one's own, as `send_advanced`. Manual section 2."""
        if not request.is_binary:
            raise ValidationError("messages", len(request.messages), "binary; send_advanced takes texts")
        return await self._transport.call(table.SEND_BINARY_ADVANCED, request)

    async def find(self, unknown: OutcomeUnknown) -> tuple[LogEntry, ...]:
        """What arrived of a send that raised `OutcomeUnknown`: its messages in the logs, those there are.

            except OutcomeUnknown as unknown:
                arrived = {entry.to for entry in await client.sms.find(unknown)}

        What is missing may be under way still: ask again some seconds later before it is sent anew. The logs
        go back 48 hours. Raises `ValidationError` for an error that was no send, `ApiError`,
        `TransportError`, and `IncompleteResult` where an entry of the logs cannot be read, for it may be
        one of these messages. Manual section 5.
        """
        if not unknown.messages:
            raise ValidationError("unknown", unknown, "an OutcomeUnknown of a send, which names its messages")
        return tuple(await find(Logs(self._transport), unknown.messages, unknown.sent_since))

    async def preview(
        self, text: str, *, language_code: str | None = None, transliteration: str | None = None
    ) -> PreviewReceipt:
        """How a text will arrive: parts and places left. Free of charge. Manual section 6.1."""
        request = PreviewRequest(text=text, language_code=language_code, transliteration=transliteration)
        answer: PreviewReceipt = await self._transport.call(table.PREVIEW, request)
        return answer

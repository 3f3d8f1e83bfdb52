"""A chunk as the body of its request."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ants_async.dispatch.campaign import Campaign
from ants_async.dispatch.ledger.protocol import Chunk, Message
from ants_async.dispatch.push import Push
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Destination, TextMessage


def advanced_request(campaign: Campaign, chunk: Chunk, push: Push | None) -> AdvancedRequest:
    """Neighbours with the same text become one message with many destinations.

    With pushes each stands alone: what proves a report to be ours is told by message, not by destination.
    """
    validity = None if campaign.validity is None else int(campaign.validity.total_seconds() // 60)
    groups = _same_text(chunk) if push is None else ((message,) for message in chunk.messages)
    return AdvancedRequest(
        bulk_id=chunk.bulk_id,
        messages=tuple(
            AdvancedMessage(
                destinations=tuple(Destination(one.to, one.message_id) for one in some),
                text=some[0].text,
                sender=campaign.sender,
                validity_period=validity,
                **({} if push is None else _notified(push, some[0])),
            )
            for some in groups
        ),
    )


def multi_messages(campaign: Campaign, chunk: Chunk) -> Iterator[TextMessage]:
    """Neighbours with the same text as one message, without ids."""
    for some in _same_text(chunk):
        yield TextMessage(to=tuple(one.to for one in some), text=some[0].text, sender=campaign.sender)


def _same_text(chunk: Chunk) -> Iterator[tuple[Message, ...]]:
    return (tuple(some) for _, some in groupby(chunk.messages, key=lambda message: message.text))


def _notified(push: Push, message: Message) -> dict[str, Any]:
    """What has the API push this message's reports."""
    return {
        "notify_url": push.notify_url,
        "notify_content_type": "application/json",
        "intermediate_report": push.intermediate or None,
        "callback_data": push.callback_data(message.message_id, message.to),
    }

"""A chunk as the body of its request."""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

from ants_async.dispatch.campaign import Campaign
from ants_async.dispatch.ledger.protocol import Chunk, Message
from ants_async.dispatch.push import Push
from ants_async.models.sms import ReadyRequest, TextMessage


def advanced_request(campaign: Campaign, chunk: Chunk, push: Push | None) -> ReadyRequest:
    """Neighbours with the same text become one message with many destinations.

    With pushes each stands alone: what proves a report to be ours is told by message, not by destination.
    Plain data at once: campaign, recipients and texts were checked when they came in, and to make a model of
    every message, check it again and take it apart would cost more than all the rest.
    """
    common = _common(campaign)
    messages: list[dict[str, Any]] = []
    text = None
    for one in chunk.messages:
        destination = {"to": one.to, "messageId": one.message_id}
        if push is not None:
            own = {"destinations": [destination], "text": one.text, **common, **_notified(push, one)}
            messages.append(own)
        elif one.text == text:
            messages[-1]["destinations"].append(destination)
        else:
            text = one.text
            messages.append({"destinations": [destination], "text": text, **common})
    return ReadyRequest(
        plain={"messages": messages, "bulkId": chunk.bulk_id},
        notify_url=None if push is None else push.notify_url,
    )


def _common(campaign: Campaign) -> dict[str, Any]:
    """What all messages of a campaign have."""
    common: dict[str, Any] = {}
    if campaign.sender is not None:
        common["from"] = campaign.sender
    if campaign.validity is not None:
        common["validityPeriod"] = int(campaign.validity.total_seconds() // 60)
    return common


def multi_messages(campaign: Campaign, chunk: Chunk) -> Iterator[TextMessage]:
    """Neighbours with the same text as one message, without ids."""
    for some in _same_text(chunk):
        yield TextMessage(to=tuple(one.to for one in some), text=some[0].text, sender=campaign.sender)


def _same_text(chunk: Chunk) -> Iterator[tuple[Message, ...]]:
    return (tuple(some) for _, some in groupby(chunk.messages, key=lambda message: message.text))


def _notified(push: Push, message: Message) -> dict[str, Any]:
    """What has the API push this message's reports."""
    return {
        "notifyUrl": push.notify_url,
        "notifyContentType": "application/json",
        **({"intermediateReport": True} if push.intermediate else {}),
        "callbackData": push.callback_data(message.message_id, message.to),
    }

"""A chunk as the body of its request."""

from collections.abc import Iterator
from datetime import UTC, datetime
from itertools import groupby, repeat
from json.encoder import encode_basestring as _quoted
from operator import itemgetter
from typing import Any

from ants_async.dispatch.campaign import Campaign
from ants_async.dispatch.ledger.protocol import Chunk
from ants_async.dispatch.messages import Options
from ants_async.dispatch.push import Push
from ants_async.models.sms import ReadyRequest, TextMessage
from ants_async.wire import json
from ants_async.wire.converter import format_time


def advanced_request(campaign: Campaign, chunk: Chunk, push: Push | None) -> ReadyRequest:
    """Neighbours with the same text become one message with many destinations.

    With pushes each stands alone: what proves a report to be ours is told by message, not by destination.
    Written at once: campaign, recipients and texts were checked when they came in, and a model of every
    message, or even a dict, costs more than all the rest.
    """
    messages = chunk.messages
    common = {option: _common(campaign, push, option) for option in {None, *messages.options}}
    written = []
    last, last_options, end = None, None, ""
    for to, message_id, text, options in zip(
        messages.to, messages.ids, messages.texts, messages.options or repeat(None), strict=False
    ):
        if push is None and text == last and options == last_options:
            written.append(f',{{"to":"{to}","messageId":"{message_id}"}}')
            continue
        own = common[options]
        if push is not None:
            own += _callback(push, message_id, to)
        written.append(
            f'{end}{{"text":{_quoted(text)}{own},"destinations":[{{"to":"{to}","messageId":"{message_id}"}}'
        )
        last, last_options, end = text, options, "]},"
    body = f'{{"bulkId":{_quoted(chunk.bulk_id)},"messages":[{"".join(written)}]}}]}}'
    notify_url = None if push is None else push.notify_url
    return ReadyRequest(json=body.encode(), to=messages.to, ids=messages.ids, notify_url=notify_url)


def _common(campaign: Campaign, push: Push | None, options: Options | None) -> str:
    """What all messages of a campaign with these options have, with a comma before each."""
    common: dict[str, Any] = {}
    sender, send_at = campaign.sender, campaign.send_at
    if options is not None:
        sender = options.sender or sender
        send_at = send_at if options.send_at is None else datetime.fromtimestamp(options.send_at, UTC)
    if sender is not None:
        common["from"] = sender
    if send_at is not None:
        common["sendAt"] = format_time(send_at)
    if campaign.validity is not None:
        common["validityPeriod"] = int(campaign.validity.total_seconds() // 60)
    if push is not None:
        common |= {"notifyUrl": push.notify_url, "notifyContentType": "application/json"}
        if push.intermediate:
            common["intermediateReport"] = True
    return "".join(f",{_quoted(name)}:{json.dumps(value).decode()}" for name, value in common.items())


def _callback(push: Push, message_id: str, to: str) -> str:
    """What comes back with this message's reports."""
    return f',"callbackData":{_quoted(push.callback_data(message_id, to))}'


def multi_messages(campaign: Campaign, chunk: Chunk) -> Iterator[TextMessage]:
    """Neighbours with the same text as one message, without ids."""
    messages = chunk.messages
    for text, some in groupby(zip(messages.texts, messages.to, strict=True), key=itemgetter(0)):
        yield TextMessage(to=tuple(to for _, to in some), text=text, sender=campaign.sender)

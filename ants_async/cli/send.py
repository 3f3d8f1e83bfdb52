"""`ants-async send`: a few messages by hand."""

import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click

from ants_async.cli.account import Account, account_options, with_options
from ants_async.cli.messages import read_messages
from ants_async.cli.reading import given, minutes, moment, not_empty
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.tables import clean
from ants_async.client import AntsClient
from ants_async.errors import ConfigurationError, OutcomeUnknown, ValidationError
from ants_async.models.numbers import parse_number
from ants_async.models.sms import AdvancedMessage, AdvancedRequest, Binary, Destination, Language, SendReceipt
from ants_async.models.statuses import DUPLICATE_MESSAGE_ID, StatusGroup
from ants_async.numbers import normalise
from ants_async.transport.retry import UNCLEAR

REJECTED: Final = 1
_COLUMNS: Final = {"to": "to", "status": "status.name", "parts": "smsCount", "message id": "messageId"}
_TEXTS: Final = ("message_id", "bulk_id", "callback_data", "notify_url", "language", "transliteration")

_content_options = with_options(
    click.option("--text", help="What to send."),
    click.option("--hex", "hex_", metavar="HEX", help="What to send, as bytes: '0f c2 4a'."),
    click.option(
        "--messages",
        metavar="FILE",
        type=click.Path(path_type=Path),
        help='What to send to whom, a JSON line each: {"to": …, "text" or "hex": …, "sender": …}.',
    ),
    click.option("--sender", help="The sender shown on the phone."),
    click.option("--data-coding", type=int, help="With --hex: 8 for Thai and other languages. [0]"),
    click.option("--esm-class", type=int, help="With --hex: 64 when it starts with a header. [0]"),
)
_advanced_options = with_options(
    click.option("--message-id", help="An id of your own; with several numbers '-' and each is added."),
    click.option("--bulk-id", help="An id of your own for the whole request."),
    click.option("--flash", is_flag=True, default=None, help="Show it at once, and do not keep it."),
    click.option("--validity", help="How long to try: minutes, or 12h; at most 48h."),
    click.option("--send-at", help="When, with an offset: 2026-05-01T09:00:00+07:00."),
    click.option("--callback-data", help="Comes back with the reports."),
    click.option("--notify-url", help="Where reports are pushed to."),
    click.option("--notify-content-type", type=click.Choice(["application/json", "application/xml"])),
    click.option("--intermediate-report", is_flag=True, default=None, help="Push what happens on the way."),
    click.option("--language", help="National characters by a single shift table, e.g. TR."),
    click.option("--transliteration", help="Other letters in their place, e.g. TURKISH."),
)


@click.command()
@click.argument("to", nargs=-1)
@click.option("--region", metavar="TH", help="The country of numbers TO that name none: 081-234-5678.")
@_content_options
@_advanced_options
@account_options(has_xml=True)
def send(
    account: Account,
    *,
    to: tuple[str, ...],
    region: str | None,
    text: str | None,
    hex_: str | None,
    messages: Path | None,
    sender: str | None,
    data_coding: int | None,
    esm_class: int | None,
    **options: Any,
) -> None:
    """Send one text to the numbers TO, like 66847781470, or the messages of a file.

    From --message-id on, any option gives every message an id: a request without a clear answer is then sent
    again, and nobody is texted twice. Without one such a request is not repeated.

    Exit codes: 1 when a message was rejected, 2 when nothing was sent, 3 when nobody knows.
    """
    with one_line_errors():
        codes = given(data_coding=data_coding, esm_class=esm_class)
        advanced = given(**options)
        _check_combination(to, [text, hex_, messages], codes if hex_ is None else {}, advanced)
        if messages is not None:
            if region is not None:
                raise ConfigurationError("--messages brings its own numbers, in the API's form: no --region")
            receipt = _send_file(account, messages, sender)
        else:
            content = _content(text, hex_, codes)
            numbers = _numbers(to, region)
            if advanced:
                receipt = _send_advanced(account, numbers, content, sender, advanced)
            else:
                receipt = _send_single(account, numbers, content, sender)
    _show(account, receipt, has_our_ids=bool(advanced) and "message_id" not in advanced)


def _check_combination(
    to: Sequence[str], contents: Sequence[object], codes: dict[str, int], advanced: dict[str, Any]
) -> None:
    """Refuse options that do not go together: none may be passed over in silence."""
    *_, messages = contents
    if sum(one is not None for one in contents) != 1:
        raise ConfigurationError("give one of --text, --hex and --messages")
    if messages is not None and to:
        raise ConfigurationError("--messages brings its own numbers")
    if messages is None and not to:
        raise ConfigurationError("give the numbers to send to")
    if codes:
        raise ConfigurationError("--data-coding and --esm-class go with --hex")
    if messages is not None and advanced:
        raise ConfigurationError("--messages goes with --sender only: its request takes no other options")


def _content(text: str | None, hex_: str | None, codes: dict[str, int]) -> Binary | str:
    if hex_ is None:
        return not_empty("--text", text or "")
    return Binary(not_empty("--hex", hex_), **codes)


def _numbers(to: Sequence[str], region: str | None) -> list[str]:
    numbers = [parse_number(one) if region is None else normalise(one, region) for one in to]
    for number in numbers:
        if numbers.count(number) > 1:
            raise ValidationError("to", number, "given twice")
    return numbers


def _send_single(
    account: Account, to: Sequence[str], content: Binary | str, sender: str | None
) -> SendReceipt:
    async def work(client: AntsClient) -> SendReceipt:
        if isinstance(content, Binary):
            return await client.sms.send_binary(to, content, sender=sender)
        return await client.sms.send(to, content, sender=sender)

    return account.call(work, look=["logs", *(["--to", to[0]] if len(to) == 1 else [])])


def _send_file(account: Account, path: Path, sender: str | None) -> SendReceipt:
    texts, binaries = read_messages(path, sender)

    async def work(client: AntsClient) -> SendReceipt:
        if binaries is not None:
            return await client.sms.send_binary_multi(binaries)
        return await client.sms.send_multi(texts or ())

    return account.call(work, look=["logs", "--all"])


def _send_advanced(
    account: Account,
    to: Sequence[str],
    content: Binary | str,
    sender: str | None,
    options: dict[str, Any],
) -> SendReceipt:
    own_id = options.get("message_id") or uuid4().hex
    request = _advanced_request(to, own_id, content, sender, dict(options))

    async def work(client: AntsClient) -> SendReceipt:
        since = time.time()
        call = client.sms.send_binary_advanced if request.is_binary else client.sms.send_advanced
        try:
            return await call(request)
        except (OutcomeUnknown, *UNCLEAR) as error:  # it was repeated; with the same ids it always can be
            raise OutcomeUnknown(
                f"{error}; it may have arrived: the same command with --message-id {own_id} sends it again "
                "without texting anybody twice",
                sent_since=since,
                messages=request.sought,
            ) from error

    ids = [one.message_id or "" for one in request.messages[0].destinations]
    return account.call(work, look=["logs", *(word for one in ids[:10] for word in ("--message-id", one))])


def _advanced_request(
    to: Sequence[str], own_id: str, content: Binary | str, sender: str | None, options: dict[str, Any]
) -> AdvancedRequest:
    for name in options.keys() & set(_TEXTS):
        not_empty(f"--{name.replace('_', '-')}", options[name])
    options.pop("message_id", None)
    bulk_id = options.pop("bulk_id", None)
    if "validity" in options:
        options["validity_period"] = minutes("--validity", options.pop("validity"))
    if "send_at" in options:
        options["send_at"] = moment("--send-at", options["send_at"])
    if "language" in options:
        options["language"] = Language(language_code=options["language"], single_shift=True)
    # A message's id follows from its number: typed in another order, the same command repeats the same ids.
    ids = [own_id] if len(to) == 1 else [f"{own_id}-{number}" for number in to]
    message = AdvancedMessage(
        destinations=[Destination(number, one) for number, one in zip(to, ids, strict=True)],
        text=None if isinstance(content, Binary) else content,
        binary=content if isinstance(content, Binary) else None,
        sender=sender,
        **options,
    )
    return AdvancedRequest(messages=[message], bulk_id=bulk_id)


def _show(account: Account, receipt: SendReceipt, *, has_our_ids: bool) -> None:
    """The receipt, and then what was rejected, why, and what to do about it."""
    if account.in_json:
        account.show(receipt)
    else:
        account.show_all(receipt.messages, _COLUMNS)
    rejected = False
    for one in receipt.messages:
        status = one.status
        if not status.is_final or status.group is StatusGroup.DELIVERED:
            continue
        if has_our_ids and status.id == DUPLICATE_MESSAGE_ID:  # nobody else has an id made a moment ago
            click.echo(f"arrived: {one.to}: on the first try, whose answer was lost", err=True)
            continue
        rejected = True
        why = f"{status.explanation.rstrip('. ')}. {status.advice.text}"
        click.echo(clean(f"rejected: {one.to}: {status.name}: {why}"), err=True)
    if rejected:
        sys.exit(REJECTED)

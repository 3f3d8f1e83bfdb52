"""`ants-async send` and `preview`: a few messages by hand."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final
from uuid import uuid4

import click

from ants_async.cli.account import Account, account_options, given, read_moment, with_options
from ants_async.cli.refusals import one_line_errors
from ants_async.errors import ValidationError
from ants_async.models.limits import TimeSpan
from ants_async.models.sms import (
    AdvancedMessage,
    AdvancedRequest,
    Binary,
    BinaryMessage,
    Destination,
    Language,
    SendReceipt,
    TextMessage,
)
from ants_async.text import analyze

REJECTED: Final = 1
_COLUMNS: Final = ("to", "messageId", "smsCount", "status.name")
_advanced_options = with_options(
    click.option("--message-id", help="An id of your own; with several numbers -1, -2 … is added."),
    click.option("--bulk-id", help="An id of your own for the whole request."),
    click.option("--flash", is_flag=True, default=None, help="Show it at once, and do not keep it."),
    click.option("--validity", help="How long to try, e.g. 12h; at most 48h."),
    click.option("--send-at", help="When, with an offset: 2026-05-01T09:00:00+07:00."),
    click.option("--callback-data", help="Comes back with the reports."),
    click.option("--notify-url", help="Where reports are pushed to."),
    click.option("--language", help="National characters, e.g. TR."),
    click.option("--transliteration", help="E.g. TURKISH."),
)


@click.command()
@click.argument("to", nargs=-1)
@click.option("--text", help="What to send.")
@click.option("--hex", "hex_", help="What to send, as bytes: '0f c2 4a'.")
@click.option(
    "--messages", type=click.Path(path_type=Path), help='JSON lines: {"to": …, "text" or "hex": …}.'
)
@click.option("--sender", help="The sender shown on the phone.")
@click.option("--data-coding", type=int, default=0, help="For --hex: 8 for Thai and other languages.")
@click.option("--esm-class", type=int, default=0, help="For --hex: 64 when it starts with a header.")
@_advanced_options
@account_options(has_xml=True)
def send(
    account: Account,
    *,
    to: tuple[str, ...],
    text: str | None,
    hex_: str | None,
    messages: Path | None,
    sender: str | None,
    data_coding: int,
    esm_class: int,
    **options: Any,
) -> None:
    """Send one text to the numbers TO, like 66847781470.

    Any option beyond the text and the sender gives every message an id of its own, so that it is sent again
    when no clear answer comes. Exit code 1: some were rejected.
    """
    with one_line_errors():
        if sum(one is not None for one in (text, hex_, messages)) != 1:
            raise click.UsageError("one of --text, --hex and --messages")
        if bool(to) is (messages is not None):
            raise click.UsageError("numbers go with --text and --hex, --messages brings its own")
        options = given(**options)
        if messages is not None and options:
            raise click.UsageError("--messages goes with --sender only")
        content = Binary(hex_, data_coding, esm_class) if hex_ is not None else text
        if messages is not None:
            receipt = _send_lines(account, messages, sender)
        elif options:
            receipt = _send_advanced(account, to, content, sender, options)
        else:
            receipt = _send_single(account, to, content, sender)
    _show(account, receipt)


@click.command()
@click.argument("text")
@click.option("--language", help="National characters, e.g. TR.")
@click.option("--transliteration", help="E.g. TURKISH.")
@click.option("--local", is_flag=True, help="Reckon here, without an account.")
@account_options(has_xml=True)
def preview(
    account: Account, *, text: str, language: str | None, transliteration: str | None, local: bool
) -> None:
    """Show how TEXT will arrive: parts, and places left in the last one. Free of charge."""
    if not local:
        receipt = account.call(
            lambda client: client.sms.preview(text, language_code=language, transliteration=transliteration)
        )
        account.show_all(receipt.previews, ("messageCount", "charactersRemaining", "textPreview"))
        return
    with one_line_errors():
        found = analyze(text, language_code=language, single_shift=language is not None)
    facts = {
        "encoding": found.encoding.value,
        "parts": found.parts,
        "places": found.places,
        "remaining": found.remaining,
        "forcing": list(found.forcing),
        "suggestion": found.suggestion,
    }
    account.show(facts)


def _send_single(
    account: Account, to: tuple[str, ...], content: Binary | str | None, sender: str | None
) -> SendReceipt:
    if isinstance(content, Binary):
        return account.call(lambda client: client.sms.send_binary(to, content, sender=sender))
    return account.call(lambda client: client.sms.send(to, content or "", sender=sender))


def _send_advanced(
    account: Account,
    to: tuple[str, ...],
    content: Binary | str | None,
    sender: str | None,
    options: dict[str, Any],
) -> SendReceipt:
    message_id, bulk_id = options.pop("message_id", None), options.pop("bulk_id", None)
    own = message_id or uuid4().hex
    ids = [own] if len(to) == 1 else [f"{own}-{n}" for n in range(1, len(to) + 1)]
    if "validity" in options:
        span = TimeSpan(options.pop("validity"), field="--validity")
        options["validity_period"] = span.milliseconds // 60_000
    if "send_at" in options:
        options["send_at"] = read_moment("--send-at", options["send_at"])
    if "language" in options:
        options["language"] = Language(language_code=options["language"], single_shift=True)
    body = {"binary": content} if isinstance(content, Binary) else {"text": content}
    message = AdvancedMessage(
        destinations=[Destination(number, one) for number, one in zip(to, ids, strict=True)],
        sender=sender,
        **body,
        **options,
    )
    request = AdvancedRequest(messages=[message], bulk_id=bulk_id)
    if request.is_binary:
        return account.call(lambda client: client.sms.send_binary_advanced(request))
    return account.call(lambda client: client.sms.send_advanced(request))


def _send_lines(account: Account, path: Path, sender: str | None) -> SendReceipt:
    texts: list[TextMessage] = []
    binaries: list[BinaryMessage] = []
    for place, line in _lines(path):
        try:
            message = _message(line, sender)
        except ValidationError as error:
            raise ValidationError(f"{path}, line {place}: {error.field}", error.value, error.rule) from None
        if isinstance(message, TextMessage):
            texts.append(message)
        else:
            binaries.append(message)
    if texts and binaries:
        raise ValidationError("--messages", str(path), "all with a text, or all with hex")
    if binaries:
        return account.call(lambda client: client.sms.send_binary_multi(binaries))
    return account.call(lambda client: client.sms.send_multi(texts))


def _message(line: dict[str, Any], sender: str | None) -> TextMessage | BinaryMessage:
    to, own_sender, text = line.get("to") or "", line.get("sender", sender), line.get("text")
    if "hex" in line:
        return BinaryMessage(to=to, binary=Binary(line["hex"]), sender=own_sender)
    if not isinstance(text, str):
        raise ValidationError("text", text, "a text, or hex in its place")
    return TextMessage(to=to, text=text, sender=own_sender)


def _lines(path: Path) -> Iterator[tuple[int, dict[str, Any]]]:
    for place, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip():
            continue
        try:
            data = json.loads(line)
        except ValueError:
            data = None
        if not isinstance(data, dict):
            raise ValidationError(
                f"{path}, line {place}", line[:60], 'a JSON object like {"to": …, "text": …}'
            )
        yield place, data


def _show(account: Account, receipt: SendReceipt) -> None:
    if account.in_json:
        account.show(receipt)
    else:
        account.show_all(receipt.messages, _COLUMNS)
    rejected = [
        one for one in receipt.messages if one.status.is_final and one.status.group_name != "DELIVERED"
    ]
    for one in rejected:
        click.echo(f"rejected: {one.to}: {one.status.explanation} {one.status.advice.text}", err=True)
    if rejected:
        sys.exit(REJECTED)

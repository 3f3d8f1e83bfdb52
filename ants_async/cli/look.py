"""`ants-async reports`, `logs` and `balance`: what became of messages, and what is left."""

from collections.abc import AsyncIterator, Iterable
from typing import Any, Final

import click

from ants_async.cli.account import Account, account_options
from ants_async.cli.reading import given, moment
from ants_async.cli.refusals import one_line_errors
from ants_async.client import AntsClient
from ants_async.errors import ConfigurationError
from ants_async.models.numbers import parse_number
from ants_async.models.statuses import StatusGroup
from ants_async.resources.reports import MAX_LIMIT

_ONE: Final = {"to": "to", "status": "status.name", "error": "error.name"}
_REPORT_COLUMNS: Final = {"done": "doneAt", **_ONE, "message id": "messageId"}
_LOG_COLUMNS: Final = {"sent": "sentAt", "from": "from", **_ONE, "text": "text", "message id": "messageId"}

_limit_option = click.option(
    "--limit", type=click.IntRange(1, MAX_LIMIT), default=50, show_default=True, help="At most so many."
)


@click.command()
@click.option("--bulk-id", help="Only those of one request.")
@click.option("--message-id", help="Only that of one message.")
@_limit_option
@account_options(has_xml=True)
def reports(account: Account, *, bulk_id: str | None, message_id: str | None, limit: int) -> None:
    """Show delivery reports. Each is handed out once: what is shown here, nobody gets again.

    Without --bulk-id or --message-id these are everybody's on the account, a campaign's too: a running
    campaign then finds its own in the logs. With --json a line each, to be kept: ... --json >> reports.jsonl
    """

    async def ask(client: AntsClient) -> None:
        found = await client.reports.fetch(bulk_id=bulk_id, message_id=message_id, limit=limit)
        await account.show_stream(_each(found), _REPORT_COLUMNS)

    account.call(ask)


@click.command()
@click.option("--to", help="Only those to a number.")
@click.option("--sender", help="Only those of a sender.")
@click.option("--bulk-id", help="Only those of one request.")
@click.option("--message-id", multiple=True, help="Only this message; may be given again.")
@click.option(
    "--status",
    "general_status",
    type=click.Choice([group.name for group in StatusGroup], case_sensitive=False),
    help="Only those in a status group.",
)
@click.option("--since", help="Sent since then: 2026-05-01T09:00:00+07:00.")
@click.option("--until", help="Sent until then.")
@click.option("--mcc", help="Country of the network: 520 is Thailand.")
@click.option("--mnc", help="The network.")
@_limit_option
@click.option("--all", "everything", is_flag=True, help="All there are, page after page; --limit is moot.")
@account_options(has_xml=True)
def logs(account: Account, *, limit: int, everything: bool, **options: Any) -> None:
    """Show messages of the last 48 hours; they can be looked at any number of times."""
    with one_line_errors():
        filters = _filters(**options)

    async def ask(client: AntsClient) -> None:
        if everything:
            entries: AsyncIterator[Any] = client.logs.stream(**filters)
        else:
            entries = _each(await client.logs.search(limit=limit, **filters))
        await account.show_stream(entries, _LOG_COLUMNS)

    account.call(ask)


@click.command()
@account_options(has_xml=True)
def balance(account: Account) -> None:
    """Show the credit left."""
    account.show(account.call(lambda client: client.account.balance()))


def _filters(
    *,
    to: str | None,
    general_status: str | None,
    since: str | None,
    until: str | None,
    **others: Any,
) -> dict[str, Any]:
    start, end = (
        None if text is None else moment(option, text)
        for option, text in (("--since", since), ("--until", until))
    )
    if start is not None and end is not None and end < start:
        raise ConfigurationError(f"--until {until} is before --since {since}")
    return given(
        **others,
        to=None if to is None else parse_number(to),
        general_status=None if general_status is None else StatusGroup[general_status],
        sent_since=start,
        sent_until=end,
    )


async def _each(found: Iterable[Any]) -> AsyncIterator[Any]:
    for one in found:
        yield one

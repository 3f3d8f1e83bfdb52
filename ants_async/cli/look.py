"""`ants-async reports`, `logs` and `balance`: what became of messages, and what is left."""

from collections.abc import AsyncIterator
from typing import Any, Final

import click

from ants_async.cli.account import Account, account_options, given, read_moment
from ants_async.cli.refusals import one_line_errors
from ants_async.client import AntsClient
from ants_async.models.reports import DeliveryReport, LogEntry
from ants_async.models.statuses import StatusGroup
from ants_async.resources.reports import MAX_LIMIT

_REPORT_COLUMNS: Final = ("messageId", "to", "status.groupName", "status.name", "error.name", "doneAt")
_LOG_COLUMNS: Final = (*_REPORT_COLUMNS[:-1], "sentAt", "from", "text")


@click.command()
@click.option("--bulk-id", help="Only those of one request.")
@click.option("--message-id", help="Only that of one message.")
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=50, show_default=True)
@account_options(has_xml=True)
def reports(account: Account, *, bulk_id: str | None, message_id: str | None, limit: int) -> None:
    """Show delivery reports. Each is handed out once: what is shown here, nobody gets again."""

    async def ask(client: AntsClient) -> None:
        found = await client.reports.fetch(bulk_id=bulk_id, message_id=message_id, limit=limit)
        await account.show_stream(_each(found), _REPORT_COLUMNS)

    account.call(ask)


@click.command()
@click.option("--sender", help="Only those of a sender.")
@click.option("--to", help="Only those to a number.")
@click.option("--bulk-id", help="Only those of one request.")
@click.option("--message-id", multiple=True, help="Only these messages; may be given again.")
@click.option("--status", "group", type=click.Choice([group.name for group in StatusGroup]))
@click.option("--since", help="2026-05-01T09:00:00+07:00")
@click.option("--until", help="2026-05-01T17:00:00+07:00")
@click.option("--mcc", help="Country of the network, 520 for Thailand.")
@click.option("--mnc", help="The network.")
@click.option("--limit", type=click.IntRange(1, MAX_LIMIT), default=50, show_default=True)
@click.option("--all", "everything", is_flag=True, help="All pages, not only the first.")
@account_options(has_xml=True)
def logs(
    account: Account,
    *,
    message_id: tuple[str, ...],
    group: str | None,
    since: str | None,
    until: str | None,
    limit: int,
    everything: bool,
    **options: str | None,
) -> None:
    """Show messages of the last 48 hours; they can be looked at any number of times."""
    with one_line_errors():
        filters: dict[str, Any] = given(
            **options,
            message_id=message_id or None,
            general_status=None if group is None else StatusGroup[group],
            sent_since=since and read_moment("--since", since),
            sent_until=until and read_moment("--until", until),
        )

    async def ask(client: AntsClient) -> None:
        if everything:
            entries: AsyncIterator[LogEntry] = client.logs.stream(**filters)
        else:
            entries = _each(await client.logs.search(limit=limit, **filters))
        await account.show_stream(entries, _LOG_COLUMNS)

    account.call(ask)


@click.command()
@account_options(has_xml=True)
def balance(account: Account) -> None:
    """Show the credit left."""
    account.show(account.call(lambda client: client.account.balance()))


async def _each(found: tuple[DeliveryReport, ...]) -> AsyncIterator[Any]:
    for one in found:
        yield one

"""Write the generated pages: `python docs/make_tables.py`. A test holds the pages against it."""

from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any

from ants_async.endpoints import OPERATIONS, Endpoint
from ants_async.models.delivery_errors import DELIVERY_ERRORS
from ants_async.models.sms import AdvancedRequest
from ants_async.models.statuses import STATUSES

HERE = Path(__file__).parent


def _table(head: Iterable[str], rows: Iterable[Iterable[object]]) -> Iterator[str]:
    head = list(head)
    yield f"| {' | '.join(head)} |"
    yield f"|{'---|' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(str(cell).replace('|', chr(92) + '|') for cell in row)} |"


def operations() -> Iterator[str]:
    """Every operation of the manual: the call, the command, the request, the section."""
    yield "# Operations"
    yield ""
    yield f"The {len(OPERATIONS)} operations of the manual. Each call is a method of `AntsClient`."
    yield ""
    yield from _table(
        ("Python", "Terminal", "Request", "Formats", "What a repeat would do", "Manual"),
        (
            (
                f"`client.{one.name}`",
                f"`ants-async {one.command}`",
                f"`{one.method} {one.path}`",
                "JSON, XML" if one.has_xml else "JSON",
                _repeat(one),
                one.manual,
            )
            for one in OPERATIONS.values()
        ),
    )


def _repeat(endpoint: Endpoint[Any]) -> str:
    if endpoint.body is AdvancedRequest:
        return "harmless when every message has an id"
    return endpoint.repeat.value


def statuses() -> Iterator[str]:
    """Every status of the manual, with what to do about it."""
    yield "# Statuses"
    yield ""
    yield "Groups 2 to 5 are final. The advice is ours: `Status.advice`."
    yield ""
    yield from _table(
        ("Group", "Id", "Name", "What it means", "What to do"),
        (
            (f"{one.group_id} {one.group_name}", one.id, f"`{one.name}`", one.description, one.advice.text)
            for one in STATUSES.values()
        ),
    )


def delivery_errors() -> Iterator[str]:
    """Every delivery error of the manual, with what to do about it."""
    yield "# Delivery errors"
    yield ""
    yield "What a report's `error` can be. The advice is ours: `DeliveryError.advice`."
    yield ""
    yield from _table(
        ("Group", "Id", "Name", "Permanent", "What it means", "What to do"),
        (
            (
                one.group_name,
                one.id,
                f"`{one.name}`",
                "yes" if one.permanent else "no",
                one.description,
                one.advice.text,
            )
            for one in DELIVERY_ERRORS.values()
        ),
    )


PAGES = {"operations.md": operations, "statuses.md": statuses, "delivery-errors.md": delivery_errors}


def main() -> None:
    """Write all pages."""
    for name, lines in PAGES.items():
        (HERE / name).write_text("\n".join(lines()) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()

"""Results: one row a recipient, as JSON lines or CSV."""

import csv
import json
from collections.abc import AsyncIterable, Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final, TextIO

from ants_async.cli.writing import check_place, replacing
from ants_async.dispatch.campaign import Outcome
from ants_async.errors import ConfigurationError

COLUMNS: Final[tuple[str, ...]] = (
    "row",
    "to",
    "message_id",
    "bulk_id",
    "outcome",
    "group",
    "status",
    "error",
    "sms_count",
    "price",
    "currency",
    "sent_at",
    "done_at",
    "deduplicated",
    "network",
)
_FOREIGN: Final = ("error", "currency", "network")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
_Write = Callable[[Mapping[str, Any]], object]


def check_target(path: Path, option: str = "--results") -> None:
    """Refuse, before anything is sent, a place where results cannot be written."""
    if path.suffix.lower() not in _WRITERS:
        raise ConfigurationError(f"{option} {path}: the name must end in {' or '.join(_WRITERS)}")
    check_place(option, path, "results", b"row,to,message_id,", b'{"row": ')


def as_row(outcome: Outcome) -> dict[str, Any]:
    """The columns of one recipient; None where nothing is known."""
    status = outcome.status
    return {
        "row": outcome.row,
        "to": outcome.to,
        "message_id": outcome.message_id,
        "bulk_id": outcome.bulk_id,
        "outcome": outcome.kind.value,
        "group": status and status.group_name,
        "status": status and status.name,
        "error": outcome.error,
        "sms_count": outcome.sms_count,
        "price": None if outcome.price is None else str(outcome.price),
        "currency": outcome.currency,
        "sent_at": _iso(outcome.sent_at),
        "done_at": _iso(outcome.done_at),
        "deduplicated": outcome.deduplicated,
        "network": outcome.network,
    }


async def write_results(path: Path, outcomes: AsyncIterable[Outcome]) -> int:
    """Write all outcomes, one by one, and put the file in place when it is complete: how many there are."""
    count = 0
    with replacing(path) as file:
        write = _WRITERS[path.suffix.lower()](file)
        async for outcome in outcomes:
            write(as_row(outcome))
            count += 1
    return count


def _iso(moment: datetime | None) -> str | None:
    return None if moment is None else moment.isoformat()


def _json_lines(file: TextIO) -> _Write:
    return lambda row: file.write(json.dumps(row, ensure_ascii=False) + "\n")


def _csv(file: TextIO) -> _Write:
    writer: csv.DictWriter[str] = csv.DictWriter(file, COLUMNS, lineterminator="\n")
    writer.writeheader()
    return lambda row: writer.writerow(
        {**row, **{name: _inert(row[name]) for name in _FOREIGN}, "deduplicated": _yes(row)}
    )


def _yes(row: Mapping[str, Any]) -> str:
    return "true" if row["deduplicated"] else "false"


def _inert(text: str | None) -> str | None:
    """Words of a server, so that no spreadsheet takes them for a formula, nor a part of them for a row."""
    text = text and text.replace("\r", " ")  # which Python's csv does not always quote
    return f"'{text}" if text and text.startswith(_FORMULA) else text


_WRITERS: Final[Mapping[str, Callable[[TextIO], _Write]]] = {".jsonl": _json_lines, ".csv": _csv}

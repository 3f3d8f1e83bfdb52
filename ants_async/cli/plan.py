"""`ants-async campaign plan`: what a campaign would take, before anything is sent."""

import heapq
import json
from collections import Counter
from collections.abc import Iterable
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final

import attrs
import click

from ants_async.cli.files import BadRow, RecipientFile
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.tables import table
from ants_async.dispatch.campaign import Campaign, Recipient
from ants_async.dispatch.engine import MAX_BODY
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planned, Planner
from ants_async.errors import ValidationError
from ants_async.text import MAX_BYTES, MAX_PARTS, analyze

_SHOWN: Final = 5
_MANY: Final = 3  # parts, from here on counted together
_PREVIEW: Final = 40


@attrs.define(slots=True)
class Plan:
    """Counts of a campaign.

    `avoidable`: texts in UCS-2 that plain characters would say as well; `forcing`: what stands in their way.
    `longest`: parts, minus the row, number and text of the dearest messages.
    """

    recipients: int = 0
    duplicates: int = 0
    bad: int = 0
    requests: int = 0
    parts: int = 0
    too_long: int = 0
    avoidable: int = 0
    by_parts: Counter[int] = attrs.field(factory=Counter)
    encodings: Counter[str] = attrs.field(factory=Counter)
    forcing: Counter[str] = attrs.field(factory=Counter)
    longest: list[tuple[int, int, str, str]] = attrs.field(factory=list)
    first_bad: list[BadRow] = attrs.field(factory=list)

    def read(self, rows: Iterable[Recipient | BadRow], planner: Planner) -> None:
        """All rows, cut into requests as a run would."""
        for row in rows:
            if isinstance(row, BadRow):
                self.bad += 1
                if len(self.first_bad) < _SHOWN:
                    self.first_bad.append(row)
            else:
                self._count(planner.push(row))
                self.duplicates += len(planner.duplicates)
                planner.duplicates = []
        self._count(planner.flush())

    def _count(self, chunk: list[Planned] | None) -> None:
        for message in chunk or ():
            found = analyze(message.text)
            self.recipients += 1
            self.parts += found.parts
            self.by_parts[min(found.parts, _MANY)] += 1
            self.encodings[found.encoding.value] += 1
            if found.forcing and found.suggestion is not None:
                self.avoidable += 1
                self.forcing.update(found.forcing)
            self.too_long += found.parts > MAX_PARTS or len(message.text.encode()) > MAX_BYTES
            entry = (found.parts, -message.row, message.to, message.text)
            (heapq.heappushpop if len(self.longest) == _SHOWN else heapq.heappush)(self.longest, entry)
        self.requests += bool(chunk)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--text", help="One text for all, with columns as {fields}. [default: the column 'text']")
@click.option("--to-column", default="to", show_default=True, help="The column with the numbers.")
@click.option("--sender", help="The sender shown on the phone.")
@click.option("--chunk", type=click.IntRange(1, 1000), default=500, show_default=True)
@click.option("--price", help="Of one part, e.g. 0.50.")
@click.option("--currency", default="THB", show_default=True)
@click.option("--json", "in_json", is_flag=True, help="As JSON.")
def plan(
    *,
    file: Path,
    text: str | None,
    to_column: str,
    sender: str | None,
    chunk: int,
    price: str | None,
    currency: str,
    in_json: bool,
) -> None:
    """Show what `campaign run` with FILE would take: parts, cost, bad rows. Nothing is sent."""
    with one_line_errors():
        cost = None if price is None else _price(price)
        campaign = Campaign("plan", text=text, sender=sender)
        found = Plan()
        found.read(
            RecipientFile(file, to_column, campaign.template).rows(),
            Planner(campaign, NumberSet(), chunk_size=chunk, max_body=MAX_BODY),
        )
    if in_json:
        click.echo(json.dumps(_as_json(found, cost, currency), ensure_ascii=False))
    else:
        _show(found, cost, currency)


def _price(text: str) -> Decimal:
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise ValidationError("--price", text, "an amount like 0.50")
    return price


def _as_json(found: Plan, price: Decimal | None, currency: str) -> dict[str, Any]:
    return {
        "recipients": found.recipients,
        "duplicates": found.duplicates,
        "bad": found.bad,
        "requests": found.requests,
        "parts": found.parts,
        "by_parts": {_parts(parts): count for parts, count in sorted(found.by_parts.items())},
        "encodings": dict(found.encodings),
        "avoidable_ucs2": found.avoidable,
        "forcing_ucs2": dict(found.forcing.most_common(_SHOWN * 2)),
        "too_long": found.too_long,
        "cost": None if price is None else str(found.parts * price),
        "currency": currency,
        "longest": [
            {"row": -row, "to": to, "parts": parts, "text": text}
            for parts, row, to, text in sorted(found.longest, reverse=True)
        ],
        "bad_rows": [attrs.asdict(row) for row in found.first_bad],
    }


def _show(found: Plan, price: Decimal | None, currency: str) -> None:
    facts = {
        "recipients": f"{found.recipients:,}",
        "duplicates": f"{found.duplicates:,}",
        "bad rows": f"{found.bad:,}",
        "requests": f"{found.requests:,}",
        "parts": f"{found.parts:,}",
        **{f"of {_parts(parts)}": f"{count:,}" for parts, count in sorted(found.by_parts.items())},
        **{name: f"{count:,}" for name, count in found.encodings.most_common()},
        "UCS2 for want of plain characters": _avoidable(found),
        "too long": f"{found.too_long:,}" if found.too_long else "",
        "cost": "" if price is None else f"{found.parts * price:,} {currency}",
    }
    table([], [[name, value] for name, value in facts.items() if value])
    table(
        ["row", "to", "parts", "the longest"],
        [
            [str(-row), to, str(parts), _short(text)]
            for parts, row, to, text in sorted(found.longest, reverse=True)
        ],
    )
    if found.first_bad:
        rows = [[str(row.row), row.to, row.reason] for row in found.first_bad]
        table(["row", "to", "why it cannot be sent"], rows)


def _avoidable(found: Plan) -> str:
    if not found.avoidable:
        return ""
    worst = " ".join(repr(one)[1:-1] for one, _ in found.forcing.most_common(_SHOWN * 2))
    return f"{found.avoidable:,}, because of {worst}"


def _parts(parts: int) -> str:
    return {1: "1 part", _MANY: f"{_MANY} parts or more"}.get(parts, f"{parts} parts")


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _PREVIEW else f"{line[: _PREVIEW - 1]}…"

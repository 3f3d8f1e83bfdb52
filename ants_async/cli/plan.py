"""`ants-async campaign plan`: what a campaign would take, before anything is sent."""

import json
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from ants_async.cli.controls import Controls, Suppressed, control_options
from ants_async.cli.counting import LONG, Plan
from ants_async.cli.inputs.layout import Layout, layout_options
from ants_async.cli.inputs.standard import opened
from ants_async.cli.refusals import one_line_errors
from ants_async.cli.tables import table
from ants_async.cli.terminal import Terminal
from ants_async.dispatch.engine import MAX_BODY
from ants_async.dispatch.numbers import NumberSet
from ants_async.dispatch.planning import Planner
from ants_async.dispatch.suppression import is_suppressed
from ants_async.errors import ValidationError
from ants_async.resources.reports import MAX_LIMIT

T = TypeVar("T")
_Command = Callable[..., Any]
_PREVIEW: Final = 40  # characters of a long text
_SIGNS: Final = 8  # of what forces UCS2
_A_WHILE: Final = 10_000  # rows between two signs of life


def chunk_option(shown: bool | str = True) -> Callable[[_Command], _Command]:
    """`shown`: the default, as the help has it."""
    return click.option(
        "--chunk",
        type=click.IntRange(1, MAX_LIMIT),
        default=MAX_LIMIT,
        show_default=shown,
        help="Messages a request.",
    )


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--text", help="One text for all, with columns as {fields}. [default: the column 'text']")
@layout_options
@click.option("--sender", help="The sender shown on the phone.")
@control_options
@chunk_option()
@click.option("--price", help="Of one part, e.g. 0.50: what the campaign costs is reckoned with it.")
@click.option("--currency", default="THB", show_default=True, help="Of the price.")
@click.option("--json", "in_json", is_flag=True, help="As JSON.")
def plan(
    *,
    file: Path,
    text: str | None,
    layout: Layout,
    sender: str | None,
    controls: Controls,
    chunk: int,
    price: str | None,
    currency: str,
    in_json: bool,
) -> None:
    """Show what `campaign run` with FILE would take: parts, cost, bad rows. Nothing is sent.

    FILE is of any kind that `campaign run` reads; '-' is standard input.
    It needs no account. The texts are reckoned here, and the first run of a campaign is supposed: whom an
    earlier one reached is counted again.
    """
    with one_line_errors():
        cost = None if price is None else price_of(price)
        campaign = controls.campaign("plan", text=text, sender=sender, time_zone=layout.time_zone)
        campaign.check_due(time.time())
        found = Plan(
            Planner(
                campaign,
                NumberSet(),
                chunk_size=chunk,
                max_body=MAX_BODY,
                is_suppressed=is_suppressed(Suppressed.read(controls.suppress, layout.region).numbers),
            )
        )
        with opened(file, layout, campaign) as source:
            found.read(_with_signs_of_life(source.rows(found.notes)))
    if in_json:
        shown = json.dumps(_as_json(found, cost, currency), ensure_ascii=False)
        click.echo(
            shown.encode(errors="backslashreplace")
        )  # half a character, which no stream takes, spelt out
    else:
        _show(found, cost, currency)


def price_of(text: str) -> Decimal:
    """What a part costs, as typed. Raises `ValidationError`."""
    try:
        price = Decimal(text)
    except InvalidOperation:
        price = Decimal("NaN")
    if not price.is_finite() or price < 0:
        raise ValidationError("--price", text, "an amount like 0.50")
    return price


def _with_signs_of_life(rows: Iterable[T]) -> Iterator[T]:
    """The rows; a large file takes its time, so whoever waits at a terminal is told how far it is."""
    console = Terminal(stderr=True)
    if not console.is_terminal:
        yield from rows
        return
    with console.status("reading") as status:
        for number, row in enumerate(rows, start=1):
            if number % _A_WHILE == 0:
                status.update(f"{number:,} rows read")
            yield row


def _as_json(found: Plan, price: Decimal | None, currency: str) -> dict[str, Any]:
    return {
        "recipients": found.recipients,
        "duplicates": found.duplicates,
        "suppressed": found.suppressed,
        "bad": found.bad,
        "changed": found.notes.changed,
        "fixed_lines": found.notes.fixed,
        "encoding": found.notes.encoding or "utf-8",
        "requests": found.requests,
        "parts": found.parts,
        "by_parts": {_parts(parts): count for parts, count in sorted(found.by_parts.items())},
        "encodings": dict(found.encodings),
        "forcing_ucs2": [
            {"what": sign.what, "name": sign.name, "recipients": count, "instead": sign.instead}
            for sign, count in found.commonest_signs(_SIGNS)
        ],
        "avoidable_texts": found.avoidable,
        "avoidable_parts": found.avoidable_parts,
        "price": None if price is None else str(price),
        "cost": None if price is None else str(found.parts * price),
        "currency": currency,
        "longest": [
            {"row": one.row, "to": one.to, "parts": one.parts, "text": one.text} for one in found.longest
        ],
        "changed_numbers": [
            {"row": one.row, "given": one.given, "to": one.to} for one in found.notes.examples
        ],
        "bad_rows": [{"row": one.row, "to": one.to, "reason": one.reason} for one in found.first_bad],
    }


def _show(found: Plan, price: Decimal | None, currency: str) -> None:
    facts = {
        "recipients": f"{found.recipients:,}",
        "duplicates": f"{found.duplicates:,}",
        "suppressed": f"{found.suppressed:,}" if found.suppressed else "",
        "bad rows": f"{found.bad:,}",
        "numbers changed": _if_any(found.notes.changed),
        "no mobile phones": _if_any(found.notes.fixed),
        "read as": found.notes.encoding or "",
        "requests": f"{found.requests:,}",
        "parts": f"{found.parts:,}",
        **{
            f"of {_parts(parts)} part{'s' if parts > 1 else ''}": f"{count:,}"
            for parts, count in sorted(found.by_parts.items())
        },
        **{f"in {name}": f"{count:,}" for name, count in sorted(found.encodings.items())},
        "cost": "" if price is None else f"{_amount(found.parts * price)} {currency}, estimated",
        "with plain characters": _saving(found, price, currency),
    }
    table([], [[name, value] for name, value in facts.items() if value])
    _show_signs(found)
    if found.longest:
        costs = [[] if price is None else [_amount(one.parts * price)] for one in found.longest]
        table(
            ["row", "to", "parts", *(["cost"] if price is not None else []), "the longest"],
            [
                [str(one.row), one.to, str(one.parts), *cost, _short(one.text)]
                for one, cost in zip(found.longest, costs, strict=True)
            ],
        )
    if found.notes.examples:
        rows = [[str(one.row), one.given, one.to] for one in found.notes.examples]
        table(["row", f"numbers changed{_more(found.notes.changed, rows)}", "to"], rows)
    if found.first_bad:
        rows = [[str(one.row), one.to, one.reason] for one in found.first_bad]
        table(["row", "to", f"why it cannot be sent{_more(found.bad, rows)}"], rows)


def _more(count: int, shown: Sequence[object]) -> str:
    left = count - len(shown)
    return f" (and {left:,} more)" if left else ""


def _if_any(count: int) -> str:
    return f"{count:,}" if count else ""


def _show_signs(found: Plan) -> None:
    """What forces UCS2, for nobody sees it in a list: a curly quote makes a text twice as dear."""
    rows = [
        [sign.what, sign.name, f"{count:,}", "" if sign.instead is None else sign.instead or "nothing"]
        for sign, count in found.commonest_signs(_SIGNS)
    ]
    if rows:
        table(["forces UCS2", "name", "texts", "in its place"], rows)


def _saving(found: Plan, price: Decimal | None, currency: str) -> str:
    if not found.avoidable:
        return ""
    saved = "" if price is None else f", {_amount(found.avoidable_parts * price)} {currency}"
    return f"{found.avoidable_parts:,} parts fewer{saved}, in {found.avoidable:,} texts"


def _amount(amount: Decimal) -> str:
    """With two places at least: money."""
    places = max(2, -int(amount.as_tuple().exponent))
    return f"{amount:,.{places}f}"


def _parts(parts: int) -> str:
    return f"{parts}+" if parts == LONG else str(parts)


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= _PREVIEW else f"{line[: _PREVIEW - 1]}…"

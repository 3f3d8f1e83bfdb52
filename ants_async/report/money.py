"""The section on what a campaign cost, and amounts."""

from collections.abc import Iterator
from decimal import Decimal

from ants_async.report.facts import Facts
from ants_async.report.figures import Fate
from ants_async.report.html import Html, empty, html, line, note, number, say, table


def cost(facts: Facts) -> Html:
    """What it came to, by currency."""
    if not facts.costs:
        return empty("no_price")
    of_failures = facts.figures.cost.of_failures
    lines = [
        line(currency, _money(total), _money(of_failures.get(currency, Decimal(0))), _each(facts, total))
        for currency, total in facts.costs.items()
    ]
    columns = ["currency", "amount", "for_failures", "per_delivery"]
    return html("{table}{notes}", table=table("costs", "cost", columns, lines), notes=[*_notes(facts)])


def below_cost(facts: Facts) -> Html:
    """What stands below the sum."""
    if not facts.costs:
        return say("no_price")
    parts = say("parts_sent", count=number(facts.figures.cost.parts))
    return html("{parts}, {what}", parts=parts, what=say("estimated")) if facts.is_estimate else parts


def amount(currency: str, value: Decimal) -> Html:
    """`1,234.50 THB`, the currency small."""
    return html("{value} <small>{currency}</small>", value=_money(value), currency=currency)


def _notes(facts: Facts) -> Iterator[Html]:
    found = facts.figures.cost
    if found.priced:
        yield note("price_note")
    if facts.is_estimate:
        yield note("estimate_note", parts=number(found.unpriced_parts), price=str(facts.price))
    elif found.unpriced:
        yield note("unpriced_note", count=number(found.unpriced), parts=number(found.unpriced_parts))


def _each(facts: Facts, total: Decimal) -> str:
    """With several currencies nobody can say which delivery cost which."""
    delivered = facts.figures.fates[Fate.DELIVERED]
    return _money(total / delivered) if delivered and len(facts.costs) == 1 else "–"


def _money(value: Decimal) -> str:
    return f"{value:,.2f}"

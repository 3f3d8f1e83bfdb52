"""Rules that several requests share, as attrs validators and converters: field, value and rule are named."""

from collections.abc import Callable, Iterable
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeVar

import attrs

from ants_async.errors import ValidationError
from ants_async.models.numbers import parse_number
from ants_async.models.senders import check_sender
from ants_async.text import check_text

E = TypeVar("E", bound=StrEnum)
_Attribute = attrs.Attribute  # a validator's second argument


def is_sender(_instance: object, attribute: "_Attribute[Any]", value: str | None) -> None:
    """A sender name the API takes, or None."""
    check_sender(value, field=attribute.name)


def is_needed_text(_instance: object, attribute: "_Attribute[Any]", value: str) -> None:
    """A text within the API's limits, 25 parts and 4000 bytes."""
    if not isinstance(value, str):
        raise ValidationError(attribute.name, value, "a text")
    check_text(value, field=attribute.name)


def is_not_empty(_instance: object, attribute: "_Attribute[Any]", value: tuple[object, ...]) -> None:
    """At least one of them."""
    if not value:
        raise ValidationError(attribute.name, value, "must not be empty")


def is_aware(_instance: object, attribute: "_Attribute[Any]", value: datetime | None) -> None:
    """A moment with a time zone, or None."""
    if value is not None and (not isinstance(value, datetime) or value.utcoffset() is None):
        raise ValidationError(attribute.name, value, "a datetime with a time zone")


def check_number_within(
    field: str, value: float | None, lowest: float, highest: float, unit: str = ""
) -> None:
    """Refuse what is no number from `lowest` to `highest`, a whole one if those are; None is fine."""
    kinds = (int, float) if isinstance(lowest, float) else (int,)
    if value is None:
        return
    if isinstance(value, bool) or not isinstance(value, kinds) or not lowest <= value <= highest:
        whole = "" if float in kinds else "a whole number, "
        raise ValidationError(field, value, f"{whole}{lowest:g} to {highest:g} {unit}".strip())


def is_within(lowest: float, highest: float, unit: str = "") -> Callable[[object, Any, float | None], None]:
    """A number from `lowest` to `highest`, or None."""

    def check(_instance: object, attribute: "_Attribute[Any]", value: float | None) -> None:
        check_number_within(attribute.name, value, lowest, highest, unit)

    return check


def is_one_of(*values: str) -> Callable[[object, Any, str | None], None]:
    """One of these, or None."""

    def check(_instance: object, attribute: "_Attribute[Any]", value: str | None) -> None:
        if value is not None and value not in values:
            raise ValidationError(attribute.name, value, f"one of {', '.join(values)}")

    return check


def to_numbers(value: str | Iterable[str]) -> tuple[str, ...]:
    """One number or several, each in the API's form."""
    several = value if isinstance(value, Iterable) and not isinstance(value, str) else (value,)
    return tuple(map(parse_number, several))


def known(kind: type[E], value: E | str | None) -> E | str | None:
    """A member of an enumeration of the manual; what the manual does not know is kept as it is."""
    try:
        return None if value is None else kind(value)
    except ValueError:
        return value

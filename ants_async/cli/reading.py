"""What an operator types, read: times, minutes, what is not empty. Refusals name the option."""

from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import click

from ants_async.errors import ConfigurationError, ValidationError
from ants_async.models.limits import TimeSpan

_MINUTE: Final = 60_000


def moment(option: str, text: str, zone: str | None = None) -> datetime:
    """A time, by the clocks of `zone` unless it names others. Raises `ValidationError`.

    Without a zone it needs an offset, so that it means the same wherever it is typed.
    """
    try:
        found = datetime.fromisoformat(text.strip())
    except ValueError:
        found = None
    if found is not None and found.tzinfo is None and zone is not None:
        found = found.replace(tzinfo=zone_of(zone))
    if found is None or found.tzinfo is None:
        example = (
            "with an offset, like 2027-05-01T09:00:00+07:00" if zone is None else "like 2027-05-01T09:00"
        )
        raise ValidationError(option, text, f"a time {example}")
    return found


def zone_of(name: str) -> ZoneInfo:
    """A time zone. Raises `ValidationError`."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError("--time-zone", name, "a name like Asia/Bangkok") from None


def minutes(option: str, text: str) -> int:
    """Minutes as a number, or as a time span: `90`, `90m`, `12h`."""
    milliseconds = TimeSpan(f"{text}m" if text.isdecimal() else text, field=option).milliseconds
    if milliseconds % _MINUTE:
        raise ValidationError(option, text, "whole minutes, as in 90m or 12h")
    return milliseconds // _MINUTE


def not_empty(option: str, text: str) -> str:
    """A text that says something."""
    if not text.strip():
        raise ValidationError(option, text, "must not be empty")
    return text


def given(**options: Any) -> dict[str, Any]:
    """The options that somebody typed."""
    return {name: value for name, value in options.items() if value is not None and value != ()}


def something_to_change(options: dict[str, Any]) -> dict[str, Any]:
    """The options that somebody typed; an update without any is a mistake."""
    if not (changes := given(**options)):
        raise ConfigurationError("nothing to change: give an option, --help lists them")
    return changes


def is_typed(name: str) -> bool:
    """Whether an option stands on the command line."""
    source = click.get_current_context().get_parameter_source(name)
    return source is click.core.ParameterSource.COMMANDLINE

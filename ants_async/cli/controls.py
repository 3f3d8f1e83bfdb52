"""Options that say when a campaign goes out, to whom it does not, and how carefully it begins."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import wraps
from pathlib import Path
from typing import Any, Final, Self

import attrs
import click

from ants_async.cli.account import with_options
from ants_async.cli.reading import is_typed, minutes, moment, zone_of
from ants_async.dispatch import Campaign, Canary, Mode, QuietHours, SuppressionList
from ants_async.errors import ConfigurationError, ValidationError
from ants_async.models.limits import TimeSpan
from ants_async.numbers import number_reader

_SUPPRESS: Final = click.option(
    "--suppress",
    type=click.Path(path_type=Path),
    multiple=True,
    help="A list of numbers that are not texted, a number a line. May be given more than once.",
)
_REGION: Final = click.option(
    "--region", metavar="TH", help="The country of numbers in --suppress without one."
)
_OPTIONS: Final = with_options(
    click.option("--validity", help="How long the network may try: minutes, or 12h; at most 48h."),
    click.option("--send-at", help="When the API sends it: 2027-04-13T09:00. [default: at once]"),
    click.option("--quiet-hours", metavar="21:00-08:00", help="Every day, when nothing leaves."),
    _SUPPRESS,
)
_CANARY: Final = with_options(
    click.option("--canary", type=click.IntRange(1), metavar="N", help="Send to the first N, and wait."),
    click.option(
        "--stop-if-failed",
        metavar="5%",
        default="5%",
        show_default=True,
        help="Of the first N: with more than this share failed the others are not sent to.",
    ),
    click.option(
        "--canary-wait", default="10m", show_default=True, help="For their final statuses, at most."
    ),
)


@attrs.frozen(slots=True)
class Controls:
    """What an operator says of a campaign beside list and text."""

    validity: str | None = None
    send_at: str | None = None
    quiet_hours: str | None = None
    suppress: Sequence[Path] = ()

    def campaign(
        self, campaign_id: str, *, time_zone: str, mode: Mode = Mode.ADVANCED, **more: Any
    ) -> Campaign:
        """The campaign. Raises `ValidationError`."""
        zone = zone_of(time_zone)
        return Campaign(
            campaign_id,
            mode=mode,
            validity=None
            if self.validity is None
            else timedelta(minutes=minutes("--validity", self.validity)),
            send_at=None if self.send_at is None else moment("--send-at", self.send_at, time_zone),
            quiet_hours=None if self.quiet_hours is None else QuietHours.parse(self.quiet_hours, zone.key),
            **more,
        )


def control_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about a campaign, handed over as `controls`."""
    names = [field.name for field in attrs.fields(Controls)]

    @wraps(command)
    def with_controls(**given: Any) -> Any:
        return command(controls=Controls(*(given.pop(name) for name in names)), **given)

    return _OPTIONS(with_controls)


def suppress_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about whom not to text, where no list is read, handed over as `make_suppressed`."""

    @wraps(command)
    def with_suppress(**given: Any) -> Any:
        paths, region = given.pop("suppress"), given.pop("region")
        if region is not None and not paths:
            raise click.UsageError("--region is about --suppress")
        return command(make_suppressed=lambda: Suppressed.read(paths, region), **given)

    return with_options(_SUPPRESS, _REGION)(with_suppress)


def canary_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options about the first few, handed over as `canary`; None without."""

    @wraps(command)
    def with_canary(**given: Any) -> Any:
        count, share, wait = (given.pop(name) for name in ("canary", "stop_if_failed", "canary_wait"))
        return command(make_canary=lambda: _canary(count, share, wait), **given)

    return _CANARY(with_canary)


def _canary(count: int | None, share: str, wait: str) -> Canary | None:
    if count is None:
        if is_typed("stop_if_failed") or is_typed("canary_wait"):
            raise click.UsageError("--stop-if-failed and --canary-wait are about --canary N")
        return None
    try:
        part = float(share.removesuffix("%")) / 100 if share.endswith("%") else float(share)
    except ValueError:
        part = -1.0
    if not 0 <= part < 1:
        raise ValidationError("--stop-if-failed", share, "a share like 5%")
    return Canary(count, part, TimeSpan(wait, field="--canary-wait").seconds)


@attrs.frozen(slots=True)
class Suppressed:
    """Whom not to text: `numbers`, of the lists named `of`; None without a list."""

    of: str = ""
    numbers: SuppressionList | None = None

    @classmethod
    def read(cls, paths: Sequence[Path], region: str | None) -> Self:
        """Lists, read as those of the recipients are. Raises `ConfigurationError`, `ValidationError`."""
        if not paths:
            return cls()
        if region is not None:
            number_reader(region)  # an odd one is no fault of the lists
        names = ", ".join(map(str, paths))
        try:
            return cls(names, SuppressionList.read(*paths, region=region))
        except OSError as error:
            named = error.filename or names
            raise ConfigurationError(f"--suppress {named}: {error.strerror}; nothing was sent") from None
        except ValidationError as error:
            raise ValidationError(f"--suppress {error.field}", error.value, error.rule) from None

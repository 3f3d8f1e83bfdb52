"""API keys (manual section 6.4). The keys themselves are secrets, and stay out of repr."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Any

import attrs

from ants_async.errors import ValidationError
from ants_async.models.checks import is_aware, known


class Permission(StrEnum):
    """What a key may do: `TFA` only sends and verifies PINs."""

    ALL = "ALL"
    TFA = "TFA"


def _permissions(value: Iterable[Permission | str] | None) -> tuple[Permission | str, ...] | None:
    several = (value,) if isinstance(value, str) else value
    return None if several is None else tuple(known(Permission, one) or one for one in several)


def _addresses(value: Iterable[str] | None) -> tuple[str, ...] | None:
    return (value,) if isinstance(value, str) else None if value is None else tuple(value)


@attrs.frozen(slots=True, kw_only=True)
class ApiKeyRequest:
    """What a key is created or updated with.

    `allowed_ips`: None does not restrict. `permissions`: None is `ALL`. `valid_from`, `valid_to`: aware
    datetimes. Raises `ValidationError`.
    """

    name: str | None = None
    allowed_ips: tuple[str, ...] | None = attrs.field(default=None, converter=_addresses)
    permissions: tuple[Permission | str, ...] | None = attrs.field(default=None, converter=_permissions)
    valid_from: datetime | None = attrs.field(
        default=None, validator=is_aware, metadata={"wire": "offset without colon"}
    )
    valid_to: datetime | None = attrs.field(
        default=None, validator=is_aware, metadata={"wire": "offset without colon"}
    )
    enabled: bool | None = None

    def __attrs_post_init__(self) -> None:
        self.check()

    def check(self) -> None:
        """Refuse what the API would refuse."""
        if not self.name or not self.name.strip():
            raise ValidationError("name", self.name, "a key needs a name")
        if self.valid_from is not None and self.valid_to is not None and self.valid_to <= self.valid_from:
            raise ValidationError("valid_to", self.valid_to, "must be after valid_from")


@attrs.frozen(slots=True, kw_only=True)
class ApiKey(ApiKeyRequest):
    """A key as the API has it; `public_api_key` is what `ApiKeyAuth` takes."""

    key: str = attrs.field(repr=False)
    public_api_key: str | None = attrs.field(default=None, repr=False)
    account_key: str | None = attrs.field(default=None, repr=False)
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    def __attrs_post_init__(self) -> None:
        """Leave out the check: this came from the API."""


@attrs.frozen(slots=True, kw_only=True)
class ApiKeyPage:
    """Answer of the list of keys."""

    api_keys: tuple[ApiKey, ...] = ()

"""Who asks: the two authorizations of manual section 1. Nothing here shows a secret."""

import re
from base64 import b64encode
from typing import Any, Final, Protocol

import attrs

from ants_async.errors import ConfigurationError
from ants_async.frames import forgetful_when_made

_PRINTABLE: Final = re.compile(r"[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff])?")


_CALLED: Final = {"username": "the user name", "password": "the password", "public_key": "the API key"}


def _safe(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    """Line breaks would forge headers, other alphabets cannot be sent; the value is never echoed."""
    if not _is_printable(value):
        called = _CALLED[attribute.name]
        raise ConfigurationError(f"{called} must be printable Latin text without line breaks")


def _is_printable(value: object) -> bool:
    return isinstance(value, str) and _PRINTABLE.fullmatch(value) is not None


def check_header(value: str) -> str:
    """An Authorization header as it is, also one of somebody's own kind. Raises `ConfigurationError`."""
    if not _is_printable(value):
        raise ConfigurationError("the credentials' header must be printable Latin text without line breaks")
    return value


def _no_colon(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if ":" in value:
        raise ConfigurationError(f"{_CALLED[attribute.name]} must not hold a colon")


class Credentials(Protocol):
    """What a client signs its requests with."""

    @property
    def header(self) -> str:
        """The Authorization header's value."""
        ...


@forgetful_when_made
@attrs.frozen(slots=True)
class BasicAuth:
    """`Basic`: user name and password of the account. Raises `ConfigurationError`."""

    username: str = attrs.field(validator=[_safe, _no_colon])
    password: str = attrs.field(validator=_safe, repr=False)

    @property
    def header(self) -> str:
        """The Authorization header's value."""
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode("latin-1")).decode()


@forgetful_when_made
@attrs.frozen(slots=True)
class ApiKeyAuth:
    """`App`: a public API key. Raises `ConfigurationError`."""

    public_key: str = attrs.field(validator=_safe, repr=False)

    @property
    def header(self) -> str:
        """The Authorization header's value."""
        return f"App {self.public_key}"

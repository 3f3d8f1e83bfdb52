"""Who asks: the two authorizations of manual section 1, and where to. Nothing here shows a secret."""

import re
from base64 import b64encode
from ipaddress import ip_address
from typing import Any, Final, Protocol
from urllib.parse import urlsplit

import attrs

from ants_async.errors import ConfigurationError

_PRINTABLE: Final = re.compile(r"[\x21-\x7e\xa1-\xff](?:[\x20-\x7e\xa0-\xff]*[\x21-\x7e\xa1-\xff])?")
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


def _safe(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    """Line breaks would forge headers, other alphabets cannot be sent; the value is never echoed."""
    if not isinstance(value, str) or not _PRINTABLE.fullmatch(value):
        raise ConfigurationError(f"{attribute.name} must be printable Latin text without line breaks")


def _no_colon(_instance: object, attribute: "attrs.Attribute[Any]", value: str) -> None:
    if ":" in value:
        raise ConfigurationError(f"{attribute.name} must not hold a colon")


class Credentials(Protocol):
    """What a client signs its requests with."""

    @property
    def header(self) -> str:
        """The Authorization header's value."""
        ...


@attrs.frozen(slots=True)
class BasicAuth:
    """`Basic`: user name and password of the account. Raises `ConfigurationError`."""

    username: str = attrs.field(validator=[_safe, _no_colon])
    password: str = attrs.field(validator=_safe, repr=False)

    @property
    def header(self) -> str:
        """The Authorization header's value."""
        return "Basic " + b64encode(f"{self.username}:{self.password}".encode("latin-1")).decode()


@attrs.frozen(slots=True)
class ApiKeyAuth:
    """`App`: a public API key. Raises `ConfigurationError`."""

    public_key: str = attrs.field(validator=_safe, repr=False)

    @property
    def header(self) -> str:
        """The Authorization header's value."""
        return f"App {self.public_key}"


def is_this_machine(host: str) -> bool:
    """Whether a host name or address leads nowhere else: `localhost`, and the whole loopback range."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(base_url: str, *, allow_http: bool = False) -> str:
    """The base URL without a trailing slash. Plain http only to this machine, unless asked for.

    Raises `ConfigurationError`; a URL with credentials in it is not echoed.
    """
    if not re.fullmatch(r"[\x21-\x7e]+", base_url):
        raise ConfigurationError("base_url must be plain ASCII without spaces or line breaks")
    try:
        parts = urlsplit(base_url)
        parts.port  # noqa: B018 - is read for its check
    except ValueError as error:
        raise ConfigurationError(f"base_url is no address: {error}") from None
    if parts.username is not None or parts.password is not None:
        raise ConfigurationError("base_url must not hold credentials; pass them as BasicAuth or ApiKeyAuth")
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ConfigurationError(f"base_url {base_url!r} must look like https://api.ants.co.th")
    if parts.scheme == "http" and not allow_http and parts.hostname not in _LOOPBACK:
        raise ConfigurationError(
            f"base_url {base_url!r} would send the password in the clear: use https "
            "(or AntsClient(…, allow_http=True) on a network of your own)"
        )
    return base_url.rstrip("/")

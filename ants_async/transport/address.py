"""Where a client connects to, and what it trusts there: checked when it is made, credentials never echoed."""

import re
import ssl
from collections.abc import Iterator
from ipaddress import ip_address
from typing import Final
from urllib.parse import SplitResult, unquote, urlsplit

from ants_async.errors import ConfigurationError

_ASCII: Final = re.compile(r"[\x21-\x7e]+")
_LABEL: Final = r"[A-Za-z0-9_](?:[A-Za-z0-9_-]{0,61}[A-Za-z0-9_])?"
_HOST: Final = re.compile(rf"{_LABEL}(?:\.{_LABEL})*\.?|[0-9A-Fa-f:.]*:[0-9A-Fa-f:.]*")
_LONGEST_HOST: Final = 253
_PATH: Final = re.compile(r"[A-Za-z0-9._~/-]*")


def is_this_machine(host: str) -> bool:
    """Whether a host name or address leads nowhere else: `localhost`, and the whole loopback range."""
    try:
        return host == "localhost" or ip_address(host).is_loopback
    except ValueError:
        return False


def check_base_url(base_url: str, *, allow_http: bool = False) -> str:
    """The base URL without a trailing slash. Plain http only to this machine, unless asked for.

    Raises `ConfigurationError`, which echoes an address only where nothing in it can be a credential.
    """
    parts = _split("base_url", base_url)
    if "@" in base_url:
        raise ConfigurationError("base_url must not hold credentials: BasicAuth does, or $ANTS_PASSWORD")
    if "?" in base_url or "#" in base_url:
        raise ConfigurationError("base_url must not have a query or a fragment")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ConfigurationError("base_url must look like https://api.ants.co.th")
    if not _PATH.fullmatch(parts.path) or {".", ".."} & {*parts.path.split("/")}:
        raise ConfigurationError("base_url: its path may hold letters, digits and -._~/, and no .. in it")
    if parts.scheme == "http" and not allow_http and not is_this_machine(parts.hostname):
        raise ConfigurationError(
            f"base_url {base_url!r} would send the password in the clear: use https "
            "(or AntsClient(…, allow_http=True) on a network of your own)"
        )
    return base_url.rstrip("/")


def check_proxy(proxy: str, base_url: str, *, allow_http: bool = False) -> str:
    """A proxy's URL as it is; its user and password may stand in it. Raises `ConfigurationError`."""
    parts = _split("proxy", proxy)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
        raise ConfigurationError("proxy must look like http://user:password@host:port")
    if "?" in proxy or "#" in proxy:
        raise ConfigurationError("proxy: write ? and # in a user name or password as %3F and %23")
    if base_url.startswith("http:") and not allow_http:
        raise ConfigurationError("proxy: only for https, or it would see the password (or allow_http=True)")
    return proxy


def secrets_of_proxy(proxy: str | None) -> Iterator[str]:
    """The password in a proxy's URL, as it stands there and as it is sent."""
    parts = urlsplit(proxy or "")
    if parts.password:
        yield parts.password
        yield unquote(parts.password)
        yield f"{unquote(parts.username or '')}:{unquote(parts.password)}"


def check_ssl_context(context: ssl.SSLContext) -> ssl.SSLContext:
    """A context that checks whom it speaks with. Raises `ConfigurationError` for any other."""
    if not isinstance(context, ssl.SSLContext):
        raise ConfigurationError("ssl_context must be one, as of ssl.create_default_context(cafile=…)")
    if context.verify_mode is not ssl.CERT_REQUIRED or not context.check_hostname:
        raise ConfigurationError(
            "ssl_context does not check certificates or host names, so that anybody could read the password; "
            "for an authority of your own: ssl.create_default_context(cafile=…)"
        )
    return context


def _split(name: str, url: str) -> SplitResult:
    """Its parts, if it is an address at all. Errors of the parser would quote it."""
    if not isinstance(url, str) or not _ASCII.fullmatch(url):
        raise ConfigurationError(
            f"{name} must be plain ASCII without spaces or line breaks; other names in their xn-- form"
        )
    parts = _parts(url)
    if parts is None:
        raise ConfigurationError(f"{name} is no address: https://host or https://host:port")
    host = parts.hostname or ""
    is_host = _HOST.fullmatch(host) and len(host) <= _LONGEST_HOST and ("[" in url) is (":" in host)
    if host and not is_host:
        raise ConfigurationError(f"{name}: its host is no host name and no address")
    return parts


def _parts(url: str) -> SplitResult | None:
    try:
        parts = urlsplit(url)
        parts.port  # noqa: B018 - is read for its check
    except ValueError:
        return None
    return parts

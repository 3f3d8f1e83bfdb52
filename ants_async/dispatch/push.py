"""Telling the API's pushed reports from anybody else's. Pure: no I/O.

The API signs nothing. So the URL it is given holds a secret token, and every message carries a MAC in its
`callbackData`, which comes back with its reports. That proves that whoever reports has seen our request: its
status is a hint for a record that only ever moves forward, and nothing costly should hang on it unconfirmed.
"""

import re
from base64 import urlsafe_b64encode
from collections.abc import Iterable
from hashlib import sha256
from hmac import compare_digest, digest
from secrets import token_bytes
from typing import Any, Final
from urllib.parse import urlsplit

import attrs

from ants_async.errors import ConfigurationError
from ants_async.frames import forgetful_when_made
from ants_async.models.numbers import bare
from ants_async.models.reports import DeliveryReport
from ants_async.transport.address import is_this_machine

_KEY_ID: Final = re.compile(r"[A-Za-z0-9_-]{1,16}")
_VERSION: Final = "v1"
_BYTES: Final = 16  # 128 bit, of the token and of each MAC
_SHORTEST_SECRET: Final = 16
_FIELD_BYTES: Final = 140  # the names of four fields, and what two of them say


def _secret(_instance: object, _attribute: "attrs.Attribute[Any]", value: bytes) -> None:
    if not isinstance(value, bytes) or len(value) < _SHORTEST_SECRET:
        raise ConfigurationError(f"a push key's secret is at least {_SHORTEST_SECRET} random bytes")


def _key_id(_instance: object, _attribute: "attrs.Attribute[Any]", value: str) -> None:
    if not _KEY_ID.fullmatch(value):
        raise ConfigurationError(f"push key id {value!r}: 1 to 16 letters, digits, '_' or '-'")


@forgetful_when_made
@attrs.frozen(slots=True)
class PushKey:
    """A secret of at least 16 random bytes, `secrets.token_bytes(32)`, and a name to tell it by."""

    id: str = attrs.field(validator=_key_id)
    secret: bytes = attrs.field(validator=_secret, repr=False)

    def mac(self, *parts: str) -> str:
        """22 characters over these words."""
        words = "|".join(parts).encode(errors="surrogatepass")  # JSON can spell half a character
        return _base64(digest(self.secret, words, sha256)[:_BYTES])


_NOBODY: Final = PushKey("nobody", token_bytes(32))
"""In place of a key that is not known, so that this takes as long; nobody can sign with it."""


def _keys(keys: PushKey | Iterable[PushKey]) -> tuple[PushKey, ...]:
    return (keys,) if isinstance(keys, PushKey) else tuple(keys)


@attrs.frozen(slots=True)
class Push:
    """Where reports are pushed to, and the keys that tell them from others.

    `url`: where `webhooks.report_receiver` is mounted; https, or this machine. `keys`: the first one signs,
    all of them are believed: to change keys put the new one first, and take the old one away 48 hours later.
    `intermediate`: also ask for reports of what happens on the way. Raises `ConfigurationError`.
    """

    url: str
    keys: tuple[PushKey, ...] = attrs.field(converter=_keys)
    intermediate: bool = False

    def __attrs_post_init__(self) -> None:
        if not self.keys or len({key.id for key in self.keys}) != len(self.keys):
            raise ConfigurationError("push keys: at least one, each with an id of its own")
        parts = urlsplit(self.url)
        if parts.scheme != "https" and not (parts.scheme == "http" and is_this_machine(parts.hostname or "")):
            raise ConfigurationError(f"push url {self.url!r}: https, or a server on this machine")
        if parts.query or parts.fragment or parts.username is not None:
            raise ConfigurationError("push url: without query, fragment and credentials")

    @property
    def notify_url(self) -> str:
        """The URL given to the API: the key's id and the secret token at its end."""
        key = self.keys[0]
        return f"{self.url.rstrip('/')}/{key.id}/{key.mac('path')}"

    @property
    def bytes_a_message(self) -> int:
        """What all this adds to a message in JSON, about."""
        return _FIELD_BYTES + len(self.notify_url) + len(self.callback_data("", ""))

    def callback_data(self, message_id: str, to: str) -> str:
        """What goes along with a message, and comes back with its reports.

        The campaign need not be in it: the message id follows from the campaign and the number.
        """
        key = self.keys[0]
        return f"{_VERSION}.{key.id}.{key.mac('dlr', message_id, to)}"

    def is_path(self, key_id: str, token: str) -> bool:
        """Whether a request came to the URL that was given out."""
        return _same(self._key(key_id).mac("path"), token)

    def is_authentic(self, report: DeliveryReport) -> bool:
        """Whether a report comes from somebody who has seen our request."""
        version, _, rest = (report.callback_data or "").partition(".")
        key_id, _, mac = rest.partition(".")
        expected = self._key(key_id).mac("dlr", report.message_id, bare(report.to))
        return _same(expected, mac) and version == _VERSION

    def _key(self, key_id: str) -> PushKey:
        return next((key for key in self.keys if key.id == key_id), _NOBODY)


def _same(expected: str, given: str) -> bool:
    return compare_digest(expected.encode(), given.encode(errors="replace"))


def _base64(content: bytes) -> str:
    return urlsafe_b64encode(content).rstrip(b"=").decode()

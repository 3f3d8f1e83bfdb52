"""What is secret in a request must not stand in a log, nor in an error that quotes the server.

The URL of every request is logged, and by httpcore the headers of every answer. A server may send back what
it was asked, and every error that quotes it would quote that, too.
"""

import base64
import binascii
import html
import json
import logging
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress
from contextvars import ContextVar
from functools import cached_property
from typing import Final
from urllib.parse import quote, quote_plus

import httpx

from ants_async.frames import chain, without_frames

_LOGGERS: Final = (
    "httpx",
    *(f"httpcore.{part}" for part in ("connection", "http11", "http2", "proxy", "socks")),
    "ants_async.http",
    "ants_async.wire",
)
_HIDDEN: Final = "***"
_LONG: Final = 8  # characters: what is shorter also turns up by chance, within other words


class Secrets:
    """Finds secrets in texts, in every spelling they may come back in.

    What `values` gives is looked at when a text has to be told, and not before: most requests go well.
    """

    def __init__(self, values: Iterable[str], more_than: "Secrets | None" = None) -> None:
        self._given = values
        self._others = more_than

    @cached_property
    def _values(self) -> frozenset[str]:
        others = self._others._values if self._others else frozenset()  # noqa: SLF001 - of our own kind
        return others.union(filter(None, self._given))

    def out_of(self, text: str) -> str:
        """The text with `***` in their place."""
        return self._pattern.sub(_HIDDEN, text) if self._values else text

    @cached_property
    def _pattern(self) -> re.Pattern[str]:
        spellings = {spelling for value in self._values for spelling in _spellings(value)}
        return re.compile("|".join(map(_as_pattern, sorted(spellings, key=len, reverse=True))))


def _spellings(value: str) -> Iterator[str]:
    """As it is, in a URL, in JSON, in HTML, in Python's own quotes, and read as another encoding."""
    latin, utf8 = value.encode("latin-1", "backslashreplace"), value.encode(errors="backslashreplace")
    yield from (value, quote(value, safe=""), quote(value), quote_plus(value), json.dumps(value)[1:-1])
    yield from (html.escape(value), html.escape(value, quote=False), ascii(value)[1:-1], repr(value)[1:-1])
    for content in (latin, utf8):
        yield from (repr(content)[2:-1], base64.b64encode(content).decode())
        yield from (content.decode(errors="replace"), content.decode("ascii", "replace"))


def _as_pattern(spelling: str) -> str:
    pattern = re.escape(spelling)
    return pattern if len(spelling) >= _LONG else rf"(?<![A-Za-z0-9]){pattern}(?![A-Za-z0-9])"


def secrets_of(authorization: str) -> Secrets:
    """Those in the value of an Authorization header: the whole, what it carries, and the password in that."""
    _, _, carried = authorization.partition(" ")
    found = {authorization, carried}
    if authorization.startswith("Basic "):
        with suppress(binascii.Error):  # somebody's own kind of credentials
            found.add(base64.b64decode(carried, validate=True).decode("latin-1").partition(":")[2])
    return Secrets(found)


_AT_WORK: Final[ContextVar[Secrets | None]] = ContextVar("secrets of the request at work", default=None)


class at_work:  # noqa: N801 - reads as what it is, `with at_work(secrets)`
    """While a request is under way, what is logged of it leaves these out."""

    __slots__ = ("_before", "_secrets")

    def __init__(self, secrets: Secrets) -> None:
        self._secrets = secrets

    def __enter__(self) -> None:
        self._before = _AT_WORK.set(self._secrets)

    def __exit__(self, *_: object) -> None:
        _AT_WORK.reset(self._before)


class _Redacting(logging.Filter):
    """Secrets out of all that is logged, and numbers out of queries; requests of others stay as they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        secrets = _AT_WORK.get()
        if secrets is not None:
            if isinstance(record.args, tuple):
                record.args = tuple(_shown(arg) if isinstance(arg, httpx.URL) else arg for arg in record.args)
            record.msg, record.args = secrets.out_of(record.getMessage()), ()
        return True


def _shown(url: httpx.URL) -> httpx.URL:
    return url.copy_with(query=_HIDDEN.encode()) if url.query else url


def redact_logs() -> None:
    """Have the log lines of others leave our secrets out; once is enough."""
    for name in _LOGGERS:
        logger = logging.getLogger(name)
        if not any(isinstance(one, _Redacting) for one in logger.filters):
            logger.addFilter(_Redacting())


def clean(error: BaseException, secrets: Secrets, theirs: BaseException | None) -> BaseException:
    """An error of the network without the request it holds, without frames, and without secrets in its words.

    It is the cause of one of ours: what happened is told, what was sent is not. `theirs`: what our caller was
    handling stays as it is.
    """
    for one in chain(without_frames(error, theirs), theirs):
        one.args = tuple(secrets.out_of(arg) if isinstance(arg, str) else arg for arg in one.args)
        if isinstance(one, httpx.RequestError):
            one._request = None  # noqa: SLF001 - its headers are there for whoever looks
    return error

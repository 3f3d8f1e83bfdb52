"""httpx logs the URL of every request; what is secret or personal in ours must not stand in a log."""

import logging
import re
from typing import Final

import httpx

_OURS: Final = ("/sms/1/", "/2fa/", "/settings/1/", "/account/1/")
_KEY: Final = re.compile(r"(?<=/api-keys/)[^/?]+")


class _Redacting(logging.Filter):
    """Keys out of paths, numbers and keys out of queries; requests to other APIs stay as they are."""

    def filter(self, record: logging.LogRecord) -> bool:
        if isinstance(record.args, tuple):
            record.args = tuple(_redacted(arg) if isinstance(arg, httpx.URL) else arg for arg in record.args)
        return True


def _redacted(url: httpx.URL) -> httpx.URL:
    if not any(part in url.path for part in _OURS):
        return url
    return url.copy_with(path=_KEY.sub("***", url.path), query=b"***" if url.query else None)


def redact_httpx_logs() -> None:
    """Have httpx's own log lines leave secrets out; once is enough."""
    logger = logging.getLogger("httpx")
    if not any(isinstance(one, _Redacting) for one in logger.filters):
        logger.addFilter(_Redacting())

"""Who may look: the address that a browser names, the token, and what a browser may do with the page."""

import hmac
import ipaddress
import re
import secrets
from collections.abc import Collection
from http import HTTPStatus
from typing import Final
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from ants_async.errors import ValidationError

_SHORTEST: Final = 16
_BYTES: Final = 24
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]+")
_COOKIE: Final = "ants_monitor"
_HEADERS: Final = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}


def new_token() -> str:
    """192 bits, fit for an address."""
    return secrets.token_urlsafe(_BYTES)


class Door:
    """Lets in who names this server by an address and, where there is a token, has it.

    A page elsewhere can make its own name lead to this server (DNS rebinding), and then read it as its own;
    but it cannot make a browser name a number, or a name that is not its own. So a host is a number,
    `localhost`, or one of `names`.

    The token comes once as `?token=…`; from then on a cookie stands for it, in which it cannot be read.
    Raises `ValidationError` for a token that can be guessed, or that no address can hold, and for a name
    that no browser would give.
    """

    def __init__(self, app: ASGIApp, *, token: str | None = None, names: Collection[str] = ()) -> None:
        check_token(token)
        check_names(names)
        self._app = app
        self._token = token
        self._names = frozenset({"localhost", *(name.lower() for name in names)})

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return  # nothing else is served

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableHeaders(scope=message).update(_HEADERS)
            await send(message)

        answer = self._refuse(Request(scope)) or self._app
        await answer(scope, receive, send_with_headers)

    def _refuse(self, request: Request) -> Response | None:
        """The answer to who is not let in, or not yet; None for who is."""
        if not self._is_known(request.headers):
            return PlainTextResponse(
                "this server is not known by that name\n", HTTPStatus.MISDIRECTED_REQUEST
            )
        if request.method not in {"GET", "HEAD"}:
            headers = {"Allow": "GET, HEAD"}
            return PlainTextResponse("there is only to look\n", HTTPStatus.METHOD_NOT_ALLOWED, headers)
        if self._token is None:
            return None
        given = request.query_params.get("token")
        if given is not None:
            return self._remember(request) if _equal(given, self._token) else _unknown()
        return None if _equal(request.cookies.get(self._cookie(request), ""), self._proof) else _unknown()

    def _is_known(self, headers: Headers) -> bool:
        hosts = headers.getlist("host")
        if len(hosts) != 1:
            return False
        try:
            parts = urlsplit(f"//{hosts[0]}")
            name, _ = parts.hostname or "", parts.port
        except ValueError:
            return False
        return name in self._names or _is_number(name)

    def _remember(self, request: Request) -> Response:
        """Off to the page without the token, so that it does not stay in the address."""
        response = RedirectResponse("/", HTTPStatus.SEE_OTHER)
        response.set_cookie(self._cookie(request), self._proof, httponly=True, samesite="lax")
        return response

    def _cookie(self, request: Request) -> str:
        """One for each port: browsers send a cookie to every port of a host."""
        return f"{_COOKIE}_{request.url.port or 0}"

    @property
    def _proof(self) -> str:
        return hmac.digest((self._token or "").encode(), b"cookie", "sha256").hex()


def check_names(names: Collection[str]) -> None:
    """Raise `ValidationError` for one that is no host name: it would be waited for in vain."""
    for name in names:
        if not _NAME.fullmatch(name) and not _is_number(name):
            raise ValidationError("name", name, "a host name without scheme or port")


def check_token(token: str | None, field: str = "token") -> None:
    """Raise `ValidationError` for one that can be guessed, or that no address can hold."""
    if token is not None and (
        len(token) < _SHORTEST or not token.isascii() or not token.replace("-", "").replace("_", "").isalnum()
    ):
        rule = f"at least {_SHORTEST} letters, digits, '-' or '_'"
        raise ValidationError(field, "…", rule)


def _is_number(name: str) -> bool:
    try:
        ipaddress.ip_address(name)
    except ValueError:
        return False
    return True


def _equal(given: str, known: str) -> bool:
    """In a time that tells nothing of where they differ."""
    return hmac.compare_digest(given.encode("utf-8", "replace"), known.encode())


def _unknown() -> Response:
    text = "open the address that the terminal shows: it has the token\n"
    return PlainTextResponse(text, HTTPStatus.UNAUTHORIZED)

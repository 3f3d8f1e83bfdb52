"""What an HTTP client does by itself with an answer's headers, and this one does not.

Cookies would gather for as long as the client lives, and the next place of a redirect is parsed even where it
is not followed: of addresses nobody can read, httpx raises errors of all kinds.
"""

import urllib.request
from http.client import HTTPResponse
from http.cookiejar import CookieJar

import httpx


class NoCookies(CookieJar):
    """A jar that stays empty."""

    def extract_cookies(self, response: HTTPResponse, request: urllib.request.Request) -> None:
        """Take none."""


async def ignore_redirect(response: httpx.Response) -> None:
    """An event hook: where a redirect leads to is not looked at; its status is what counts."""
    response.headers.pop("Location", None)

"""Forms of other sites do nothing here, and nothing of other sites runs here."""

from urllib.parse import urlsplit

from fastapi import Request

HEADERS = {
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; style-src 'self'; script-src 'self'; img-src data:; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "same-origin",  # with none at all, browsers would not say where a form comes from
    "X-Content-Type-Options": "nosniff",
}


def is_from_elsewhere(request: Request) -> bool:
    """Whether another site's page sent this: browsers say so, and no page can make them say otherwise.

    Beside the cookie's `SameSite`, this is all it takes against forged requests: no tokens in forms. What
    says neither is no browser of these years, and is refused.
    """
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site not in {"same-origin", "none"}
    return urlsplit(request.headers.get("origin", "")).netloc != request.url.netloc

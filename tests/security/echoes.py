"""Answers that quote the request, credentials and all, wherever a client might quote them in turn."""

import html
import json

from security.bad_server import answer

_AT_ONCE = b"Retry-After: 0.001"  # nobody has to wait for what a 429 shows


def refusal(status):
    """The API's own error body."""

    def respond(request):
        text = request.decode(errors="replace")
        if b"application/xml" in request.partition(b"\r\n\r\n")[0]:
            body = f"<messageId>{html.escape(text[:300])}</messageId><text>{html.escape(text)}</text>"
            body = f"<requestError><serviceException>{body}</serviceException></requestError>"
            return answer(status, body.encode(), _AT_ONCE, kind=b"application/xml")
        exception = {"messageId": text[:300], "text": text}
        body = json.dumps({"requestError": {"serviceException": exception}})
        return answer(status, body.encode(), _AT_ONCE)

    return respond


def page(status):
    """A proxy's page."""

    def respond(request):
        text = html.escape(request.decode(errors="replace"))
        return answer(status, f"<html>{text}</html>".encode(), _AT_ONCE, kind=b"text/html")

    return respond


def raw(status):
    return lambda request: answer(status, request)


def redirect(status):
    """To another host, with all that was asked behind it."""

    def respond(request):
        location = b"Location: https://evil.example" + request.split(b" ")[1]
        return answer(status, request, location, b"X-Echo: " + _one_line(request))

    return respond


def headers(request):
    line = _one_line(request)
    return answer(401, b"", b"WWW-Authenticate: " + line, b"Set-Cookie: " + line, b"Date: " + line)


def packed(request):
    return answer(200, b"x", b"Content-Encoding: " + _one_line(request)[-60:])


def status_line(request):
    return b"HTTP/1.1 " + _one_line(request) + b"\r\nConnection: close\r\n\r\n"


def header_line(request):
    return b"HTTP/1.1 200 OK\r\nConnection: close\r\n" + _one_line(request) + b"\r\n\r\n"


def reason(request):
    return b"HTTP/1.1 400 " + _one_line(request)[:500] + b"\r\nContent-Length: 0\r\n\r\n"


def nothing_but_it(request):
    return b"HELO\r\n" + request + b"\r\nConnection: close\r\n\r\n"


def cut_short(request):
    return answer(200, request, b"Connection: close")[:-5]


def _one_line(request):
    return b" ".join(request.split())


ECHOES = {
    **{f"{status}": refusal(status) for status in (400, 401, 403, 404, 409, 413, 422, 429, 500, 503)},
    **{f"{status} as a page": page(status) for status in (400, 401, 429, 502)},
    **{f"{status} as it came": raw(status) for status in (200, 400)},
    **{f"{status}": redirect(status) for status in (300, 301, 302, 303, 307, 308)},
    "a refusal with 200": refusal(200),
    "headers": headers,
    "packed": packed,
    "status line": status_line,
    "header line": header_line,
    "reason": reason,
    "no HTTP": nothing_but_it,
    "cut short": cut_short,
}

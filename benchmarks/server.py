"""The API as a stub that is never the bottleneck: `python -m benchmarks.server [--port 8080]`.

A process of its own: one asyncio protocol on httptools, on uvloop where that is installed. Receipts are made
of the numbers and ids that a regular expression finds in the body, at about half a microsecond a message.
What it counts is the judge of every benchmark. That it was not the bottleneck it proves by itself:
`GET /bench/stats` has its idle share (CPU time against wall time) since `POST /bench/reset`, whose body holds
`Settings`; and it prints it when it ends.
"""

import argparse
import asyncio
import re
import signal
import socket
import time
from collections import Counter
from email.utils import formatdate
from typing import Final
from urllib.parse import parse_qs, urlsplit

import attrs
import httptools
import orjson

from benchmarks._lib.loops import fastest_loop
from benchmarks._lib.stub_reports import Bulks

_MESSAGE: Final = re.compile(  # one number for each `to`; orjson writes no space, the json module one
    rb'"to": ?\[?"(\d+)"\]?(?:, ?"messageId": ?"([^"]+)")?'
)
_BULK_ID: Final = re.compile(rb'"bulkId": ?"([^"]+)"')
_STATUS: Final = (
    b'"status":{"groupId":1,"groupName":"PENDING","id":7,"name":"PENDING_ENROUTE",'
    b'"description":"Message sent to next instance"}'
)
_RECEIPT: Final = b'{"to":"%b",' + _STATUS + b',"smsCount":1,"messageId":"%b"}'
_RECEIPT_OF_SMS_3: Final = (
    b'{"destination":"%b",' + _STATUS + b',"messageId":"%b","details":{"messageCount":1}}'
)
_ERROR: Final = b'{"requestError":{"serviceException":{"messageId":"%b","text":"%b"}}}'
_THROTTLED: Final = _ERROR % (b"THROTTLE_EXCEPTION", b"Too many requests")
_NO_RESULTS: Final = b'{"results":[]}'
_REASONS: Final = {200: b"OK", 404: b"Not Found", 429: b"Too Many Requests"}


@attrs.frozen(kw_only=True)
class Settings:
    """How the stub behaves until the next reset.

    `delays`: seconds from receipt to report, drawn evenly between the two; None: no reports are kept.
    `together`: all reports of a bulk are ready at one time, else each by itself. `limit`: sends a second, as
    a token bucket; more are refused with 429. `swallow_after`: so many messages are answered, then no more.
    """

    delays: tuple[float, float] | None = None
    together: bool = True
    limit: float | None = None
    swallow_after: int | None = None


def messages_in(body, first=0):
    """Number and id of each message of a request; ids are made up, from `first` on, where it has none."""
    found = _MESSAGE.findall(body)
    if all(message_id for _, message_id in found[:1]):
        return found
    return [(to, b"stub-%d" % number) for number, (to, _) in enumerate(found, first)]


def receipts(messages, bulk_id, receipt=_RECEIPT):
    """The answer to a send."""
    return b'{"bulkId":"%b","messages":[%b]}' % (bulk_id, b",".join([receipt % pair for pair in messages]))


class Stub:
    """What the account has seen since the last reset."""

    def __init__(self):
        self.reset(Settings())

    def reset(self, settings):
        self.settings = settings
        self.messages = 0
        self.requests = Counter()
        self.bulks = None if settings.delays is None else Bulks(settings.delays, together=settings.together)
        self.first_send_at = None
        self.seconds = {}  # second → accepted, refused
        self._tokens, self._last = settings.limit or 0.0, time.monotonic()
        self._wall, self._cpu = time.perf_counter(), time.process_time()

    def stats(self):
        wall, cpu = time.perf_counter() - self._wall, time.process_time() - self._cpu
        return {
            "messages": self.messages,
            "requests": dict(self.requests),
            "wall": wall,
            "cpu": cpu,
            "idle": max(1 - cpu / wall, 0.0),
            "first_send_at": self.first_send_at,
            "seconds": self.seconds,
            "reports": None if self.bulks is None else self.bulks.stats(),
        }

    def refuses(self):
        """Whether this send is one too many; noted second by second, for plots."""
        now, limit = time.monotonic(), self.settings.limit
        if self.first_send_at is None:
            self.first_send_at = now
        if limit is None:
            return False
        self._tokens = min(limit, self._tokens + (now - self._last) * limit)
        self._last = now
        refused = self._tokens < 1
        self._tokens -= not refused
        self.seconds.setdefault(int(now - self.first_send_at), [0, 0])[refused] += 1
        return refused

    def send(self, body, receipt):
        """The receipts of a send, or None for one that is swallowed."""
        found = messages_in(body, self.messages)
        last = self.settings.swallow_after
        if last is not None and self.messages + len(found) > last:
            return None
        self.messages += len(found)
        given = _BULK_ID.search(body)
        bulk_id = given[1] if given else b"bulk-%d" % self.messages
        if self.bulks is not None:
            self.bulks.add(bulk_id.decode(), found)
        return receipts(found, bulk_id, receipt)


_SENDS: Final = {
    "/sms/1/text/single": _RECEIPT,
    "/sms/1/text/multi": _RECEIPT,
    "/sms/1/text/advanced": _RECEIPT,
    "/sms/3/messages": _RECEIPT_OF_SMS_3,  # where infobip-api-python-client 6.0.0 sends to
}


class Connection(asyncio.Protocol):
    """One connection, kept alive; requests in a pipeline are answered one after the other."""

    date = b""
    date_is_of = 0

    def __init__(self, stub):
        self._stub = stub
        self._parser = httptools.HttpRequestParser(self)
        self._pieces = []

    def connection_made(self, transport):
        self._transport = transport

    def data_received(self, data):
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_url(self, url):
        self._url = url

    def on_body(self, body):
        self._pieces.append(body)

    def on_message_complete(self):
        body, self._pieces = b"".join(self._pieces), []
        answer = self._answer(self._url.decode(), body)
        if answer is not None:
            self._write(*answer)

    def _answer(self, url, body):
        """Status and body, or None for what is never answered."""
        stub = self._stub
        receipt = _SENDS.get(url)
        if receipt is not None:
            stub.requests[url] += 1
            if stub.refuses():
                return 429, _THROTTLED
            receipts = stub.send(body, receipt)
            return None if receipts is None else (200, receipts)
        return self._answer_other(urlsplit(url), body)

    def _answer_other(self, url, body):
        stub = self._stub
        if url.path == "/bench/stats":
            return 200, orjson.dumps(stub.stats(), option=orjson.OPT_NON_STR_KEYS)
        if url.path == "/bench/reset":
            stub.reset(Settings(**orjson.loads(body or b"{}")))
            return 200, b"{}"
        stub.requests[url.path] += 1
        query = {name: values[0] for name, values in parse_qs(url.query).items()}
        match url.path:
            case "/sms/1/reports" if stub.bulks is not None:
                return 200, stub.bulks.take(query.get("bulkId"), int(query.get("limit", "50")))
            case "/sms/1/reports" | "/sms/1/logs":
                return 200, _NO_RESULTS
            case "/account/1/balance":
                return 200, b'{"balance":1000000,"currency":"THB"}'
        return 404, _ERROR % (b"NOT_FOUND", b"The stub has no such path")

    def _write(self, status, body):
        keep = self._parser.should_keep_alive()
        self._transport.write(
            b"HTTP/1.1 %d %b\r\nDate: %b\r\nContent-Type: application/json\r\nContent-Length: %d\r\n"
            b"Connection: %b\r\n\r\n%b"
            % (status, _REASONS[status], self._date(), len(body), b"keep-alive" if keep else b"close", body)
        )
        if not keep:
            self._transport.close()

    @classmethod
    def _date(cls):
        now = int(time.time())
        if now != cls.date_is_of:
            cls.date_is_of, cls.date = now, formatdate(now, usegmt=True).encode()
        return cls.date


async def serve(port):
    """Until SIGTERM or SIGINT; the first line printed is the address."""
    stub, stop, loop = Stub(), asyncio.Event(), asyncio.get_running_loop()
    for name in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(name, stop.set)
    listener = socket.create_server(("127.0.0.1", port), backlog=2048)
    server = await loop.create_server(lambda: Connection(stub), sock=listener)
    print(f"http://127.0.0.1:{listener.getsockname()[1]}", flush=True)
    await stop.wait()
    server.close()
    stats = stub.stats()
    print(
        f"{stats['messages']:,} messages in {sum(stats['requests'].values()):,} requests since the reset,"
        f" {stats['cpu']:.2f} s of CPU in {stats['wall']:.2f} s: {stats['idle']:.0%} idle"
    )


def main():
    parser = argparse.ArgumentParser(prog="benchmarks.server", description=__doc__)
    parser.add_argument("--port", type=int, default=0, help="0: a free one")
    options = parser.parse_args()
    with asyncio.Runner(loop_factory=fastest_loop()) as runner:
        runner.run(serve(options.port))


if __name__ == "__main__":
    main()

"""One answer after another, out of the bytes of a connection: httptools parses, this refuses and limits."""

from typing import Final

from httptools import HttpParserError, HttpParserUpgrade, HttpResponseParser

MAX_HEAD: Final = 100 * 1024
"""Bytes of all headers of one answer, trailers included, and of anything else that is no body."""
MAX_HEADERS: Final = 256

_LENGTH: Final = b"content-length"
_ENCODING: Final = b"transfer-encoding"
_FRAMING: Final = frozenset((len(_LENGTH), len(_ENCODING)))
_SWITCHING: Final = 101


class _Refused(Exception):
    """Stops the parser."""


class Answers:
    """What has come of the answer at work: `status`, `headers`, `pieces` of its body, and how far it is.

    The parser refuses lengths that contradict each other, line breaks and control characters where none
    belong, and versions other than HTTP's.
    """

    def __init__(self) -> None:
        self._parser = HttpResponseParser(self)
        self.expect()
        self.is_complete = True  # nothing was asked yet

    def expect(self, *, is_head: bool = False) -> None:
        """A request is about to leave; the answer to a HEAD has no body, whatever it says."""
        self._is_head = is_head
        self.has_head = False
        self.is_complete = False
        self.can_go_on = False  # whether this connection may carry another request
        self.pieces: list[bytes] = []
        self.size = 0  # of the pieces
        self._start()

    def _start(self) -> None:
        self.headers: list[tuple[bytes, bytes]] = []
        self._room = MAX_HEAD
        self._unheard = 0  # bytes that the parser made nothing of, so far
        self._is_measured = False  # whether it says where its body ends
        self._refusal: str | None = None

    def feed(self, data: bytes) -> str | None:
        """Read on. What is wrong with it, if so; after a complete answer nothing is, but it is the last."""
        self._heard = False
        try:
            self._parser.feed_data(data)
        except (HttpParserError, HttpParserUpgrade) as error:
            if self.is_complete:
                self.can_go_on = False
                return None
            return self._refusal or str(error)
        if not self._heard:
            self._unheard += len(data)
            if self._unheard > MAX_HEAD:
                return f"more than {MAX_HEAD} bytes around a body"
        return None

    def end(self) -> None:
        """Nothing more will come, which is how a body without a length ends."""
        self.can_go_on = False
        if self.has_head and not self._is_measured:
            self.is_complete = True

    def take(self) -> bytes:
        """The body since the last time."""
        body = self.pieces[0] if len(self.pieces) == 1 else b"".join(self.pieces)
        self.pieces, self.size = [], 0
        return body

    def _refuse(self, why: str) -> None:
        self._refusal = why
        raise _Refused

    # --- what httptools calls

    def on_message_begin(self) -> None:
        self._go_on()
        if self.is_complete:
            self._refuse("an answer that nobody asked for")

    def _go_on(self) -> None:
        self._heard = True
        self._unheard = 0

    def on_header(self, name: bytes, value: bytes) -> None:
        self._go_on()
        self._room -= len(name) + len(value) + 4  # colon, space and line break
        if self._room < 0:
            self._refuse(f"headers of more than {MAX_HEAD} bytes")
        if self.has_head:
            return  # a trailer: nobody looks at those
        self.headers.append((name, value))
        if len(self.headers) > MAX_HEADERS:
            self._refuse(f"more than {MAX_HEADERS} headers")
        if len(name) in _FRAMING:
            self._note_framing(name.lower(), value)

    def _note_framing(self, name: bytes, value: bytes) -> None:
        if name == _ENCODING and (self._is_measured or value.lower() != b"chunked"):
            self._refuse("a transfer encoding other than chunked")
        self._is_measured |= name in (_LENGTH, _ENCODING)

    def on_headers_complete(self) -> None:
        self._go_on()
        self.status: int = self._parser.get_status_code()
        if self.status < 100 or self.status == _SWITCHING:  # noqa: PLR2004
            self._refuse(f"status {self.status}, which nobody asked for")
        if self.status >= 200:  # noqa: PLR2004 - before it, interim ones may come
            self.has_head = True
            self.is_complete = self._is_head

    def on_body(self, body: bytes) -> None:
        self._go_on()
        if self._is_head:
            self._refuse("a body where none belongs")
        self.pieces.append(body)
        self.size += len(body)

    def on_message_complete(self) -> None:
        self._go_on()
        if not self.has_head:
            self._start()
        else:
            self.is_complete = True
            self.can_go_on = self._parser.should_keep_alive()

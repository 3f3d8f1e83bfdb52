"""Who is who: sessions on the server, and in the cookie nothing but their random names."""

import secrets
from collections import OrderedDict
from collections.abc import Callable

import attrs
from fastapi import Request

LIFETIME = 3600  # seconds
MOST = 100_000


@attrs.define
class Session:
    """A number that a PIN was sent to; `verified` when it came back."""

    to: str
    pin_id: str | None
    """None: there is no PIN that could still be verified."""
    sent_at: float
    verified: bool = False
    word: str = "welcome"

    @property
    def shown(self) -> str:
        """The number as people write it."""
        local = f"0{self.to[2:]}"
        return f"{local[:3]} {local[3:6]} {local[6:]}"


class Sessions:
    """In memory, so for one process: in earnest a database that all of them share."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._sessions: OrderedDict[str, tuple[float, Session]] = OrderedDict()  # the oldest first

    def get(self, request: Request) -> Session | None:
        """That of this browser."""
        until, session = self._sessions.get(request.cookies.get("session", ""), (0.0, None))
        return session if self._clock() < until else None

    def renew(self, request: Request, session: Session) -> str:
        """This one in place of the one that the browser had: its name."""
        self.drop(request)
        while self._sessions and (len(self._sessions) >= MOST or self._oldest_is_over()):
            self._sessions.popitem(last=False)
        name = secrets.token_urlsafe(32)
        self._sessions[name] = (self._clock() + LIFETIME, session)
        return name

    def drop(self, request: Request) -> None:
        """Forget it: its cookie, if anybody kept it, is worth nothing."""
        self._sessions.pop(request.cookies.get("session", ""), None)

    def _oldest_is_over(self) -> bool:
        until, _ = next(iter(self._sessions.values()))
        return until <= self._clock()

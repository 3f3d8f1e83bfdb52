"""Whether a ledger still says what was written: a flipped bit in it could lose somebody, or text a stranger.

SQLite's own check sees torn pages and broken trees. Beyond it, every campaign, chunk and fate has a checksum
of its row, a chunk another one of whom it texts; and the states of its messages have to fit the chunk's.
"""

import marshal
from collections.abc import Iterator
from contextlib import contextmanager
from zlib import crc32

from ants_async.errors import LedgerDamaged

_ADVICE = (
    "put back a copy of it; or take another --ledger and run the same list again, and with it "
    "all --suppress: in mode 'advanced' nobody is texted twice"
)


def damaged(what: str) -> LedgerDamaged:
    return LedgerDamaged(f"the ledger is damaged ({what}); {_ADVICE}")


@contextmanager
def readable(what: str) -> Iterator[None]:
    """What is stored can be taken for what it stands for. Raises `LedgerDamaged`.

    Whoever only looks is not kept waiting for the ledger's checks, and has to meet damage on the way.
    """
    try:
        yield
    except (LookupError, ValueError, TypeError, ArithmeticError, OSError) as error:
        raise damaged(f"{what} cannot be read") from error


def checksum(*values: float | str | bytes | None) -> int:
    """Of a row's values; SQLite calls it as `checksum(…)`."""
    return crc32(marshal.dumps(values, 2))  # of this version the form never changes

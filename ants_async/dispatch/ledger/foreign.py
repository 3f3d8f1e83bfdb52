"""What the API says, as a column holds it.

It is foreign: a number that no column holds or half a character must not cost the status it came with, nor
the reports beside it.
"""

from typing import Final

from ants_async.dispatch.ledger.work import Work, row
from ants_async.models.statuses import Status

_LARGEST: Final = 2**63 - 1


class StatusKeys:
    """Statuses are few: each stands once in the ledger, and is looked up once a transaction.

    What a rollback undid is looked up again.
    """

    def __init__(self) -> None:
        self._keys: dict[int, int | None] = {id(None): None}  # by identity: few stand in thousands of reports

    def of(self, status: Status | None) -> Work[int | None]:
        """A status's key; it is put in when it is new."""
        if id(status) not in self._keys and status is not None:
            self._keys[id(status)] = yield from self._key(status)
        return self._keys[id(status)]

    def _key(self, status: Status) -> Work[int]:
        values = (
            whole(status.group_id) or 0,
            storable(status.group_name),
            whole(status.id) or 0,
            storable(status.name),
            storable(status.description),
        )
        found = yield from row(_FIND_STATUS, *values)
        if found is None:
            found = yield from row(_ADD_STATUS, *values)
        if found is None:  # somebody else put it in meanwhile
            found = yield from row(_FIND_STATUS, *values)
        return int(found[0])


_FIND_STATUS: Final = (
    "SELECT key FROM status WHERE (group_id, group_name, id, name, description) = (?, ?, ?, ?, ?)"
)
_ADD_STATUS: Final = (
    "INSERT INTO status (group_id, group_name, id, name, description) VALUES (?, ?, ?, ?, ?)"
    " ON CONFLICT DO NOTHING RETURNING key"
)


def whole(value: int | None) -> int | None:
    """None for what is larger than a column."""
    return value if value is not None and abs(value) <= _LARGEST else None


def storable(value: str | None) -> str | None:
    """Half a character and NUL, which JSON can spell and not every column holds, become question marks."""
    return None if value is None else value.encode(errors="replace").decode().replace("\0", "?")

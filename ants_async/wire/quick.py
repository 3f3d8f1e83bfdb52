"""Of what comes by the million, most looks alike: made at once, without asking field by field.

Whatever is not exactly as expected goes the thorough way, which knows all spellings and keeps what is new.
"""

from collections.abc import Callable
from typing import Any, Final

from ants_async.models.sms import Receipts, SendReceipt
from ants_async.models.statuses import Status

Hook = Callable[[Any, Any], Any]

_STATUS: Final = ("groupId", "groupName", "id", "name", "description")
_LARGEST_COUNT: Final = 2**31
_MOST_STATUSES: Final = 1000  # a server may make up others ...
_LONGEST_STATUS: Final = 500  # ... and long ones

_known: Final[dict[tuple[Any, ...], Status]] = {}
"""Some few statuses stand in millions of answers: each is made once, and is the same object ever after."""


def _known_status(data: Any) -> Status | None:
    if type(data) is not dict or tuple(data) != _STATUS:
        return None
    values = tuple(data.values())
    if not _has_whole_numbers(data):
        return None
    try:
        return _known.get(values)
    except TypeError:  # something in it is no scalar
        return None


def _has_whole_numbers(status: dict[str, Any]) -> bool:
    """True is 1 to whoever compares, and so is 1.0."""
    return type(status["groupId"]) is int and type(status["id"]) is int


def quick_status(thorough: Hook) -> Hook:
    """From the thorough hook of `Status` to a quicker one."""

    def hook(data: Any, cls: Any) -> Any:
        status = _known_status(data)
        if status is not None:
            return status
        status = thorough(data, cls)
        values = (status.group_id, status.group_name, status.id, status.name, status.description)
        size = sum(map(len, map(str, values)))
        if not status.extra and size <= _LONGEST_STATUS and len(_known) < _MOST_STATUSES:
            _known[values] = status
        return status

    return hook


def quick_receipts(thorough: Hook) -> Hook:
    """From the thorough hook of `SendReceipt` to a quicker one for `Receipts`."""

    def hook(data: Any, _: Any) -> Receipts:
        return _columns(data) or Receipts.of(thorough(data, SendReceipt))

    return hook


def _columns(data: Any) -> Receipts | None:
    """All in one go, column by column; None where anything is not as expected."""
    try:
        some, bulk_id = data["messages"], data["bulkId"]
        to, ids = [one["to"] for one in some], [one["messageId"] for one in some]
        counts = [one["smsCount"] for one in some]
        statuses: list[Status] = []
        latest, known = None, None
        for one in some:
            status = one["status"]
            if status != latest or not _has_whole_numbers(status):  # mostly all are the same
                latest, known = status, _known_status(status)
            if known is None:
                return None
            statuses.append(known)
    except (TypeError, LookupError):
        return None
    is_expected = (
        type(some) is list
        and {*map(type, to), *map(type, ids), type(bulk_id)} == {str}
        and {*map(type, counts)} == {int}
        and max(counts) < _LARGEST_COUNT
    )
    return Receipts(ids, to, statuses, counts, bulk_id) if is_expected else None

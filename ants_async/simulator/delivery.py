"""What becomes of an accepted message: a fate drawn by the seed, not by the order of requests."""

from random import Random
from typing import Final

import attrs

from ants_async.models.statuses import STATUSES, Status


@attrs.frozen(slots=True)
class Fate:
    """A final status, and the delivery error that explains it."""

    status: Status
    error: dict[str, object]


def _error(
    group: int, group_name: str, number: int, name: str, description: str, *, permanent: bool
) -> dict[str, object]:
    return {
        "groupId": group,
        "groupName": group_name,
        "id": number,
        "name": name,
        "description": description,
        "permanent": permanent,
    }


NO_ERROR: Final = _error(0, "OK", 0, "NO_ERROR", "No Error", permanent=False)
_ABSENT: Final = _error(1, "HANDSET_ERRORS", 27, "EC_ABSENT_SUBSCRIBER", "Absent Subscriber", permanent=False)
_UNKNOWN: Final = _error(
    1, "HANDSET_ERRORS", 1, "EC_UNKNOWN_SUBSCRIBER", "Unknown Subscriber", permanent=True
)
_EXPIRED: Final = _error(2, "USER_ERRORS", 4101, "EC_VALIDITYEXPIRED", "Validity expired", permanent=True)

_MIX: Final = (
    (0.93, Fate(STATUSES[5], NO_ERROR)),
    (0.94, Fate(STATUSES[2], NO_ERROR)),
    (0.96, Fate(STATUSES[9], _ABSENT)),
    (0.97, Fate(STATUSES[9], _UNKNOWN)),
    (0.99, Fate(STATUSES[15], _EXPIRED)),
    (1.00, Fate(STATUSES[6], NO_ERROR)),
)


def draw(rng: Random) -> Fate:
    """A fate by the shares above."""
    share = rng.random()
    return next(fate for upto, fate in _MIX if share < upto)

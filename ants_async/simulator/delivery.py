"""What becomes of an accepted message: a fate drawn by the seed, not by the order of requests."""

from random import Random
from typing import Final

import attrs

from ants_async.models.delivery_errors import DELIVERY_ERRORS
from ants_async.models.statuses import STATUSES, Status


@attrs.frozen(slots=True)
class Fate:
    """A final status, and the delivery error that explains it."""

    status: Status
    error: dict[str, object]


def _error(number: int) -> dict[str, object]:
    """An error of the manual as the API writes it."""
    error = DELIVERY_ERRORS[number]
    return {
        "groupId": error.group_id,
        "groupName": error.group_name,
        "id": error.id,
        "name": error.name,
        "description": error.description,
        "permanent": error.permanent,
    }


NO_ERROR: Final = _error(0) | {"description": "No Error"}  # so in every example of the manual
_ABSENT, _UNKNOWN, _EXPIRED = (_error(number) for number in (27, 1, 4101))

_MIX: Final = (
    (0.93, Fate(STATUSES[5], NO_ERROR)),
    (0.94, Fate(STATUSES[2], NO_ERROR)),
    (0.96, Fate(STATUSES[9], _ABSENT)),
    (0.97, Fate(STATUSES[9], _UNKNOWN)),
    (0.99, Fate(STATUSES[15], _EXPIRED)),
    (1.00, Fate(STATUSES[6], NO_ERROR)),
)

EXPIRED: Final = Fate(STATUSES[15], _EXPIRED)
UNREACHABLE: Final = Fate(STATUSES[9], _ABSENT)


def draw(rng: Random) -> Fate:
    """A fate by the shares above."""
    share = rng.random()
    return next(fate for upto, fate in _MIX if share < upto)

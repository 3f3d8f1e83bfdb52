"""Delivery errors: the manual's table (section 7) as data, and the error a report brings.

`delivery_errors.tsv` is the table: the manual's own rows and words, and our advice on each, which follows the
manual's `permanent` flag unless the words beside it say otherwise.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final

import attrs

from ants_async.models.codes import Advice, read_table
from ants_async.models.statuses import Status, StatusGroup


class ErrorGroup(IntEnum):
    """Where a delivery failed. `OK` holds `NO_ERROR` alone."""

    OK = 0
    HANDSET_ERRORS = 1
    USER_ERRORS = 2
    OPERATOR_ERRORS = 3


_GROUPS_BY_NAME: Final = {group.name: group for group in ErrorGroup}
_GROUPS_BY_ID: Final = {int(group): group for group in ErrorGroup}


@attrs.frozen(slots=True)
class DeliveryError:
    """Why a message was not delivered, as the API sent it; ids and names unknown to the manual are kept.

    Group 0 (`NO_ERROR`) means that nothing went wrong, or that the operator did not say what.
    """

    group_id: int
    group_name: str
    id: int
    name: str
    description: str = ""
    permanent: bool = False
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @property
    def group(self) -> ErrorGroup | None:
        """The group, or None when the manual does not know it. As with statuses, the name decides."""
        return _GROUPS_BY_NAME.get(self.group_name, _GROUPS_BY_ID.get(self.group_id))

    @property
    def is_permanent(self) -> bool:
        """Whether the API or the manual calls the error permanent: nobody will try this message again.

        That speaks of this message, not of the number: an expired message is permanent, and a new one may
        well arrive. What to do is for `advice` to say.
        """
        known = DELIVERY_ERRORS.get(self.id, self)
        return self.permanent or known.permanent

    @property
    def advice(self) -> Advice:
        """What to do about it: by the id, or by group and flag when the manual does not know the id."""
        return _ADVICE.get(self.id) or self._advice_on_unknown()

    def _advice_on_unknown(self) -> Advice:
        group = self.group
        if group is ErrorGroup.OK:
            return Advice.NOTHING
        passes = group in (ErrorGroup.HANDSET_ERRORS, ErrorGroup.OPERATOR_ERRORS) and not self.permanent
        return Advice.RETRY_LATER if passes else Advice.ASK_SUPPORT

    @property
    def explanation(self) -> str:
        """The manual's description, longer than the API's own; the API's when the id is new."""
        known = DELIVERY_ERRORS.get(self.id, self)
        return known.description


_ROWS: Final = tuple(
    (
        DeliveryError(
            group_id=int(row["group_id"]),
            group_name=row["group_name"],
            id=int(row["id"]),
            name=row["name"],
            description=row["description"],
            permanent=row["permanent"] == "true",
        ),
        Advice(row["advice"]),
    )
    for row in read_table("delivery_errors")
)

DELIVERY_ERRORS: Final[Mapping[int, DeliveryError]] = MappingProxyType(
    {error.id: error for error, _ in _ROWS}
)
"""The manual's 86 delivery errors by id, which is unique across the groups."""

ERRORS_BY_NAME: Final[Mapping[str, DeliveryError]] = MappingProxyType(
    {error.name: error for error, _ in _ROWS}
)
"""The same by name."""

_ADVICE: Final = {error.id: advice for error, advice in _ROWS}

_ERROR_KNOWS_MORE: Final = (StatusGroup.UNDELIVERABLE, StatusGroup.EXPIRED)


def advise(status: Status, error: DeliveryError | None = None) -> Advice:
    """What to do about a message, given both things a report says about it.

    A message that failed past the platform has a status in general terms, and an error that knows the cause.
    Any other status speaks for itself, and so does one whose error is `NO_ERROR`.
    """
    if error is None or error.group is ErrorGroup.OK or status.group not in _ERROR_KNOWS_MORE:
        return status.advice
    return error.advice

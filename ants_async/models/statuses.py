"""Message statuses: the manual's table (section 7) as data, and the status the API sends.

`statuses.tsv` is the table: the manual's own rows and words, and our advice on each.
"""

from collections.abc import Mapping
from enum import IntEnum
from types import MappingProxyType
from typing import Any, Final

import attrs

from ants_async.models.codes import Advice, read_table


class StatusGroup(IntEnum):
    """Groups 2 to 5 are final: a message in one of them never changes again."""

    ACCEPTED = 0
    PENDING = 1
    UNDELIVERABLE = 2
    DELIVERED = 3
    EXPIRED = 4
    REJECTED = 5

    @property
    def is_final(self) -> bool:
        """Whether a message in this group never changes again."""
        return self >= StatusGroup.UNDELIVERABLE


_GROUPS_BY_NAME: Final = {group.name: group for group in StatusGroup}
_GROUPS_BY_ID: Final = {int(group): group for group in StatusGroup}


@attrs.frozen(slots=True)
class Status:
    """A status as the API sent it; ids and names unknown to the manual are kept."""

    group_id: int
    group_name: str
    id: int
    name: str
    description: str = ""
    extra: Mapping[str, Any] = attrs.field(factory=dict, repr=False)

    @property
    def group(self) -> StatusGroup | None:
        """The group, or None when the manual does not know it.

        The name decides before the number: the manual prints `groupId: 7` beside `PENDING`.
        """
        return _GROUPS_BY_NAME.get(self.group_name, _GROUPS_BY_ID.get(self.group_id))

    @property
    def is_final(self) -> bool:
        """Whether the message will never change again."""
        group = self.group
        return group is not None and group.is_final

    @property
    def is_permanent(self) -> bool:
        """Whether the message failed, and the same message sent again would fail again.

        What concerns the account (no credits, no route) is not permanent: it passes once put right.
        """
        return self.advice.rules_out_repeat

    @property
    def advice(self) -> Advice:
        """What to do about it: by the id, or by the group when the manual does not know the id."""
        return _ADVICE.get(self.id) or _ADVICE_BY_GROUP.get(self.group, Advice.ASK_SUPPORT)

    @property
    def explanation(self) -> str:
        """The manual's description, longer than the API's own; the API's when the id is new."""
        known = STATUSES.get(self.id, self)
        return known.description


_ROWS: Final = tuple(
    (
        Status(int(row["group_id"]), row["group_name"], int(row["id"]), row["name"], row["description"]),
        Advice(row["advice"]),
    )
    for row in read_table("statuses")
)

STATUSES: Final[Mapping[int, Status]] = MappingProxyType({status.id: status for status, _ in _ROWS})
"""The manual's 26 statuses by id."""

_ADVICE: Final = {status.id: advice for status, advice in _ROWS}

_ADVICE_BY_GROUP: Final[Mapping[StatusGroup | None, Advice]] = {
    StatusGroup.ACCEPTED: Advice.WAIT,
    StatusGroup.PENDING: Advice.WAIT,
    StatusGroup.UNDELIVERABLE: Advice.RETRY_LATER,
    StatusGroup.DELIVERED: Advice.NOTHING,
    StatusGroup.EXPIRED: Advice.RETRY_LATER,
    StatusGroup.REJECTED: Advice.ASK_SUPPORT,
}

DUPLICATE_MESSAGE_ID: Final = 23
"""The id was used before: on a repeat this means that the first request arrived."""

ACCOUNT_REFUSALS: Final = frozenset({12, 17, 19})
"""Out of credits, credits expired, no route: these concern the account, not the message."""

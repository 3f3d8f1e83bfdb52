# ruff: noqa: E501 - a table of the manual's own words
"""Message statuses: the manual's table (section 7) as data, and the status the API sends."""

from collections.abc import Mapping
from enum import IntEnum
from typing import Any, Final

import attrs


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
        return _GROUPS_BY_NAME.get(self.group_name) or _GROUPS_BY_ID.get(self.group_id)

    @property
    def is_final(self) -> bool:
        """Whether the message will never change again."""
        group = self.group
        return group is not None and group.is_final


def _row(group_id: int, status_id: int, name: str, description: str) -> Status:
    return Status(group_id, StatusGroup(group_id).name, status_id, name, description)


_TABLE: Final = (
    _row(0, 0, "MESSAGE_ACCEPTED", "Message accepted"),
    _row(
        1,
        3,
        "PENDING_WAITING_DELIVERY",
        "Message has been processed and sent to the next instance i.e. mobile operator with request acknowledgment from their platform. Delivery report has not yet been received, and is awaited thus the status is still pending.",
    ),
    _row(
        1,
        7,
        "PENDING_ENROUTE",
        "Message has been processed and sent to the next instance i.e. mobile operator.",
    ),
    _row(
        1,
        26,
        "PENDING_ACCEPTED",
        "Message has been accepted and processed, and is ready to be sent to the next instance i.e. operator.",
    ),
    _row(
        2,
        4,
        "UNDELIVERABLE_REJECTED_OPERATOR",
        'Message has been sent to the operator, whereas the request was rejected, or a delivery report with status "REJECTED" was reverted.',
    ),
    _row(
        2,
        9,
        "UNDELIVERABLE_NOT_DELIVERED",
        'Message has been sent to the operator, but has failed to delivery, since a delivery report with status "UNDELIVERED" was reverted from the operator.',
    ),
    _row(3, 2, "DELIVERED_TO_OPERATOR", "Message has been successfully sent and delivered to the operator."),
    _row(3, 5, "DELIVERED_TO_HANDSET", "Message has been successfully processed and delivered to recipient."),
    _row(
        4,
        15,
        "EXPIRED_EXPIRED",
        "The message was received and sent to the operator, however it has been pending until the validity period has expired, or the operator returned EXPIRED status in the meantime.",
    ),
    _row(
        4,
        29,
        "EXPIRED_DLR_UNKNOWN",
        "The message has been received and forwarded to the operator for delivery, however the delivery report from the operator has not been formatted correctly, or has not been recognized as valid.",
    ),
    _row(
        5,
        6,
        "REJECTED_NETWORK",
        "Message has been received, but the network is either out of our coverage or not setup on your account. Your account manager can inform you on the coverage status or setup the network in question.",
    ),
    _row(
        5,
        8,
        "REJECTED_PREFIX_MISSING",
        "Message has been received, but has been rejected as the number is not recognized due to either incorrect number prefix or number length. This information is different for each network and is regularly updated.",
    ),
    _row(
        5,
        10,
        "REJECTED_DND",
        "Message has been received, and rejected due to the user being subscribed to DND (Do Not Disturb) services, disabling any service traffic to their number.",
    ),
    _row(
        5,
        11,
        "REJECTED_SOURCE",
        "Your account is set to accept only registered sender ID-s while the sender ID defined in the request has not been registered on your account.",
    ),
    _row(
        5,
        12,
        "REJECTED_NOT_ENOUGH_CREDITS",
        "Your account is out of credits for further submission - please top up your account. For further assistance in topping up or applying for online account topup service you may contact your account manager.",
    ),
    _row(
        5,
        13,
        "REJECTED_SENDER",
        "The sender ID has been blacklisted on your account via ANTS web portals - please remove the blacklist on your account or contact Support for further assistance.",
    ),
    _row(
        5,
        14,
        "REJECTED_DESTINATION",
        "The destination number has been blacklisted either at the operator request or on your account via ANTS web portals - please remove the blacklist on your account via sms.ants.co.th or contact Support for more information.",
    ),
    _row(
        5,
        17,
        "REJECTED_PREPAID_PACKAGE_EXPIRED",
        "Account credits have been expired past their validity period - please topup your subaccount with credits to extend the validity period.",
    ),
    _row(
        5,
        18,
        "REJECTED_DESTINATION_NOT_REGISTERED",
        "Your account has been setup for submission only to a single number for testing purposes - kindly contact your manager to remove the limitation.",
    ),
    _row(
        5,
        19,
        "REJECTED_ROUTE_NOT_AVAILABLE",
        "Message has been received on the system, however your account has not been setup to send messages i.e. no routes on your account are available for further submission. Your account manager will be able to setup your account based on your preference.",
    ),
    _row(
        5,
        20,
        "REJECTED_FLOODING_FILTER",
        "Message has been rejected due to a anti-flooding mechanism. By default, a single number can only receive 20 varied messages and 6 identical messages per hour. If there is a requirement, the limitation can be extended per account on request to your account manager.",
    ),
    _row(
        5,
        21,
        "REJECTED_SYSTEM_ERROR",
        "The request has been rejected due to an expected system error, please retry submission or contact our technical support team for more details.",
    ),
    _row(
        5,
        23,
        "REJECTED_DUPLICATE_MESSAGE_ID",
        "The request has been rejected due to a duplicate message ID specified in the submit request, while message ID-s should be a unique value",
    ),
    _row(
        5,
        24,
        "REJECTED_INVALID_UDH",
        "Message has been received, while our system detected the message was formatted incorrectly because of either an invalid ESM class parameter (fully featured binary message API method) or an inaccurate amount of characters when using esmclass:64 (UDH). For more information feel free to visit the below articles or contact our Support team for clarification.",
    ),
    _row(
        5,
        25,
        "REJECTED_MESSAGE_TOO_LONG",
        "Message has been received, but the total message length is more than 25 parts or message text which exceeds 4000 bytes as per our system limitation.",
    ),
    _row(
        5,
        51,
        "MISSING_TO",
        'The request has been received, however the "to" parameter has not been set or it is empty, i.e. there must be valid recipients to send the message.',
    ),
)

STATUSES: Final[Mapping[int, Status]] = {status.id: status for status in _TABLE}
"""The manual's 26 statuses by id."""

DUPLICATE_MESSAGE_ID: Final = 23
"""The id was used before: on a repeat this means that the first request arrived."""

ACCOUNT_REFUSALS: Final = frozenset({12, 17, 19})
"""Out of credits, credits expired, no route: these concern the account, not the message."""

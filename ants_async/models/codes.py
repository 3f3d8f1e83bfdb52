"""The two code tables of the manual (section 7) as files beside this one, and our advice on each row."""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Self


class Advice(StrEnum):
    """What to do about a status or a delivery error. `text` says it to a person in a sentence."""

    text: str
    rules_out_repeat: bool
    """Whether the same message, sent again as it is, would fail again: something in it has to change."""

    # `text` has a default for type checkers alone: to them, the lookup `Advice("wait")` comes by here too.
    def __new__(cls, value: str, text: str = "", rules_out_repeat: bool = False) -> Self:
        member = str.__new__(cls, value)
        member._value_ = value
        member.text = text
        member.rules_out_repeat = rules_out_repeat
        return member

    NOTHING = "nothing", "Nothing to do: nothing went wrong."
    WAIT = "wait", "Wait: the message is on its way, its final status is still to come."
    RETRY_LATER = "retry_later", "Send it again later: it could not be taken this time."
    MAY_HAVE_ARRIVED = (
        "may_have_arrived",
        "Send it again only if a second copy does no harm: no clear report came back, it may have arrived.",
    )
    FIX_NUMBER = "fix_number", "Correct the number or drop it: no message can reach it.", True
    DO_NOT_RETRY = (
        "do_not_retry",
        "Leave this number alone: the recipient opted out of such messages, or is blacklisted.",
        True,
    )
    FIX_SENDER = (
        "fix_sender",
        "Use another sender: this one is not registered on the account, or is blacklisted.",
        True,
    )
    FIX_MESSAGE = "fix_message", "Change the text or the binary content: it cannot be sent as it is.", True
    NEW_ID = (
        "new_id",
        "If this was a repeat, the first one arrived; a new message needs a messageId of its own.",
        True,
    )
    TOP_UP = "top_up", "Top up the account: its credits are used up or have expired."
    ASK_SUPPORT = "ask_support", "Ask the account manager or support: the sender cannot put this right."


def read_table(name: str) -> Iterator[Mapping[str, str]]:
    """The rows of a `.tsv` file beside this one, column by column. Its cells are never quoted."""
    table = Path(__file__).with_name(f"{name}.tsv").read_text("utf-8")
    head, *rows = (line.split("\t") for line in table.splitlines())
    return (dict(zip(head, row, strict=True)) for row in rows)

"""How a run of a campaign came to its end, in a line and an exit code."""

from enum import Enum
from typing import Final

import anyio

from ants_async.cli.progress import Tally, by_group
from ants_async.cli.refusals import INTERRUPTED
from ants_async.cli.tables import counted
from ants_async.cli.terminal import Terminal, say
from ants_async.dispatch.campaign import CampaignSummary

UNRESOLVED: Final = 3


class Ending(Enum):
    """How a run came to its end."""

    DONE = "finished"
    PAUSED = "paused"
    HELD = "held back by its canary"
    CANCELLED = "cancelled"
    INTERRUPTED = "interrupted"


def conclude(
    console: Terminal, ending: Ending, summary: CampaignSummary | None, tally: Tally, bad: int | None
) -> None:
    """The closing line: counts of the whole campaign, pace of this run. `bad`: rows, where they are known."""
    seconds = anyio.current_time() - tally.started
    parts = [f"{ending.value} after {seconds:,.1f} s"]
    if summary is not None:
        parts += [
            _recipients(summary, tally),
            f"{summary.accepted + summary.final:,} accepted",
            *by_group(summary.by_group),
            *(
                f"{count:,} {name}"
                for name, count in [
                    ("not sent, or not answered, yet", summary.planned),
                    ("without a final status yet", summary.accepted),
                    ("unresolved", summary.unresolved),
                    ("rejected at once", summary.rejected),
                    ("duplicates", summary.duplicates),
                    ("suppressed", summary.suppressed),
                    ("bad rows", bad),
                    ("deduplicated", summary.deduplicated),
                ]
                if count
            ),
        ]
    say(console, " · ".join([*parts, f"sent at {tally.rate:,.0f} messages/s"]))


def _recipients(summary: CampaignSummary, tally: Tally) -> str:
    if summary.source_read:
        return counted(summary.total, "recipient")
    return f"{summary.total:,} of {counted(tally.total, 'recipient')}"


def exit_code(ending: Ending, summary: CampaignSummary | None) -> int:
    """0 when every recipient has a final status."""
    if ending is Ending.INTERRUPTED:
        return INTERRUPTED
    all_final = summary is not None and summary.is_done and not summary.unresolved
    return 0 if ending is Ending.DONE and all_final else UNRESOLVED

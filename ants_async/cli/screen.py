"""What a terminal shows while a campaign runs: one calm picture, in place."""

from collections import deque
from collections.abc import Callable
from math import inf
from typing import Final

import anyio
from rich.console import Group, RenderableType
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ants_async.cli.progress import GROUP_ORDER, LiveDisplay, Tally
from ants_async.cli.tables import clean
from ants_async.cli.terminal import Terminal

_WINDOW: Final = 5.0  # seconds, for the rate now
_ERRORS: Final = 5
_NAME: Final = 32  # characters of a reason
_MINUTE, _HOUR = 60, 3600


class Pace:
    """How fast a count has grown of late."""

    def __init__(self) -> None:
        self._seen: deque[tuple[float, int]] = deque()

    def see(self, now: float, count: int) -> float:
        """The count as it is; by how much it grew a second, within the last seconds."""
        self._seen.append((now, count))
        while len(self._seen) > 2 and self._seen[0][0] < now - _WINDOW:  # noqa: PLR2004 - two make a pace
            self._seen.popleft()
        began, before = self._seen[0]
        return (count - before) / (now - began) if now > began else 0.0


class CampaignScreen(LiveDisplay):
    """A campaign on a terminal. `limit`: requests a second that are allowed now, where that is known."""

    progress: Tally

    def __init__(
        self,
        tally: Tally,
        console: Terminal,
        *,
        title: str,
        limit: Callable[[], float] | None = None,
        clock: Callable[[], float] = anyio.current_time,
    ) -> None:
        self._title = title
        self._limit = limit
        self._clock = clock
        self._pace = Pace()
        super().__init__(tally, console)

    def _picture(self) -> RenderableType:
        tally = self.progress
        rate = self._pace.see(self._clock(), tally.answered_now)
        parts: list[RenderableType] = [
            self._head(rate),
            ProgressBar(total=max(tally.total, 1), completed=tally.done, width=None),
            Text(),
            _outcomes(tally),
        ]
        if tally.errors:
            parts += [Text(), _errors(tally)]
        return Group(*parts)

    def _head(self, rate: float) -> Table:
        tally = self.progress
        head = Table.grid(expand=True)
        head.add_column(overflow="ellipsis", no_wrap=True)
        head.add_column(justify="right", no_wrap=True)
        limit = "" if self._limit is None else _limit(self._limit())
        head.add_row(Text(clean(self._title), style="bold"), Text(limit, style="dim"))
        share = tally.done / tally.total if tally.total else 1.0
        left = tally.total - tally.done
        until = f" · {_span(left / rate)} left" if rate > 0 else ""
        head.add_row(
            f"sent {tally.answered:,} of {tally.expected:,} ({share:.0%})",
            f"{rate:,.0f}/s{until}" if left else f"{tally.rate:,.0f}/s on average",
        )
        return head


def _outcomes(tally: Tally) -> Table:
    """Where everybody is: a line each, those left out that are nobody's."""
    final = sum(tally.groups.values())
    waiting = tally.answered - tally.rejected - tally.unresolved - final
    names = [*GROUP_ORDER, *sorted(tally.groups.keys() - set(GROUP_ORDER))]
    lines = [
        *((name, tally.groups[name]) for name in names if tally.groups.get(name)),
        ("rejected at once", tally.rejected),
        ("unresolved", tally.unresolved),
        ("wait for a final status", max(waiting, 0)),
        ("duplicates", tally.duplicates),
        ("suppressed", tally.suppressed),
    ]
    table = Table.grid(padding=(0, 2))
    table.add_column(min_width=24)
    table.add_column(justify="right")
    table.add_column(justify="right", style="dim")
    for name, count in lines:
        if count:
            share = f"{count / tally.answered:.1%}" if tally.answered and name in tally.groups else ""
            table.add_row(clean(name), f"{count:,}", share)
    return table


def _errors(tally: Tally) -> Table:
    """The most frequent reasons, and what to do about them."""
    found = [
        (clean(name)[:_NAME], f"{count:,}", advice.text)
        for (name, advice), count in tally.errors.most_common(_ERRORS)
    ]
    table = Table.grid(padding=(0, 2), expand=True)
    for column in (0, 1):
        width = max(len(row[column]) for row in found)
        table.add_column(width=width, no_wrap=True, justify="right" if column else "left")
    table.add_column(ratio=1, style="dim", no_wrap=True, overflow="ellipsis")  # what is left of the line
    for row in found:
        table.add_row(*row)
    return table


def _limit(rate: float) -> str:
    return "" if rate == inf else f"limit {rate:,.0f} requests/s"


def _span(seconds: float) -> str:
    if seconds < _MINUTE:
        return f"{seconds:.0f} s"
    if seconds < _HOUR:
        return f"{seconds / _MINUTE:.0f} min"
    return f"{seconds / _HOUR:.1f} h"

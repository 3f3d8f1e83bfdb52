"""How far a run is: a live line on a terminal, a plain line every two seconds anywhere else."""

from collections import Counter
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Final, Protocol, Self

import anyio
import attrs
from rich.console import RenderableType
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from ants_async.cli.terminal import Terminal, say
from ants_async.dispatch.campaign import CampaignSummary, Outcome, OutcomeKind
from ants_async.models.codes import Advice

GROUP_ORDER: Final = ("DELIVERED", "UNDELIVERABLE", "EXPIRED", "REJECTED")


_MOST_ERRORS: Final = 1000


class Progress(Protocol):
    """How much of it all is done; as text, in a line."""

    total: int

    @property
    def done(self) -> int:
        """At most `total`."""
        ...


@attrs.define
class Reading:
    """A list on its way into a database: `rows` read, cut into `requests`."""

    total: int
    rows: int = 0
    requests: int = 0

    @property
    def done(self) -> int:
        """Rows read."""
        return self.rows

    def __str__(self) -> str:
        return f"read {self.rows:,} of {self.total:,} · requests {self.requests:,}"


@attrs.define
class Tally:
    """Counts of a campaign while it runs: what the ledger held before, and what the stream adds."""

    total: int
    answered: int = 0
    rejected: int = 0
    duplicates: int = 0
    suppressed: int = 0
    unresolved: int = 0
    groups: Counter[str] = attrs.field(factory=Counter)
    errors: Counter[tuple[str, Advice]] = attrs.field(factory=Counter)
    answered_now: int = 0
    started: float = attrs.field(factory=anyio.current_time)
    last_answer: float = attrs.field(factory=anyio.current_time)

    @classmethod
    def after(cls, before: CampaignSummary | None, total: int) -> Self:
        """Start from where the campaign stood `before` this run."""
        if before is None:
            return cls(total)
        return cls(
            max(total, before.total),
            answered=before.total - before.planned,
            rejected=before.rejected,
            unresolved=before.unresolved,
            groups=Counter(before.by_group),
        )

    def add(self, outcome: Outcome) -> None:
        """Count one outcome of the stream."""
        match outcome.kind:
            case OutcomeKind.ACCEPTED:
                self._answer()
            case OutcomeKind.REJECTED:
                self.rejected += 1
                self._answer()
                self._note_error(outcome)
            case OutcomeKind.FINAL:
                group = group_of(outcome)
                self.groups[group] += 1
                if group != GROUP_ORDER[0]:
                    self._note_error(outcome)
            case OutcomeKind.UNRESOLVED:
                self.unresolved += 1
            case OutcomeKind.DUPLICATE:
                self.duplicates += 1
            case OutcomeKind.SUPPRESSED:
                self.suppressed += 1

    def see(self, now: CampaignSummary) -> None:
        """Take the counts of a ledger that others write."""
        more = now.total - now.planned - self.answered
        if more:
            self.answered_now += more
            self.last_answer = anyio.current_time()
        self.answered += more
        self.total = now.total if now.source_read else max(self.total, now.total)
        self.rejected, self.unresolved = now.rejected, now.unresolved
        self.duplicates, self.suppressed = now.duplicates, now.suppressed
        self.groups = Counter(now.by_group)

    @property
    def done(self) -> int:
        """Recipients that are answered for, rows left out too."""
        return min(self.answered + self.duplicates + self.suppressed, self.total)

    @property
    def expected(self) -> int:
        """How many will be answered for, as far as it is known: rows that are left out are none of them."""
        return max(self.answered, self.total - self.duplicates - self.suppressed)

    def _note_error(self, outcome: Outcome) -> None:
        name = outcome.error or (outcome.status.name if outcome.status else "no reason given")
        error = (name, outcome.advice)
        if error in self.errors or len(self.errors) < _MOST_ERRORS:  # what a server writes may be anything
            self.errors[error] += 1

    def _answer(self) -> None:
        self.answered += 1
        self.answered_now += 1
        self.last_answer = anyio.current_time()

    @property
    def rate(self) -> float:
        """Messages a second, from the start of this run to the latest answer."""
        seconds = self.last_answer - self.started
        return self.answered_now / seconds if seconds > 0 else 0.0

    def __str__(self) -> str:
        parts = [f"sent {self.answered:,} of {self.expected:,}", *by_group(self.groups)]
        for name, count in self._rarer():
            if count:
                parts.append(f"{name} {count:,}")
        parts.append(f"{self.rate:,.0f}/s")
        return " · ".join(parts)

    def _rarer(self) -> list[tuple[str, int]]:
        return [
            ("rejected", self.rejected),
            ("unresolved", self.unresolved),
            ("duplicates", self.duplicates),
            ("suppressed", self.suppressed),
        ]


def group_of(outcome: Outcome) -> str:
    """The name of the outcome's status group."""
    return outcome.status.group_name if outcome.status else "UNKNOWN"


def by_group(groups: Mapping[str, int]) -> list[str]:
    """`DELIVERED 12`, `EXPIRED 1`: the groups there are, the good one first."""
    names = [*GROUP_ORDER, *sorted(groups.keys() - set(GROUP_ORDER))]
    return [f"{name} {groups[name]:,}" for name in names if groups.get(name)]


class Display:
    """Shows progress in plain lines; `draw` whenever `interval` seconds have passed."""

    interval = 2.0

    def __init__(self, progress: Progress, console: Terminal) -> None:
        self.progress = progress
        self.console = console
        self._drawn = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def draw(self) -> None:
        """Show how far things are now, where that is news."""
        line = str(self.progress)
        if line != self._drawn:
            say(self.console, line)
        self._drawn = line

    def close(self) -> None:
        """Show the last state and leave the terminal as it was; may be called again."""
        self.draw()

    async def keep_drawing(self) -> None:
        """Draw at every interval until cancelled."""
        while True:
            await anyio.sleep(self.interval)
            self.draw()


class LiveDisplay(Display):
    """Shows a bar and the line, in place."""

    interval = 0.2

    def __init__(self, progress: Progress, console: Terminal) -> None:
        super().__init__(progress, console)
        self._live = Live(self._picture(), console=console, auto_refresh=False)
        self._live.start()

    def draw(self) -> None:
        self._live.update(self._picture(), refresh=True)

    def close(self) -> None:
        self.draw()
        self._live.stop()

    def _picture(self) -> RenderableType:
        bar = ProgressBar(total=max(self.progress.total, 1), completed=self.progress.done, width=60)
        picture = Table.grid()
        picture.add_row(bar)
        picture.add_row(Text(str(self.progress), overflow="ellipsis", no_wrap=True))
        return picture


def display(progress: Progress, console: Terminal, live: Callable[[], Display] | None = None) -> Display:
    """The display that suits where the output goes; `live`: what a terminal gets in place of a bar."""
    if not console.is_terminal:
        return Display(progress, console)
    return LiveDisplay(progress, console) if live is None else live()

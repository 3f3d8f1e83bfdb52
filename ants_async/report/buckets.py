"""Counts over time and over durations, in buckets: memory does not grow with what is counted."""

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

import attrs

_PER_DECADE: Final = 100  # a bucket is 2.3 % wide, so its middle is at most 1.2 % off
_SHORTEST: Final = 0.001
_LONGEST: Final = 366 * 86400.0

_MOST_MOMENTS: Final = 2048
_MOST_STEPS: Final = 72
_WIDTHS: Final = (1, 5, 15, 60, 300, 900, 3600, 21600, 86400, 604800)  # each goes into the next
_SHOWN_WIDTHS: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800),
    *(3600, 7200, 10800, 21600, 43200, 86400, 172800, 604800),
)
_EARLY: Final = 0.001
_LATE: Final = 0.02
"""Shares so small that they may stand outside the picture, where they would press the rest of it flat."""
_FLAT: Final = 3


@attrs.define
class Latencies:
    """Durations in seconds, in buckets of equal ratio."""

    counts: Counter[int] = attrs.field(factory=Counter)

    def add(self, seconds: float) -> None:
        """Count one; what no clock can have measured counts as the shortest or longest there is."""
        within = min(max(seconds, _SHORTEST), _LONGEST)
        self.counts[math.floor(math.log10(within) * _PER_DECADE)] += 1

    @property
    def total(self) -> int:
        """How many."""
        return self.counts.total()

    def percentile(self, percent: float) -> float | None:
        """What so many percent of all did not exceed; None without any."""
        wanted = max(math.ceil(self.total * percent / 100), 1)
        seen = 0
        for bucket in sorted(self.counts):
            seen += self.counts[bucket]
            if seen >= wanted:
                return _bound(bucket + 0.5)
        return None

    def bars(self, most: int = 36) -> Sequence["Bar"]:
        """All of them as bars of equal ratio, without a gap."""
        if not self.counts:
            return []
        first, last = min(self.counts), max(self.counts)
        size = next(size for size in (4, 5, 10, 20, 25, 50, 100) if (last // size - first // size) < most)
        heights: Counter[int] = Counter()
        for bucket, count in self.counts.items():
            heights[bucket // size] += count
        return [
            Bar(_bound(place * size), _bound((place + 1) * size), heights[place])
            for place in range(first // size, last // size + 1)
        ]


@attrs.frozen
class Bar:
    """How many took from `start` up to `end` seconds."""

    start: float
    end: float
    count: int


def _bound(bucket: float) -> float:
    return 10 ** (bucket / _PER_DECADE)


@attrs.frozen
class Stretch:
    """What is shown of a timeline: a count for each series in steps of `width` seconds from `start`.

    `outside`: how many of all came earlier or later.
    """

    start: int
    width: int
    steps: Sequence[Sequence[int]]
    outside: int = 0

    @property
    def end(self) -> int:
        """Where the last step ends."""
        return self.start + self.width * len(self.steps)


class Timeline:
    """Counts of some series over time, in steps that widen as it gets longer."""

    def __init__(self, series: int) -> None:
        self._series = series
        self._widths = iter(_WIDTHS)
        self._width = next(self._widths)
        self._counts: dict[int, list[int]] = {}

    def add(self, series: int, moment: float) -> None:
        """Count one at a moment, in seconds since the epoch."""
        self._at(int(moment // self._width))[series] += 1
        if len(self._counts) > _MOST_MOMENTS:
            self._widen()

    def stretch(self) -> Stretch | None:
        """What there is to show, in steps that a person can name; None for nothing."""
        if not self._counts:
            return None
        first, last = self._ends()
        span = (last - first + 1) * self._width
        width = next((one for one in _SHOWN_WIDTHS if self._fits(span, one)), None)
        if width is None:  # centuries, by clocks that are wrong
            width = self._width * math.ceil(span / self._width / _MOST_STEPS)
        start = first * self._width // width * width
        steps = [[0] * self._series for _ in range(start, (last + 1) * self._width, width)]
        outside = 0
        for place, counts in self._counts.items():
            if first <= place <= last:
                step = steps[(place * self._width - start) // width]
                for series, count in enumerate(counts):
                    step[series] += count
            else:
                outside += sum(counts)
        return Stretch(start, width, steps, outside)

    def _fits(self, span: int, width: int) -> bool:
        return width % self._width == 0 and span / width <= _MOST_STEPS

    def _ends(self) -> tuple[int, int]:
        """From where to where: without the tails, if without them there is much more to see."""
        places = sorted(self._counts)
        sums = list(_running(sum(self._counts[place]) for place in places))
        first = places[bisect_left(sums, sums[-1] * _EARLY)]
        last = places[bisect_left(sums, sums[-1] * (1 - _LATE))]
        if places[-1] - places[0] >= _FLAT * (last - first + 1):
            return first, last
        return places[0], places[-1]

    def _at(self, place: int) -> list[int]:
        return self._counts.setdefault(place, [0] * self._series)

    def _widen(self) -> None:
        before, counts = self._width, self._counts
        self._width = next(self._widths, before * 4)
        self._counts = {}
        for place, some in counts.items():
            there = self._at(place * before // self._width)
            for series, count in enumerate(some):
                there[series] += count


def _running(counts: Iterator[int]) -> Iterator[int]:
    total = 0
    for count in counts:
        total += count
        yield total

"""Charts as SVG that fits any width: shapes stretch, words do not.

A chart has no `viewBox`: what is drawn lies in an inner one that is stretched, and words stand at percentages
of the width, in the size that the page gives them.
"""

import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, tzinfo
from typing import Final

from ants_async.report.buckets import Bar, Stretch
from ants_async.report.figures import DELIVERED, FAILED, SENT
from ants_async.report.html import Html, both, duration, html, number

_HEIGHT: Final = 230
_TOP: Final = 26
_BOTTOM: Final = 26
_PLOT: Final = _HEIGHT - _TOP - _BOTTOM
_WIDE: Final = 1000
_DAY: Final = 86400
_LABELS: Final = 5
_CLOCK_STEPS: Final = (
    *(1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 10800, 21600, 43200),
    *(86400, 172800, 604800, 2592000, 31536000),
)
_EDGE: Final = 7  # percent of the width: a label nearer to an end than that is aligned with it
_LETTER: Final = 2.4  # percent of the width: on a phone a letter of a label is as wide
_APART: Final = 2  # and so far are two labels apart
_BEFORE: Final = {"start": 0, "middle": 0.5, "end": 1}
"""What part of a label lies before the place that it is for."""
_NAME: Final = 11  # percent of the width: half of two names of marks, and a little between them
_FEW: Final = 3
_DURATIONS: Final = (
    *(0.001, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 30, 60, 120, 300, 600, 1800),
    *(3600, 7200, 18000, 43200, 86400, 172800, 604800, 2592000, 31536000),
)


def timeline(stretch: Stretch, zone: tzinfo, label: str) -> Html:
    """What was sent as a line over areas of what came to its end, delivered or failed.

    `label`: the id of what names the chart.
    """
    delivered = [step[DELIVERED] for step in stretch.steps]
    ended = [step[DELIVERED] + step[FAILED] for step in stretch.steps]
    sent = [step[SENT] for step in stretch.steps]
    top = _round(max(1, *sent, *ended))
    shapes = [
        html('<path class="area failed" d="{d}"/>', d=_area(ended, top)),
        html('<path class="area delivered" d="{d}"/>', d=_area(delivered, top)),
        html('<path class="line sent" d="{d}"/>', d=_outline(sent, top)),
        *_hover(stretch, zone),
    ]
    return _chart([*_grid(top), _stretched(shapes), *_clock(stretch, zone)], label)


def histogram(bars: Sequence[Bar], marks: Sequence[tuple[str, float]], label: str) -> Html:
    """How many took how long, on a scale of equal ratios; `marks` are named places on it."""
    top = _round(max(bar.count for bar in bars))
    wide = _WIDE / len(bars)
    shapes = [
        html(
            '<rect class="bar" x="{x}" y="{y}" width="{wide}" height="{high}"><title>{title}</title></rect>',
            x=_short(place * wide + wide / 12),
            y=_short(_PLOT * (1 - bar.count / top)),
            wide=_short(wide * 5 / 6),
            high=_short(_PLOT * bar.count / top),
            title=f"{duration(bar.start)[0]} – {duration(bar.end)[0]}: {number(bar.count)}",
        )
        for place, bar in enumerate(bars)
    ]
    return _chart([*_grid(top), _stretched(shapes), *_marks(bars, marks), *_durations(bars)], label)


def meter(*parts: tuple[str, float]) -> Html:
    """A bar of some parts, each a class and a share of the whole; words beside it say the same."""
    shapes, x = [], 0.0
    for kind, share in parts:
        if share > 0:
            shapes.append(_rect(kind, x, share))
        x += share * 100
    return html(
        '<svg class="meter" viewBox="0 0 100 1" preserveAspectRatio="none" aria-hidden="true">{shapes}</svg>',
        shapes=shapes,
    )


def _rect(kind: str, x: float, share: float) -> Html:
    return html(
        '<rect class="{kind}" x="{x}" width="{wide}" height="1"/>',
        kind=kind,
        x=_short(x),
        wide=_short(share * 100),
    )


def _chart(parts: list[Html], label: str) -> Html:
    return html(
        '<svg class="chart" height="{height}" role="img" aria-labelledby="{label}">{parts}</svg>',
        height=_HEIGHT,
        label=label,
        parts=parts,
    )


def _stretched(shapes: list[Html]) -> Html:
    return html(
        '<svg y="{top}" width="100%" height="{plot}" viewBox="0 0 {wide} {plot}" preserveAspectRatio="none">'
        "{shapes}</svg>",
        top=_TOP,
        plot=_PLOT,
        wide=_WIDE,
        shapes=shapes,
    )


def _round(most: int) -> int:
    """A top that is a little above the most, and that halves well."""
    size = 10 ** max(len(str(most)) - 1, 0)
    tops = (1, 2, 3, 4, 5, 6, 8, 10) if size == 1 else (1, 1.2, 1.6, 2, 2.4, 3, 4, 5, 6, 8, 10)
    return next(int(top * size) for top in tops if top * size >= most)


def _grid(top: int) -> list[Html]:
    """A line at the bottom, the middle and the top, with what it stands for."""
    heights = [0, top // 2, top] if top % 2 == 0 else [0, top]
    return [
        html(
            '<line class="{kind}" x2="100%" y1="{y}" y2="{y}"/>{label}',
            kind="axis" if height == 0 else "grid",
            y=_short(_TOP + _PLOT * (1 - height / top)),
            label=html(
                '<text class="tick" x="-8" y="{y}" text-anchor="end">{count}</text>',
                y=_short(_TOP + _PLOT * (1 - height / top) + 4),
                count=_brief(height),
            ),
        )
        for height in heights
    ]


def _brief(count: int) -> str:
    """`8,000`, `20k`, `1.2M`: heights are round."""
    for size, sign in ((1_000_000, "M"), (1_000, "k")):
        if count >= (size if size > 1_000 else 10_000):  # noqa: PLR2004
            return f"{count / size:g}{sign}"
    return number(count)


def _marks(bars: Sequence[Bar], marks: Sequence[tuple[str, float]]) -> Iterator[Html]:
    """Named lines through the chart; names that would touch stand on either side of them, or not at all."""
    places = [_place(bars, seconds) for _, seconds in marks]
    free = 100.0  # of the width: names are set from the right, for the last one says most
    for number_ in reversed(range(len(marks))):
        x = places[number_]
        before = number_ > 0 and x - places[number_ - 1] < _NAME
        behind = number_ + 1 < len(places) and places[number_ + 1] - x < _NAME
        anchor = None if before and behind else _side(x, free, "start" if before else "end" if behind else "")
        free = free if anchor is None else x - _NAME * _BEFORE[anchor]
        yield html(
            '<line class="mark" x1="{x}%" x2="{x}%" y1="{top}" y2="{bottom}"/>{label}',
            x=_short(x),
            top=_TOP - 8,
            bottom=_TOP + _PLOT,
            label="" if anchor is None else _text("mark", x, _TOP - 13, marks[number_][0], anchor=anchor),
        )


def _side(x: float, free: float, wanted: str) -> str | None:
    """On which side of its line a name stays in the plot and leaves the one after it alone."""
    for anchor in (wanted or _anchor(x), "end", "start"):
        begins = x - _NAME * _BEFORE[anchor]
        if begins >= 0 and begins + _NAME <= free:
            return anchor
    return None


def _durations(bars: Sequence[Bar]) -> Iterator[Html]:
    """A scale below: those durations that people name."""
    named = [one for one in _DURATIONS if bars[0].start <= one <= bars[-1].end]
    shown = named if len(named) >= _FEW else [bar.start for bar in bars]
    return _ticks((_place(bars, one), duration(one)) for one in shown)


def _place(bars: Sequence[Bar], seconds: float) -> float:
    """Where it lies, in percent of the width."""
    start, end = math.log(bars[0].start), math.log(bars[-1].end)
    return min(max((math.log(max(seconds, 1e-9)) - start) / (end - start) * 100, 0), 100)


def _clock(stretch: Stretch, zone: tzinfo) -> Iterator[Html]:
    """A scale below: full minutes, hours, days by the clock of the zone."""
    span = stretch.end - stretch.start
    step = next((one for one in _CLOCK_STEPS if span / one <= _LABELS), span)
    shift = datetime.fromtimestamp(stretch.start, zone).utcoffset()
    ahead = 0 if shift is None else int(shift.total_seconds())
    first = -((-stretch.start - ahead) // step) * step - ahead
    shape = "%H:%M:%S" if step < 60 else "%H:%M" if span <= _DAY else "%d %b %H:%M" if step < _DAY else "%F"  # noqa: PLR2004
    times = range(first, stretch.end + 1, step)
    labels = (f"{datetime.fromtimestamp(at, zone):{shape}}" for at in times)
    return _ticks(
        ((at - stretch.start) / span * 100, (label, label)) for at, label in zip(times, labels, strict=True)
    )


def _hover(stretch: Stretch, zone: tzinfo) -> Iterator[Html]:
    """What a pointer is told of each step."""
    wide = _WIDE / len(stretch.steps)
    for place, step in enumerate(stretch.steps):
        at = datetime.fromtimestamp(stretch.start + place * stretch.width, zone)
        yield html(
            '<rect class="hover" x="{x}" width="{wide}" height="{high}"><title>{title}</title></rect>',
            x=_short(place * wide),
            wide=_short(wide),
            high=_PLOT,
            title=f"{at:%H:%M:%S} · ↗ {step[SENT]:,} · ✓ {step[DELIVERED]:,} · ✕ {step[FAILED]:,}",
        )


def _points(counts: Sequence[int], top: int) -> list[str]:
    """The middles of the steps; what is before the first and after the last is level with them."""
    wide = _WIDE / len(counts)
    heights = [_short(_PLOT * (1 - count / top)) for count in counts]
    middles = [f"{_short((place + 0.5) * wide)} {height}" for place, height in enumerate(heights)]
    return [f"0 {heights[0]}", *middles, f"{_WIDE} {heights[-1]}"]


def _outline(counts: Sequence[int], top: int) -> str:
    return "M" + " L".join(_points(counts, top))


def _area(counts: Sequence[int], top: int) -> str:
    return f"M0 {_PLOT} L{' L'.join(_points(counts, top))} L{_WIDE} {_PLOT} Z"


def _ticks(places: Iterable[tuple[float, tuple[str, str]]]) -> Iterator[Html]:
    """Labels below, in both languages; one that would touch the one before it on a phone is left out."""
    free = -math.inf
    for x, labels in places:
        wide = max(map(len, labels)) * _LETTER
        anchor = _anchor(x, wide)
        left = x - wide * _BEFORE[anchor]
        if left >= free:
            yield _text("tick", x, _HEIGHT - 7, *dict.fromkeys(labels), anchor=anchor)
            free = left + wide + _APART


def _text(kind: str, x: float, y: float, *labels: str, anchor: str | None = None) -> Html:
    """A label at a percentage of the width, in one language or in both; it stays inside at both ends."""
    anchor = anchor or _anchor(x)
    attributes = f' x="{_short(x)}%" y="{_short(y)}" text-anchor="{anchor}"'
    if len(labels) == 1:
        return html(
            '<text class="{kind}"{rest}>{label}</text>', kind=kind, rest=Html(attributes), label=labels[0]
        )
    return html('<g class="{kind}">{texts}</g>', kind=kind, texts=both(labels, "text", attributes))


def _anchor(x: float, wide: float = 2 * _EDGE) -> str:
    edge = max(_EDGE, wide / 2)
    return "start" if x < edge else "end" if x > 100 - edge else "middle"


def _short(value: float) -> str:
    return f"{value:.2f}".rstrip("0").rstrip(".")

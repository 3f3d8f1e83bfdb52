"""The sections of a report, each from the figures that it shows."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from ants_async.dispatch.campaign import CampaignState
from ants_async.report import charts
from ants_async.report.facts import Facts
from ants_async.report.figures import DELIVERED, FAILED, SENT, Cause, Fate, Figures, Network
from ants_async.report.html import (
    Html,
    both,
    duration,
    empty,
    html,
    line,
    moment,
    note,
    number,
    percent,
    say,
    swatch,
    table,
)
from ants_async.report.money import amount, below_cost
from ants_async.report.words import ADVICE, NETWORKS

_PERCENTILES: Final = (50, 90, 99)
_TOO_FEW: Final = 2
_TOO_MANY: Final = 2


def head(facts: Facts) -> Html:
    """What the campaign is."""
    summary, figures = facts.summary, facts.figures
    campaign = summary.campaign
    how_far = "never_read" if summary.state is CampaignState.CANCELLED else "not_read"
    source = facts.source and html(
        "{name}{rest}", name=facts.source, rest="" if summary.source_read else [" · ", say(how_far)]
    )
    known = {
        "text": facts.words(campaign.text) if campaign.text is not None else say("own_texts"),
        "sender": campaign.sender,
        "source": source,
        "created": facts.clock(summary.created_at),
        "sent_between": facts.clock(figures.first_sent),
        "last_done": facts.clock(figures.last_done),
        "reason": facts.words(summary.reason),
    }
    lines = [
        html(
            '<div class="{name}"><dt>{label}</dt><dd>{value}</dd></div>',
            name=name,
            label=say(name),
            value=value,
        )
        for name, value in known.items()
        if value is not None
    ]
    return html('<dl class="facts">{lines}</dl>', lines=lines)


def tiles(facts: Facts) -> Html:
    """The four figures that one wants first."""
    figures = facts.figures
    delivered = figures.fates[Fate.DELIVERED]
    half, most = (figures.latencies.percentile(share) for share in (50, 99))
    costs = [html("<span>{one}</span>", one=amount(*one)) for one in facts.costs.items()]
    of_all = {"part": number(delivered), "whole": number(figures.total)}
    found = [
        ("delivered", percent(delivered, figures.total), say("of_recipients", **of_all)),
        ("not_delivered", number(figures.failed), _still_open(facts)),
        (
            "half_within",
            "–" if half is None else both(duration(half)),
            say("no_delivery") if most is None else say("most_within", time=duration(most)),
        ),
        ("cost", costs[:_TOO_MANY] or "–", below_cost(facts)),
    ]
    tile = (
        '<li class="{kind}"><p class="what">{what}</p><p class="figure">{figure}</p>'
        '<p class="note">{below}</p></li>'
    )
    return html(
        '<ul class="tiles">{tiles}</ul>',
        tiles=[
            html(tile, kind=kind, what=say(kind), figure=figure, below=below) for kind, figure, below in found
        ],
    )


def _still_open(facts: Facts) -> Html:
    fates_ = facts.figures.fates
    still_open = fates_[Fate.WAITING] + fates_[Fate.UNCLEAR] + fates_[Fate.UNSENT]
    return say("still_open", count=number(still_open)) if still_open else say("all_ended")


def funnel(facts: Facts) -> Html:
    """From the list to the phone."""
    figures = facts.figures
    left_out, again = figures.duplicates + figures.suppressed, figures.deduplicated
    in_list = figures.total + left_out
    steps = [
        ("rows", in_list, _left_out(figures)),
        ("planned", figures.total, say("planned_note")),
        (
            "accepted",
            figures.accepted,
            say("deduplicated_note", count=number(again)) if again else say("accepted_note"),
        ),
        ("delivered", figures.fates[Fate.DELIVERED], say("delivered_note")),
    ]
    step = (
        '<li><span class="name">{name}</span><span class="count">{count}</span>{bar}'
        '<span class="note">{below}</span></li>'
    )
    return html(
        '<ol class="funnel">{steps}</ol>',
        steps=[
            html(
                step,
                name=say(name),
                count=number(count),
                bar=charts.meter((name, count / in_list if in_list else 0)),
                below=below,
            )
            for name, count, below in steps
        ],
    )


def _left_out(figures: Figures) -> Html:
    doubled = figures.duplicates
    duplicates = say("rows_note", count=number(doubled)) if doubled else say("no_duplicates")
    if not figures.suppressed:
        return duplicates
    suppressed = say("suppressed_note", count=number(figures.suppressed))
    return html("{duplicates}; {suppressed}", duplicates=duplicates, suppressed=suppressed)


def fates(facts: Facts) -> Html:
    """A line for everything that can become of a recipient, and they add up."""
    figures = facts.figures
    counts, total = figures.fates, figures.total
    lines = [
        line(
            [swatch(fate), say(fate)],
            number(counts[fate]),
            percent(counts[fate], total),
            kind="" if counts[fate] else "zero",
        )
        for fate in Fate
    ]
    below = [
        line(say("total"), number(total), ""),
        line(say("duplicates"), number(figures.duplicates), ""),
    ]
    if figures.suppressed:
        below.append(line(say("suppressed"), number(figures.suppressed), ""))
    if facts.unread:
        below.append(line(say("unread"), number(facts.unread), ""))
    return html(
        "{bar}{table}",
        bar=charts.meter(*((fate, counts[fate] / total) for fate in Fate if total)),
        table=table(
            "fates",
            "where_all_are",
            ["outcome", "messages", "share"],
            lines,
            html("<tfoot>{lines}</tfoot>", lines=below),
        ),
    )


def over_time(facts: Facts) -> Html:
    """When messages were sent, and when they came to their end."""
    stretch = facts.figures.timeline.stretch()
    if stretch is None or len(stretch.steps) < _TOO_FEW:
        return empty("no_times")
    lines = [
        line(
            moment(datetime.fromtimestamp(stretch.start + place * stretch.width, facts.zone), facts.zone),
            *(number(step[series]) for series in (SENT, DELIVERED, FAILED)),
        )
        for place, step in enumerate(stretch.steps)
    ]
    return html(
        '<figure><figcaption id="over-time-what">{what}</figcaption>'
        '<ul class="legend">{legend}</ul>{chart}</figure>{outside}{table}',
        what=say("every", time=duration(stretch.width)),
        legend=[
            html("<li>{swatch}{name}</li>", swatch=swatch(name), name=say(name))
            for name in ("sent", "delivered", "failed")
        ],
        chart=charts.timeline(stretch, facts.zone, "over-time over-time-what"),
        outside=note("outside", count=number(stretch.outside)) if stretch.outside else "",
        table=_numbers("over_time", ["time", "sent", "delivered", "failed"], lines),
    )


def latency(facts: Facts) -> Html:
    """How long deliveries took."""
    found = facts.figures.latencies
    bars = found.bars()
    if not bars:
        return empty("no_times")
    times = [(f"p{share}", found.percentile(share) or 0.0) for share in _PERCENTILES]
    backwards = facts.figures.backwards
    return html(
        '<figure><figcaption id="latency-what">{what}</figcaption>'
        '<dl class="percentiles">{times}</dl>{chart}</figure>{backwards}{table}',
        what=say("latency_note", count=number(found.total)),
        times=[
            html(
                "<div><dt>{name} · {what}</dt><dd>{time}</dd></div>",
                name=name,
                what=say(name),
                time=both(duration(time)),
            )
            for name, time in times
        ],
        chart=charts.histogram(bars, times, "latency latency-what"),
        backwards=note("backwards", count=number(backwards)) if backwards else "",
        table=_numbers(
            "latency",
            ["from", "to_time", "messages"],
            [line(both(duration(bar.start)), both(duration(bar.end)), number(bar.count)) for bar in bars],
        ),
    )


def _numbers(caption: str, columns: Sequence[str], lines: Sequence[Html]) -> Html:
    """What a chart shows, as a table for whoever wants to read it."""
    return html(
        '<details><summary>{numbers}</summary><div class="scroll" tabindex="0">{table}</div></details>',
        numbers=say("numbers"),
        table=table("numbers", caption, columns, lines),
    )


def errors(facts: Facts) -> Html:
    """Why messages did not arrive, and what to do about it."""
    figures = facts.figures
    if not figures.failed:
        return empty("no_errors")
    shown = figures.commonest_causes()
    rest = figures.failed - sum(shown.values())
    lines = [
        line(
            _cause(facts, one),
            number(count),
            percent(count, figures.failed),
            both(ADVICE[one.advice]),
        )
        for one, count in shown.items()
    ]
    return html(
        "{table}{rest}",
        table=table("causes", "errors", ["cause", "messages", "share", "advice"], lines),
        rest=note("other_causes", count=number(rest)) if rest else "",
    )


def _cause(facts: Facts, cause: Cause) -> Html:
    """The error's name or words, the status beside it, and what the manual says on them."""
    status, error, explanation = facts.status(cause), facts.words(cause.error), facts.words(cause.explanation)
    return html(
        '{swatch}<span class="code">{name}</span>{beside}{manual}',
        swatch=swatch(cause.fate),
        name=error or status or say(cause.fate),
        beside=html('<span class="beside">{status}</span>', status=status) if error and status else "",
        manual=html('<span class="manual" lang="en">{text}</span>', text=explanation) if explanation else "",
    )


def networks(facts: Facts) -> Html:
    """Those whose deliveries took the longest."""
    slowest = facts.figures.slowest_networks()
    if not slowest:
        return empty("no_networks")
    longest = max(one.latencies.percentile(90) or 0 for _, one in slowest) or 1
    other = facts.figures.other_networks
    return html(
        "{table}{other}",
        table=table(
            "networks",
            "networks",
            ["network", "messages", "delivered", "p50", "p90"],
            [_network(facts, code, one, longest) for code, one in slowest],
        ),
        other=note("other_networks", count=number(other)) if other else "",
    )


def _network(facts: Facts, code: str, one: Network, longest: float) -> Html:
    half, most = (one.latencies.percentile(share) or 0.0 for share in (50, 90))
    return line(
        html(
            '<span class="code">{code}</span> <span class="beside">{name}</span>',
            code=facts.words(code),
            name=NETWORKS.get(code),
        ),
        number(one.total),
        percent(one.delivered, one.total),
        both(duration(half)),
        [both(duration(most)), charts.meter(("half", half / longest), ("most", (most - half) / longest))],
    )

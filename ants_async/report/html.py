"""HTML in two languages: everything that is put into it is escaped here.

A page holds both, and its style shows one of them: so the switch needs no network.
"""

from collections.abc import Sequence
from datetime import datetime, tzinfo
from html import escape
from typing import Final

from ants_async.report.words import LANGUAGES, UNITS, WORDS

_UNSEEN: Final = "".join(map(chr, [*range(9), 11, 12, *range(14, 32), 127]))
_NO_MORE: Final = dict.fromkeys(map(ord, _UNSEEN), "\ufffd")
# Marks that turn the direction of what follows: foreign words must not rearrange the page around them.
_TURNING: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A), 0x200E, 0x200F, 0x061C])
_ALL: Final = 100
_LEAST: Final = 0.1
_MINUTE, _HOUR, _DAY = 60, 3600, 86400


class Html(str):
    """Text that is HTML already; anything else is escaped when it is put into HTML."""

    __slots__ = ()


def put(value: object) -> Html:
    """A value in HTML, as text or as the value of an attribute in quotes."""
    if isinstance(value, Html):
        return value
    if value is None:
        return Html()
    return Html(escape(plain(str(value))))


def plain(text: str) -> str:
    """Foreign words without what no page can show, and without what turns a page around; not escaped."""
    return text.translate(_NO_MORE).translate(_TURNING)


def html(template: str, **values: object) -> Html:
    """A template of ours with values put in, a sequence one after the other."""
    return Html(template.format_map({name: join(value) for name, value in values.items()}))


def join(value: object) -> Html:
    """A value, or some of them, in HTML."""
    if isinstance(value, list | tuple):
        return Html("".join(map(put, value)))
    return put(value)


def both(texts: Sequence[object], element: str = "span", attributes: str = "") -> Html:
    """A text in each language, of which one is shown. They are the same: then it is one text."""
    if put(texts[0]) == put(texts[1]) and element == "span" and not attributes:
        return put(texts[0])
    return Html(
        "".join(
            f'<{element} class="{language}" lang="{language}"{attributes}>{put(text)}</{element}>'
            for language, text in zip(LANGUAGES, texts, strict=True)
        )
    )


def say(name: str, **values: object) -> Html:
    """Words of ours; values in them may themselves differ by language, as pairs."""
    return both(words(name, **values))


def words(name: str, **values: object) -> tuple[Html, Html]:
    """As `say`, a text for each language."""
    english, thai = (
        Html(
            put(template).format_map(
                {key: put(one[place] if isinstance(one, tuple) else one) for key, one in values.items()}
            )
        )
        for place, template in enumerate(WORDS[name])
    )
    return english, thai


def table(kind: str, caption: str, columns: Sequence[str], lines: Sequence[Html], foot: object = "") -> Html:
    """A table with its caption and the names of its columns; `lines` are its rows."""
    return html(
        '<table class="{kind}"><caption class="unseen">{caption}</caption>'
        "<thead><tr>{columns}</tr></thead><tbody>{lines}</tbody>{foot}</table>",
        kind=kind,
        caption=say(caption),
        columns=[html('<th scope="col">{name}</th>', name=say(name)) for name in columns],
        lines=list(lines),
        foot=foot,
    )


def line(first: object, *cells: object, kind: str = "") -> Html:
    """A row of a table: what it is about, and its cells."""
    return html(
        '<tr class="{kind}"><th scope="row">{first}</th>{cells}</tr>',
        kind=kind,
        first=first,
        cells=[html("<td>{cell}</td>", cell=cell) for cell in cells],
    )


def note(name: str, **values: object) -> Html:
    """Words of ours in small."""
    return html('<p class="note">{text}</p>', text=say(name, **values))


def empty(name: str) -> Html:
    """Words of ours where there is nothing to show."""
    return html('<p class="empty">{text}</p>', text=say(name))


def swatch(kind: str) -> Html:
    """The colour of a fate or a series; its name stands beside it."""
    return html('<i class="swatch {kind}"></i>', kind=kind)


def number(count: int) -> str:
    """`12,345`."""
    return f"{count:,}"


def percent(part: int, whole: int) -> str:
    """`96.3%`; never 100% or 0% for what is not quite all or nothing."""
    if not whole:
        return "–"
    share = part / whole * _ALL
    if part and share < _LEAST:
        return "<0.1%"
    if part in {0, whole}:
        return f"{share:.0f}%"
    return f"{min(share, _ALL - _LEAST):.1f}%"


def duration(seconds: float) -> tuple[str, str]:
    """`420 ms`, `4.2 s`, `3 min 20 s`, `2 h 5 min`, in both languages."""
    whole = round(seconds)
    parts: list[tuple[str, str]]
    if seconds < 1:
        parts = [(f"{seconds * 1000:.0f}", "ms")]
    elif seconds < _MINUTE and whole < _MINUTE:
        parts = [(f"{seconds:.1f}".removesuffix(".0") if seconds < 10 else f"{whole}", "s")]  # noqa: PLR2004
    elif whole < _HOUR:
        parts = [(f"{whole // _MINUTE}", "min"), (f"{whole % _MINUTE}", "s")]
    elif whole < _DAY:
        parts = [(f"{whole // _HOUR}", "h"), (f"{whole % _HOUR // _MINUTE}", "min")]
    else:
        parts = [(f"{whole // _DAY}", "d"), (f"{whole % _DAY // _HOUR}", "h")]
    shown = [part for place, part in enumerate(parts) if place == 0 or part[0] != "0"]
    english, thai = (
        "\u00a0".join(f"{count}\u00a0{UNITS[unit][place]}" for count, unit in shown) for place in (0, 1)
    )
    return english, thai


def moment(at: datetime | None, zone: tzinfo) -> str:
    """`2026-05-01 09:30:00` on the clock of a zone."""
    return "" if at is None else f"{at.astimezone(zone):%Y-%m-%d %H:%M:%S}"


def offset(at: datetime, zone: tzinfo) -> str:
    """`+07:00`."""
    return at.astimezone(zone).isoformat(timespec="seconds")[19:25]

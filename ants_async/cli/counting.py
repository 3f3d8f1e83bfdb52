"""The counts of a campaign that is only planned: one pass over its rows, memory flat."""

import heapq
from collections import Counter
from collections.abc import Iterable, Sequence
from functools import cache
from typing import Final
from unicodedata import category, name

import attrs

from ants_async.cli.files import BadRow, Notes
from ants_async.dispatch.campaign import OutcomeKind, Recipient
from ants_async.dispatch.messages import Messages
from ants_async.dispatch.planning import Planner
from ants_async.text import analyze, count_parts

LONG: Final = 3
"""Parts; from here on texts are counted together."""
_SHOWN: Final = 5  # rows of each kind


@attrs.frozen(slots=True, eq=False)  # there is one of each, so identity is enough, and quick
class Sign:
    """What forces UCS2: a character and what can stand `instead`, or a script that nothing can replace."""

    what: str
    name: str
    instead: str | None = None


@attrs.frozen(slots=True)
class Long:
    """A message of many parts; `row` is its line in the file."""

    row: int
    to: str
    parts: int
    text: str


@attrs.frozen(slots=True)
class _Text:
    """What a text takes. `saving`: parts fewer in plain characters."""

    parts: int
    signs: frozenset[Sign]
    saving: int = 0


@attrs.define(slots=True)
class Plan:
    """Counts of what the planner cuts.

    `notes`: what else there is to say of the file. `avoidable`: texts that would take fewer parts in plain
    characters, `avoidable_parts` how many fewer.
    """

    _planner: Planner
    recipients: int = 0
    duplicates: int = 0
    suppressed: int = 0
    bad: int = 0
    requests: int = 0
    parts: int = 0
    avoidable: int = 0
    avoidable_parts: int = 0
    by_parts: Counter[int] = attrs.field(factory=Counter)
    encodings: Counter[str] = attrs.field(factory=lambda: Counter(GSM7=0, UCS2=0))
    _signs: Counter[Sign] = attrs.field(factory=Counter)
    first_bad: list[BadRow] = attrs.field(factory=list)
    notes: Notes = attrs.field(factory=Notes)
    _longest: list[tuple[int, int, int, str, str]] = attrs.field(factory=list)
    _latest: tuple[str, _Text] | None = None

    @property
    def longest(self) -> Sequence[Long]:
        """The messages of most parts, the longest first, then by their place in the file."""
        return [
            Long(-before, to, parts, text)
            for parts, _, before, to, text in sorted(self._longest, reverse=True)
        ]

    def commonest_signs(self, most: int) -> Sequence[tuple[Sign, int]]:
        """What forces UCS2 in the most texts, and in how many."""
        return heapq.nsmallest(most, self._signs.items(), key=lambda one: (-one[1], one[0].what))

    def read(self, rows: Iterable[Recipient | BadRow]) -> None:
        """All rows, cut into requests as a run would."""
        for row in rows:
            if isinstance(row, BadRow):
                self.bad += 1
                if len(self.first_bad) < _SHOWN:
                    self.first_bad.append(row)
            else:
                for chunk in self._planner.cut((row,)):
                    self._count(chunk)
                for outcome in self._planner.left_out:
                    self.duplicates += outcome.kind is OutcomeKind.DUPLICATE
                    self.suppressed += outcome.kind is OutcomeKind.SUPPRESSED
                self._planner.left_out = []
        self._count(self._planner.flush())

    def _count(self, chunk: Messages | None) -> None:
        for message in chunk or ():
            found = self._reckon(message.text)
            self.recipients += 1
            self.parts += found.parts
            self.by_parts[min(found.parts, LONG)] += 1
            self.encodings["UCS2" if found.signs else "GSM7"] += 1
            self._signs.update(found.signs)
            self.avoidable += found.saving > 0
            self.avoidable_parts += found.saving
            entry = (found.parts, len(message.text), -message.row, message.to, message.text)
            (heapq.heappushpop if len(self._longest) == _SHOWN else heapq.heappush)(self._longest, entry)
        self.requests += bool(chunk)

    def _reckon(self, text: str) -> _Text:
        """A text that is the same as the one before it is the same for everybody."""
        if self._latest is None or self._latest[0] != text:
            self._latest = (text, _reckon(text))
        return self._latest[1]


def _reckon(text: str) -> _Text:
    parts = count_parts(text)
    signs = frozenset(filter(None, map(_sign, set(text))))
    # A suggestion takes time to make: not where it could save nothing, and not where a sign rules it out.
    if parts == 1 or not signs or any(map(_is_irreplaceable, signs)):
        return _Text(parts, signs)
    plain = analyze(text).suggestion
    return _Text(parts, signs, 0 if plain is None else parts - count_parts(plain))


@cache
def _sign(character: str) -> Sign | None:
    """What a character counts as among what forces UCS2; None when it does not."""
    found = analyze(character)
    if not found.forcing:
        return None
    sign = Sign(character, name(character, f"U+{ord(character):04X}"), found.suggestion)
    is_letter = category(character)[0] in "LM"
    return _script(sign.name.partition(" ")[0]) if is_letter and _is_irreplaceable(sign) else sign


@cache
def _script(called: str) -> Sign:
    return Sign(called.capitalize(), "letters and marks")


def _is_irreplaceable(sign: Sign) -> bool:
    return sign.instead is None and not _is_accent(sign)


def _is_accent(sign: Sign) -> bool:
    """With its letter it may have a stand-in, if not by itself."""
    return sign.name.startswith("COMBINING ")

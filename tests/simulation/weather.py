"""Spells of bad weather: for a while everything goes wrong, and in the same way."""

import attrs

SPELLS = {
    "5xx burst": ("500 before", "500 after"),
    "429 storm": ("429",),
    "429 storm with retry-after": ("429 retry-after",),
    "cut off": ("refused",),
    "everything hangs": ("hang before", "hang after"),
}
"""What a spell is called, and what happens to every request in it."""


@attrs.frozen
class Spell:
    kind: str
    start: float
    end: float


def forecast(rng, now):
    """None, one or several spells within the first hour of a run."""
    spells = []
    for _ in range(rng.choice([0, 0, 1, 2])):
        start = now + 10 ** rng.uniform(-1, 3.5)
        spells.append(Spell(rng.choice(sorted(SPELLS)), start, start + 10 ** rng.uniform(0.5, 2.7)))
    return spells


def at(spells, now):
    """The spell of this moment, or None."""
    return next((spell for spell in spells if spell.start <= now < spell.end), None)

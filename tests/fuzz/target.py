"""What a target is, and what it raises."""

from collections.abc import Callable

import attrs


class Breach(AssertionError):
    """A promise that an input broke."""


@attrs.frozen
class Target:
    """`check` raises for a breach; `seeds` are inputs to begin with; `share` of all inputs, in weights.

    `is_slow`: begun first, so that the others run beside it.
    """

    check: Callable[[bytes], None]
    seeds: tuple[bytes, ...]
    share: int
    is_slow: bool = False

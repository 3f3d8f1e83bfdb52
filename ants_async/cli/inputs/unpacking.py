"""How much may come out of a file: a few kilobytes can be packed so that they unpack to what fills a disk."""

from typing import Final

import attrs

from ants_async.cli.inputs.rows import UnusableFile

_ALWAYS: Final = 4 * 1024 * 1024
"""Bytes that may come out of the smallest file."""


@attrs.define(slots=True)
class Allowance:
    """Bytes that may still come out of a file of `size`; `times` is far beyond what a list packs to."""

    called: str
    size: int
    times: int
    taken: int = 0

    def take(self, size: int) -> None:
        """So many have come out of it. Raises `UnusableFile`."""
        self.taken += size
        if self.taken > max(_ALWAYS, self.size * self.times):
            raise UnusableFile(
                f"{self.called}: {self.size:,} bytes hold more than {self.times:,} times as many;"
                " that is no list of recipients"
            )

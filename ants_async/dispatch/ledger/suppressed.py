"""Whom a campaign does not text, whoever goes on with it: the ledger's work on its suppression lists.

Numbers are sorted, and stored by their differences: a million take some two megabytes. The campaign's row
knows how many there are, so that none can be missing.
"""

from collections.abc import Sequence
from itertools import accumulate, pairwise
from typing import Final
from zlib import compress, decompress

from ants_async.dispatch.ledger.integrity import checksum, damaged
from ants_async.dispatch.ledger.work import Insertion, Work, read_of, row, rows, run
from ants_async.dispatch.suppression import SuppressionList
from ants_async.wire import json

_NUMBERS_A_ROW: Final = 10_000
_ALL: Final = 2**31


@read_of("a suppression list")
def read_on(campaign: int, after: int, most: int) -> Work[tuple[int, list[int]]]:
    """The numbers of so many rows behind a key, and the key of the last one."""
    sql = "SELECT key, numbers, seal FROM suppressed WHERE campaign = ? AND key > ? ORDER BY key LIMIT ?"
    found: list[int] = []
    for key, packed, seal in (yield from rows(sql, campaign, after, most)):
        if checksum(campaign, packed) != seal:
            raise ValueError("it is not as it was written")
        found += accumulate(json.loads(decompress(packed)))
        after = key
    return after, found


def suppressed(campaign: int) -> Work[SuppressionList | None]:
    """All of them; None where there are none."""
    (size,) = yield from row("SELECT suppression_size FROM campaign WHERE key = ?", campaign)
    _, numbers = yield from read_on(campaign, 0, _ALL)
    if len(numbers) != size:
        raise damaged(f"{len(numbers)} of {size} numbers that are not to be texted")
    found = SuppressionList()
    found.numbers.add_all(numbers)
    return found if size else None


def suppress(campaign: int, more: SuppressionList | None) -> Work[SuppressionList | None]:
    """These, too, from now on; all of them."""
    kept = yield from suppressed(campaign)
    if not more:
        return kept
    kept = kept or SuppressionList()
    new = sorted(number for number in more.numbers if number not in kept.numbers)
    kept.numbers.add_all(new)
    packed = [_packed(new[start : start + _NUMBERS_A_ROW]) for start in range(0, len(new), _NUMBERS_A_ROW)]
    if packed:
        sealed = [(campaign, some, checksum(campaign, some)) for some in packed]
        yield Insertion("suppressed", ("campaign", "numbers", "seal"), sealed)
        sql = "UPDATE campaign SET suppression_size = suppression_size + ? WHERE key = ?"
        yield from run(sql, len(new), campaign)
    return kept


def _packed(numbers: Sequence[int]) -> bytes:
    return compress(json.dumps([later - earlier for earlier, later in pairwise([0, *numbers])]), level=1)

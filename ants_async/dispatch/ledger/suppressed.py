"""Whom a campaign does not text, whoever goes on with it: the ledger's work on its suppression lists."""

from typing import Final

from ants_async.dispatch.ledger.integrity import checksum
from ants_async.dispatch.ledger.work import Insertion, Work, read_of, rows
from ants_async.dispatch.suppression import SuppressionList
from ants_async.wire import json

_NUMBERS_A_ROW: Final = 10_000


@read_of("a suppression list")
def suppressed(campaign: int) -> Work[SuppressionList]:
    """All of them."""
    found = SuppressionList()
    kept = yield from rows("SELECT numbers, seal FROM suppressed WHERE campaign = ?", campaign)
    for numbers, seal in kept:
        if checksum(campaign, numbers) != seal:
            raise ValueError("it is not as it was written")
        found.numbers.add_all(json.loads(numbers.encode()))
    return found


def suppress(campaign: int, more: SuppressionList | None) -> Work[SuppressionList]:
    """These, too, from now on; all of them."""
    kept = yield from suppressed(campaign)
    new = [] if more is None else [number for number in more.numbers if kept.numbers.add(number)]
    slices = [new[start : start + _NUMBERS_A_ROW] for start in range(0, len(new), _NUMBERS_A_ROW)]
    if slices:
        written = [json.dumps(some).decode() for some in slices]
        sealed = [(campaign, numbers, checksum(campaign, numbers)) for numbers in written]
        yield Insertion("suppressed", ("campaign", "numbers", "seal"), sealed)
    return kept

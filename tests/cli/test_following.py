"""Which campaigns follow which, and whom they are not to text by that."""

from types import SimpleNamespace

import pytest

from ants_async.cli.following import followers, suppressed_before
from ants_async.dispatch import SuppressionList


class Ledger:
    """Campaigns by what they follow, each with a number of its own that it is not to text."""

    def __init__(self, **follows):
        self._campaigns = {
            name: SimpleNamespace(
                campaign=SimpleNamespace(id=name),
                source=f'{{"by": "ants-async", "follows": "{followed}"}}',
                suppression_size=1,
            )
            for name, followed in follows.items()
        }

    async def campaigns(self):
        return list(self._campaigns.values())

    async def summary(self, name):
        return self._campaigns.get(name)

    async def suppressed(self, name):
        return SuppressionList([f"6680000000{list(self._campaigns).index(name)}"])


async def test_all_that_follow_a_campaign_are_found_and_all_that_it_follows():
    ledger = Ledger(a="nobody", b="a", c="b", d="a", e="other")
    assert await followers(ledger, "a") == ["b", "d", "c"]
    assert set(await suppressed_before(ledger, "c")) == {"66800000000", "66800000001", "66800000002"}


@pytest.mark.parametrize("name", ["a", "b"])
async def test_those_that_follow_each_other_in_a_circle_come_to_an_end(name):
    ledger = Ledger(a="b", b="a")
    assert len(await followers(ledger, name)) == 1
    assert len(await suppressed_before(ledger, name)) == 2

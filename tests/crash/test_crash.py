"""Real processes, killed for good: nobody lost, nobody texted twice."""

import pytest

from crash.campaigns import Breach, Count, campaign, judge


@pytest.mark.parametrize("seed", [1, 4])
def test_a_campaign_killed_again_and_again_comes_to_its_end(tmp_path, seed):
    count = Count()
    campaign(tmp_path, seed, recipients=500, kills=5, count=count)
    assert count.kills + count.signals > 0


class TestTheJudgeIsStrict:
    @pytest.mark.parametrize(
        ("accepted", "recipients", "rows"),
        [
            (3, 2, [("1", "final"), ("2", "final")]),
            (1, 1, [("1", "final"), ("2", "final")]),
            (2, 2, [("1", "final")]),
            (2, 2, [("1", "final"), ("1", "final")]),
            (2, 2, [("1", "final"), ("2", "accepted")]),
        ],
        ids=["twice", "lost", "no row", "doubled row", "not final"],
    )
    def test_a_broken_promise_is_noticed(self, accepted, recipients, rows):
        stats = {"accepted": accepted, "accepted_recipients": recipients}
        with pytest.raises(Breach):
            judge(stats, [{"to": to, "outcome": outcome} for to, outcome in rows], ["1", "2"], Count())

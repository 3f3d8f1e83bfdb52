"""Many workers, killed, and their database restarted: a small trial; `nox -s scaleout` is the whole."""

import argparse

import pytest

from scale.trials import TRIALS

OPTIONS = {"kills": {"kills": 3, "recipients": 2000}, "restarts": {"restarts": 2, "recipients": 2000}}


@pytest.mark.parametrize("trial", OPTIONS)
async def test_nobody_is_lost_or_texted_twice_and_each_outcome_is_told_once(trial):
    options = argparse.Namespace(seed=1, **OPTIONS[trial])
    assert await TRIALS[trial](options)

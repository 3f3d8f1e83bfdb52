"""A small part of the fuzzing, and that the runner sees what it is there for; all of it is `nox -s fuzz`."""

import base64
import importlib.util

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fuzz import runner
from fuzz.__main__ import main
from fuzz.mutations import strategy
from fuzz.planted import NEEDLE, PLANTED
from fuzz.targets import TARGETS

HAS_ATHERIS = importlib.util.find_spec("atheris") is not None
ENGINES = ["nearly", *(["guided"] if HAS_ATHERIS else [])]


@pytest.mark.parametrize("name", TARGETS)
def test_what_is_right_is_read(name):
    for seed in TARGETS[name].seeds:
        TARGETS[name].check(seed)


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=50)
@given(data=st.data())
def test_what_is_nearly_right_keeps_every_promise(name, data):
    TARGETS[name].check(data.draw(strategy(name)))


@pytest.mark.parametrize("name", TARGETS)
@settings(deadline=None, max_examples=50)
@given(data=st.binary(max_size=100))
def test_any_bytes_keep_every_promise(name, data):
    TARGETS[name].check(data)


@pytest.mark.parametrize("engine", ENGINES)
class TestAPlantedBugIsNoticed:
    @pytest.mark.parametrize("bug", PLANTED)
    def test_with_the_input_that_shows_it(self, monkeypatch, engine, bug):
        monkeypatch.setenv("FUZZ_PATIENCE", "3")
        result = runner.run(runner.Job(engine, bug, 2000, seed=1))
        assert result.failure is not None
        assert NEEDLE in result.culprit
        assert 0 < result.tried <= 2000

    def test_and_without_one_all_inputs_are_tried(self, engine):
        job = runner.Job(engine, "text", 1050, seed=1)
        assert runner.run(job) == runner.Result(job, tried=1050)


class TestTheRunner:
    def test_prints_the_command_that_replays_a_failure_and_fails(self, capsys):
        assert runner.fuzz(["unnamed_error"], 200) > 0
        out = capsys.readouterr().out
        assert "KeyError" in out
        words = out.partition("--target unnamed_error --replay ")[2].split()[0]
        assert NEEDLE in base64.b64decode(words)
        assert "failures" in out.splitlines()[-1]

    def test_a_replay_is_that_input_alone(self, monkeypatch):
        tried = []
        monkeypatch.setitem(TARGETS, "text", runner.attrs.evolve(TARGETS["text"], check=tried.append))
        words = base64.b64encode(b"\0\xff").decode()
        monkeypatch.setattr("sys.argv", ["fuzz", "--target", "text", "--replay", words])
        assert main() == 0
        assert tried == [b"\0\xff"]

    @pytest.mark.parametrize("has_atheris", [True, False])
    @pytest.mark.parametrize("inputs", [1, 99, 12_345])
    def test_shares_out_all_inputs_and_no_more(self, inputs, has_atheris):
        jobs = list(runner.plan(TARGETS, inputs, 1, has_atheris=has_atheris))
        assert sum(job.inputs for job in jobs) == inputs
        assert has_atheris or {job.engine for job in jobs} == {"nearly"}

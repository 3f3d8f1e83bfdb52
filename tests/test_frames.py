"""Errors let go of the frames they came through, and of nothing else."""

import traceback

import pytest

from ants_async.frames import forgetful, without_frames


def frames(error):
    return [frame.f_code.co_name for frame, _ in traceback.walk_tb(error.__traceback__)]


def deep(secret):
    raise LookupError("what") from ExceptionGroup("several", [ValueError(secret[:0])])


@forgetful
def plain(secret):
    """About it."""
    return secret if secret == "fine" else deep(secret)


@forgetful
async def awaited(secret):
    return plain(secret)


async def test_the_error_is_the_same_but_for_its_frames():
    with pytest.raises(LookupError, match="what") as first:
        plain("s3cret")
    with pytest.raises(LookupError, match="what") as second:
        await awaited("s3cret")
    for caught in (first, second):
        assert "deep" not in frames(caught.value)
        assert "s3cret" not in str(list(traceback.walk_tb(caught.value.__traceback__))[-1][0].f_locals)
        assert isinstance(caught.value.__cause__, ExceptionGroup)
        assert caught.value.__context__ is None


async def test_what_goes_well_and_what_it_says_of_itself_stay():
    assert plain("fine") == await awaited("fine") == "fine"
    assert (plain.__name__, plain.__doc__) == ("plain", "About it.")


def test_also_those_of_what_it_came_from():
    with pytest.raises(LookupError) as caught:
        deep("s3cret")
    error = caught.value
    outer = RuntimeError("outer")
    outer.__context__ = ExceptionGroup("several", [error])
    error.__cause__ = outer  # a circle
    assert error.__traceback__ is not None
    assert without_frames(outer, None) is outer
    assert error.__traceback__ is None


async def test_what_the_caller_was_handling_stays_as_it_is():
    try:
        deep("theirs")
    except LookupError as error:
        theirs = error
        with pytest.raises(LookupError) as first:
            plain("s3cret")
        with pytest.raises(LookupError) as second:
            await awaited("s3cret")
    for caught in (first, second):
        assert "deep" not in frames(caught.value)
        assert caught.value.__context__ is theirs
    assert "deep" in frames(theirs)

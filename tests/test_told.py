"""Functions that are told: they can be added and removed, and what they raise is nobody's trouble."""

import logging

import pytest

from ants_async import ValidationError
from ants_async.told import Told


def test_it_is_false_while_nobody_is_told():
    told = Told()
    assert not told
    remove = told.add(print)
    assert told
    remove()
    assert not told


def test_all_are_told_in_their_order_and_a_function_added_twice_is_told_twice():
    told, heard = Told(), []
    told.add(lambda event: heard.append(("first", event)))
    remove = told.add(heard.append)
    told.add(heard.append)
    told(1)
    remove()
    told(2)
    assert heard == [("first", 1), 1, 1, ("first", 2), 2]


class Async:
    async def __call__(self, event): ...


def _sneaky(event):
    return Async()(event)


@pytest.mark.parametrize("hook", [Async(), Async().__call__, "print", None])
def test_what_cannot_be_told_is_refused(hook):
    with pytest.raises(ValidationError, match="a plain function"):
        Told().add(hook)


def test_one_that_turns_out_to_be_async_is_said_to_do_nothing(caplog):
    told = Told()
    told.add(_sneaky)
    told(1)
    told(2)
    (record,) = caplog.records
    assert "it is async, and nothing waits for a hook" in caplog.text
    assert record.name == "ants_async.hooks"


def test_what_one_of_them_raises_is_logged_once_and_the_others_are_told(caplog):
    told, heard = Told(), []

    def broken(event):
        raise RuntimeError("out of order")

    told.add(broken)
    told.add(heard.append)
    with caplog.at_level(logging.DEBUG, logger="ants_async.hooks"):
        told(1)
        told(2)
    assert heard == [1, 2]
    assert [record.levelname for record in caplog.records] == ["ERROR"]
    assert "out of order" in caplog.text


async def _later(event): ...


@pytest.mark.parametrize("hook", [_later, "print"])
def test_what_cannot_be_called_at_once_is_refused(hook):
    with pytest.raises(ValidationError, match="a plain function"):
        Told().add(hook)

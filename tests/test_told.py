"""Functions that are told: they can be added and removed, and what they raise is nobody's trouble."""

import asyncio
import logging
from functools import partial

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


class Awaitable:
    def __await__(self):
        yield


async def _later(event): ...


def _sneaky(event):
    return _later(event)


async def _async_steps(event):
    yield event


def _steps(event):
    yield event


@pytest.mark.parametrize(
    "hook", [_later, _async_steps, _steps, partial(_later), Async(), Async().__call__, "print", None]
)
def test_what_does_nothing_when_it_is_called_is_refused(hook):
    with pytest.raises(ValidationError, match="a plain function"):
        Told().add(hook)


@pytest.mark.parametrize("hook", [_sneaky, lambda _: Awaitable(), partial(Async())])
def test_one_that_turns_out_to_be_async_is_said_to_do_nothing(hook, caplog):
    told, heard = Told(), []
    told.add(hook)
    told.add(heard.append)
    told(1)
    told(2)
    (record,) = caplog.records
    assert "it is async, and nothing waits for a hook" in caplog.text
    assert record.name == "ants_async.hooks"
    assert heard == [1, 2]


async def test_one_that_begins_a_task_is_none_of_these(caplog):
    told, tasks = Told(), []

    def begin(event):
        tasks.append(asyncio.ensure_future(_later(event)))
        return tasks[-1]

    told.add(begin)
    told(1)
    await tasks[0]
    assert not caplog.records


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

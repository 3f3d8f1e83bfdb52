"""Errors without the frames they came through.

An error drags along every frame it passed, with all local variables, and error trackers send those on. So
what takes a secret as a plain argument lets go of the frames before an error leaves it.

Whoever calls us while handling an error of their own finds it in the context of ours. That one is theirs, and
stays as it is: it is `sys.exception()` when our function begins, and outside of its `except` blocks.
"""

import sys
from collections.abc import Callable
from functools import wraps
from inspect import iscoroutinefunction
from typing import Any, ParamSpec, TypeVar, cast

P = ParamSpec("P")
R = TypeVar("R")
E = TypeVar("E", bound=BaseException)
C = TypeVar("C", bound=type)


def chain(error: BaseException, theirs: BaseException | None) -> list[BaseException]:
    """The error, and all that it came from, shown or not, as far as what our caller was handling."""
    found: list[BaseException] = []
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and one is not theirs and one not in found:
            found.append(one)
            waiting += [one.__cause__, one.__context__]
            waiting += one.exceptions if isinstance(one, BaseExceptionGroup) else []
    return found


def without_frames(error: E, theirs: BaseException | None) -> E:
    """The error, and what it came from, without tracebacks; not what our caller was handling."""
    for one in chain(error, theirs):
        one.__traceback__ = None
    return error


def forgetful(function: Callable[P, R]) -> Callable[P, R]:
    """Errors leave this function, or coroutine function, without its frames and those of all it called."""

    @wraps(function)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return function(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - raised below, where it brings no context along
            failure = error
        del args, kwargs
        raise without_frames(failure, sys.exception())

    @wraps(function)
    async def run_async(*args: P.args, **kwargs: P.kwargs) -> Any:
        work: Any = function
        try:
            return await work(*args, **kwargs)
        except BaseException as error:  # noqa: BLE001 - as above
            failure = error
        del args, kwargs
        raise without_frames(failure, sys.exception())

    return cast("Callable[P, R]", run_async) if iscoroutinefunction(function) else run


def forgetful_when_made(kind: C) -> C:
    """A class whose constructor is `forgetful`."""
    kind.__init__ = forgetful(kind.__init__)  # type: ignore[misc]
    return kind

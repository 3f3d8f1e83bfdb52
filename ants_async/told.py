"""Functions of others that are told what happens here, and can break nothing by it."""

import logging
from asyncio import isfuture
from collections.abc import Callable
from inspect import isasyncgenfunction, isawaitable, iscoroutinefunction, isgeneratorfunction
from typing import Final, Generic, TypeVar

from ants_async.errors import ValidationError

E = TypeVar("E")
_log: Final = logging.getLogger("ants_async.hooks")


class Told(Generic[E]):
    """Who is told of one kind of event. It is false while that is nobody, which is all it then costs."""

    __slots__ = ("_failed", "_functions")

    def __init__(self) -> None:
        self._functions: tuple[Callable[[E], object], ...] = ()
        self._failed: set[int] = set()

    def __bool__(self) -> bool:
        return bool(self._functions)

    def add(self, function: Callable[[E], object]) -> Callable[[], None]:
        """Until what this returns is called. Raises `ValidationError` for what cannot be a hook."""
        if not callable(function) or any(map(_waits, (function, type(function).__call__))):
            raise ValidationError("hook", function, "a plain function: nothing waits for a hook")

        def called(event: E) -> object:  # a function added twice is two
            return function(event)

        self._functions = (*self._functions, called)

        def remove() -> None:
            self._functions = tuple(one for one in self._functions if one is not called)
            self._failed.discard(id(called))

        return remove

    def __call__(self, event: E) -> None:
        """Tell them all. What one of them raises is logged, the first time, and nobody else hears of it."""
        for function in self._functions:
            try:
                _refuse_async(function(event))
            except Exception:  # noqa: BLE001 - logged; what is at work goes on
                if id(function) not in self._failed:
                    self._failed.add(id(function))
                    _log.exception(
                        "a hook failed on %s; it is called again, but this is not said again",
                        type(event).__name__,
                    )


def _waits(function: object) -> bool:
    """Whether a call of it does nothing until somebody awaits or walks through what it gives."""
    kinds = (iscoroutinefunction, isasyncgenfunction, isgeneratorfunction)
    return any(is_one(function) for is_one in kinds)


def _refuse_async(answer: object) -> None:
    """Of a function that looked like a plain one, and did nothing. A task that it began runs by itself."""
    if answer is not None and isawaitable(answer) and not isfuture(answer):
        getattr(answer, "close", lambda: None)()  # or Python warns that nobody awaited it
        raise TypeError("it is async, and nothing waits for a hook")

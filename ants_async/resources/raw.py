"""An answer as it came, beside what is read from it: for headers, and for what the models leave out."""

from collections.abc import Awaitable, Callable
from copy import copy
from inspect import iscoroutinefunction
from typing import Any, Generic, ParamSpec, TypeVar, cast

import attrs
import httpx

from ants_async.errors import ValidationError
from ants_async.frames import forgetful
from ants_async.transport.hooks import Came
from ants_async.transport.transport import Transport

P = ParamSpec("P")
T = TypeVar("T")


@attrs.frozen(slots=True, kw_only=True)
class RawResponse(Generic[T]):
    """An answer. `content`: its body, at most 8 MiB. `model`: what the call returns without this.

    Headers and body stand in no repr: a server may send back what it was asked.
    """

    status_code: int
    headers: httpx.Headers = attrs.field(repr=False)
    content: bytes = attrs.field(repr=False)
    model: T


def with_raw_response(method: Callable[P, Awaitable[T]]) -> Callable[P, Awaitable[RawResponse[T]]]:
    """The same call, whose result is the answer: `await client.with_raw_response(client.sms.send)(to, text)`.

    It takes the same arguments, and raises the same errors. Of a call that makes several requests it is the
    last answer, as of one that is repeated. Raises `ValidationError` for what is no call of a client, and for
    one that needed no request.
    """
    owner, function = getattr(method, "__self__", None), getattr(method, "__func__", None)
    transport = getattr(owner, "_transport", None)
    if not isinstance(transport, Transport) or not iscoroutinefunction(function):
        given = getattr(method, "__qualname__", type(method).__name__)
        raise ValidationError("method", given, "a call of a client that returns one answer: client.sms.send")

    @forgetful
    async def call(*args: P.args, **kwargs: P.kwargs) -> RawResponse[T]:
        came: list[Came] = []
        noting = copy(owner)
        object.__setattr__(noting, "_transport", transport.noting(came.append))  # they are frozen
        model = await cast("Callable[..., Awaitable[Any]]", function)(noting, *args, **kwargs)
        if not came:
            raise ValidationError("method", function.__qualname__, "a call that makes a request")
        status_code, headers, content = came[-1]
        return RawResponse(
            status_code=status_code, headers=httpx.Headers(headers), content=content, model=model
        )

    return call

"""What every command that calls the API has in common: whom it asks, in which format, how it answers."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from functools import wraps
from typing import Any, Final, TypeVar

import anyio
import attrs
import click

from ants_async.cli.refusals import one_line_errors
from ants_async.cli.tables import flat, table
from ants_async.client import AntsClient
from ants_async.endpoints import Wire
from ants_async.errors import ValidationError
from ants_async.wire.converter import to_plain

T = TypeVar("T")
_Command = Callable[..., Any]
_SECRETS: Final = frozenset({"key", "publicApiKey", "accountKey"})
_SHOWN: Final = 4  # characters of a secret, to tell it by


@attrs.frozen(slots=True)
class Account:
    """The account of the environment, and how to speak with it and about it."""

    base_url: str | None
    wire: str
    in_json: bool

    def call(self, work: Callable[[AntsClient], Awaitable[T]]) -> T:
        """What comes of the work with a client; an error is one line and exit code 2."""

        async def run() -> T:
            async with AntsClient.from_env(base_url=self.base_url, wire=self.wire) as client:
                return await work(client)

        with one_line_errors():
            return anyio.run(run)

    def show(self, model: Any, *, reveal: bool = False) -> None:
        """One thing, a line a fact; secrets are cut short unless they are asked for."""
        plain = to_plain(model)
        if self.in_json:
            click.echo(_dumps(plain))
            return
        table([], [[name, _cut(name, value, reveal)] for name, value in flat(plain).items()])

    def show_all(self, models: Sequence[Any], columns: Sequence[str]) -> None:
        """Many things, a line each."""
        plain = [to_plain(model) for model in models]
        if self.in_json:
            click.echo(_dumps(plain))
            return
        rows = [flat(one) for one in plain]
        cells = [[_cut(name, row.get(name, ""), reveal=False) for name in columns] for row in rows]
        table(columns, cells)

    async def show_stream(self, models: AsyncIterator[Any], columns: Sequence[str]) -> int:
        """Many things as they come, a line each, in JSON or between tabs: how many there were."""
        count = 0
        async for model in models:
            plain = to_plain(model)
            if self.in_json:
                click.echo(_dumps(plain))
            else:
                if not count:
                    click.echo("\t".join(columns))
                row = flat(plain)
                click.echo("\t".join(" ".join(row.get(name, "").split()) for name in columns))
            count += 1
        return count


def account_options(*, has_xml: bool = False) -> Callable[[_Command], _Command]:
    """`--base-url`, `--json` and, where the manual has XML, `--wire`: handed over as `account`."""

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def run(*, base_url: str | None, in_json: bool, wire: str = "json", **options: Any) -> Any:
            return command(Account(base_url, wire, in_json), **options)

        wrapped: _Command = run
        wrapped = click.option("--json", "in_json", is_flag=True, help="As JSON, in the API's words.")(
            wrapped
        )
        wrapped = click.option("--base-url", metavar="URL", help="The API. [default: $ANTS_BASE_URL]")(
            wrapped
        )
        if has_xml:
            formats = click.Choice([wire.value for wire in Wire])
            wrapped = click.option("--wire", type=formats, default="json", help="The format spoken.")(wrapped)
        return wrapped

    return decorate


def with_options(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Several options in the order of the help."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def read_moment(field: str, text: str) -> datetime:
    """A time with an offset. Raises `ValidationError`."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise ValidationError(field, text, "a time with an offset, like 2026-05-01T09:00:00+07:00")
    return moment


def given(**options: Any) -> dict[str, Any]:
    """The options that somebody typed."""
    return {name: value for name, value in options.items() if value is not None}


def _dumps(plain: Any) -> str:
    return json.dumps(plain, ensure_ascii=False)


def _cut(name: str, value: str, reveal: bool) -> str:
    if reveal or name not in _SECRETS or len(value) <= _SHOWN:
        return value
    return f"{value[:_SHOWN]}…"

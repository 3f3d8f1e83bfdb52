"""What every command that calls the API has in common: whom it asks, in which format, how it answers."""

import json
import shlex
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from datetime import UTC, datetime
from functools import wraps
from typing import Any, Final, TypeVar

import anyio
import attrs
import click

from ants_async.cli.refusals import one_line_errors
from ants_async.cli.tables import flat, is_terminal, table
from ants_async.client import AntsClient
from ants_async.endpoints import Wire
from ants_async.errors import OutcomeUnknown
from ants_async.wire.converter import to_plain

T = TypeVar("T")
_Command = Callable[..., Any]
_Columns = Mapping[str, str]
"""The head of a column, and where its cells are in the API's words: `{"status": "status.name"}`."""

_SECRETS: Final = frozenset({"key", "publicApiKey", "accountKey"})
_SHOWN: Final = 4  # characters of a secret, to tell it by
_SCREEN: Final = 200  # rows drawn at once: a stream has no end to wait for


@attrs.frozen(slots=True)
class Account:
    """The account of the environment, and how to speak with it and about it."""

    base_url: str | None
    wire: str
    in_json: bool

    def call(self, work: Callable[[AntsClient], Awaitable[T]], *, look: Sequence[str] = ("logs",)) -> T:
        """What comes of the work with a client; an error is one line and an exit code.

        `look`: the command that shows whether it happened, for when no clear answer came.
        """

        async def run() -> T:
            async with AntsClient.from_env(base_url=self.base_url, wire=self.wire) as client:
                return await work(client)

        with one_line_errors():
            try:
                return anyio.run(run)
            except OutcomeUnknown as error:
                advice = f"{error}; before doing it again run: {self._command(look, error.sent_since)}"
                raise OutcomeUnknown(advice, sent_since=error.sent_since, messages=error.messages) from error

    def _command(self, look: Sequence[str], since: float) -> str:
        words = ["ants-async", *look]
        if look[0] == "logs":
            words += ["--since", datetime.fromtimestamp(int(since), UTC).isoformat()]
        return shlex.join([*words, *(["--base-url", self.base_url] if self.base_url else [])])

    def show(self, model: Any, *, reveal: bool = False) -> None:
        """One thing, a line a fact; secrets are cut short unless they are asked for."""
        if self.in_json:
            click.echo(to_json(model))
            return
        table([], [[name, _cut(name, value, reveal)] for name, value in flat(to_plain(model)).items()])

    def show_all(self, models: Sequence[Any], columns: _Columns) -> None:
        """Many things, a line each; in JSON a list of them."""
        if self.in_json:
            click.echo(to_json(list(models)))
            return
        table(list(columns), [_cells(model, columns) for model in models])

    async def show_stream(self, models: AsyncIterator[Any], columns: _Columns) -> None:
        """Many things as they come: a line each in JSON or between tabs, a screenful at a time drawn."""
        lines = _Lines(columns, in_json=self.in_json)
        try:
            async for model in models:
                lines.add(model)
        finally:  # also when the stream breaks: reports are handed out once
            lines.flush()
        if not lines.count:
            click.echo("there are none", err=True)


@attrs.define(slots=True)
class _Lines:
    """Rows on their way out, kept back only where they are drawn, a head over every screenful."""

    columns: _Columns
    in_json: bool
    count: int = 0
    _waiting: list[list[str]] = attrs.field(factory=list)
    _are_drawn: bool = attrs.field(factory=is_terminal)

    def add(self, model: Any) -> None:
        self.count += 1
        if self.in_json:
            click.echo(to_json(model))
            return
        self._waiting.append(_cells(model, self.columns))
        if not self._are_drawn or len(self._waiting) == _SCREEN:
            self.flush()

    def flush(self) -> None:
        if self._waiting:
            has_head = self._are_drawn or self.count == 1
            table(list(self.columns) if has_head else [], self._waiting)
        self._waiting = []


base_url_option: Final = click.option(
    "--base-url", metavar="URL", help="The API's address. [default: $ANTS_BASE_URL]"
)


def account_options(*, has_xml: bool = False) -> Callable[[_Command], _Command]:
    """`--base-url`, `--json` and, where the manual has XML, `--wire`: handed over as `account`."""

    def decorate(command: _Command) -> _Command:
        @wraps(command)
        def run(*, base_url: str | None, in_json: bool, wire: str = "json", **options: Any) -> Any:
            return command(Account(base_url, wire, in_json), **options)

        options = [
            base_url_option,
            click.option("--json", "in_json", is_flag=True, help="As JSON, in the API's words."),
        ]
        if has_xml:
            formats = click.Choice([wire.value for wire in Wire])
            options.insert(
                0, click.option("--wire", type=formats, default="json", help="The format spoken. [json]")
            )
        return with_options(*options)(run)

    return decorate


def with_options(*options: Callable[[Any], Any]) -> Callable[[_Command], _Command]:
    """Several options in the order of the help."""

    def decorate(command: _Command) -> _Command:
        for option in reversed(options):
            command = option(command)
        return command

    return decorate


def to_json(model: Any) -> str:
    """A model in the API's words; half a character, which no stream takes, is spelt out."""
    text = json.dumps(to_plain(model), ensure_ascii=False)
    return text.encode(errors="backslashreplace").decode()


def _cells(model: Any, columns: _Columns) -> list[str]:
    row = flat(to_plain(model))
    return [_cut(path, row.get(path, ""), reveal=False) for path in columns.values()]


def _cut(path: str, value: str, reveal: bool) -> str:
    if reveal or path not in _SECRETS or len(value) <= _SHOWN:
        return value
    return f"{value[:_SHOWN]}…"

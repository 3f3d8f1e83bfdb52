"""JSON lines: an object on each, whose names are the columns."""

import json
from collections.abc import Iterator, Sequence
from typing import Any, Final

import attrs

from ants_async.cli.inputs.lines import Lines
from ants_async.cli.inputs.rows import BadRow, Columns, Row, UnusableFile, missing

_KINDS: Final = {dict: "an object", list: "a list", bool: "a truth value"}


class _Refused(ValueError):
    """JSON, but nothing that a row can be read from without a guess."""


@attrs.frozen(slots=True)
class JsonLinesReader:
    """Rows are numbered by their line. Numbers are taken as they are written; null is an empty text."""

    lines: Lines
    called: str

    def rows(self, columns: Columns) -> Iterator[Row | BadRow]:
        """All lines but blank ones."""
        names = columns.all
        is_first = True
        for number, line in enumerate(self.lines, start=1):
            if line.isspace():
                continue
            if is_first and line.lstrip().startswith("["):
                raise UnusableFile(
                    f"{self.called}, line {number}: a JSON array; what is read is an object a line"
                )
            is_first = False
            try:
                found = _DECODER.decode(line.strip())
                if type(found) is not dict:
                    raise _Refused(f"{_KINDS.get(type(found), 'a single value')}, not an object")
                row = _row(number, found, names, columns)
            except (ValueError, RecursionError) as error:  # what can just be read may not be written again
                row = BadRow(number, "", _reason(error))
            yield row


def _row(number: int, found: dict[str, Any], names: Sequence[str], columns: Columns) -> Row | BadRow:
    values = {}
    to = found.get(columns.to)
    for name in names:
        value = found.get(name, found)  # itself: nothing that it could hold
        if type(value) is str:
            values[name] = value
        elif value is None:
            values[name] = ""
        elif value is found:
            return BadRow(number, _shown(to), f"{missing(name, found)}{columns.advice(name)}")
        else:
            what = _KINDS[type(value)]
            return BadRow(number, _shown(to), f"{name}: {what}, not a text or a number")
    return number, values


def _shown(to: Any) -> str:
    return "" if to is None else to if type(to) is str else json.dumps(to, ensure_ascii=False)


def _reason(error: Exception) -> str:
    if isinstance(error, _Refused):
        return str(error)
    if isinstance(error, json.JSONDecodeError):
        return f"not valid JSON: {error.msg}, at character {error.pos + 1}"
    return "not valid JSON: nested too deep"


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):  # which of them was meant?
        raise _Refused("a name stands there more than once")
    return found


def _constant(name: str) -> Any:
    raise _Refused(f"{name} is not JSON")


_DECODER: Final = json.JSONDecoder(
    object_pairs_hook=_object, parse_int=str, parse_float=str, parse_constant=_constant
)

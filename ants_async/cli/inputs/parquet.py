"""Parquet, by pyarrow (extra `parquet`): a few thousand rows of the needed columns at a time."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from math import isnan
from pathlib import Path
from typing import Any, Final

import attrs

from ants_async.cli.inputs.rows import BadRow, Columns, Row, UnusableFile
from ants_async.extras import needing_extra

_ROWS: Final = 4096  # at a time
_BUFFER: Final = 1024 * 1024  # bytes a column: without one, a whole row group would be in memory
_LONGEST: Final = 1024 * 1024  # bytes of a cell, as of a line
_AT_ONCE: Final = 32 * 1024 * 1024  # bytes of a column's rows at a time, however often one text stands there
_ALWAYS: Final = 4 * 1024 * 1024  # bytes that may come out of the smallest file
_TIMES: Final = 8192
"""What a text takes that is the same in each row is next to nothing, and so are numbers in order."""
_A_ROW: Final = 64  # bytes at least, for the allowance: rows of nothing take time, too


@attrs.define(slots=True)
class _Allowance:
    """Bytes that may still come out of a file of `size`: a few kilobytes can unpack to what fills a disk."""

    called: str
    size: int
    taken: int = 0

    def take(self, size: int) -> None:
        """So many have come out of it. Raises `UnusableFile`."""
        self.taken += size
        if self.taken > max(_ALWAYS, self.size * _TIMES):
            raise UnusableFile(
                f"{self.called}: {self.size:,} bytes hold more than {_TIMES:,} times as many;"
                " that is no list of recipients"
            )


@attrs.frozen(slots=True)
class ParquetReader:
    """Rows are numbered from 1. Numbers and times are taken as text; null, and NaN, is an empty one.

    Checksums of pages are verified where the file has them; one with more or fewer rows than its footer says
    is refused.
    """

    path: Path
    called: str

    def rows(self, columns: Columns) -> Iterator[Row | BadRow]:
        """All rows."""
        with needing_extra("parquet"):
            import pyarrow as pa  # noqa: PLC0415
        try:
            with self._opened() as table:
                self._check(table, columns)
                longest = self._longest(table, columns.all)
                yield from self._rows(table, columns.all, min(_ROWS, _AT_ONCE // max(longest, 1)))
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise self._refusal(error) from None
        except OSError as error:
            if error.errno is None:  # not the system's: a page that is damaged
                raise self._refusal(error) from None
            raise

    def _refusal(self, error: Exception) -> UnusableFile:
        return UnusableFile(f"{self.called}: cannot be read as Parquet: {error}")

    def _rows(self, table: Any, names: Sequence[str], at_once: int) -> Iterator[Row]:
        said = table.metadata.num_rows
        allowance = _Allowance(self.called, self.path.stat().st_size)
        allowance.take(_A_ROW * said)
        found = 0
        for batch in table.iter_batches(at_once, columns=names, use_threads=False):
            start, found = found + 1, found + batch.num_rows
            if found > said:
                break
            cells = [_texts(batch.column(name)) for name in names]
            allowance.take(sum(sum(map(len, column)) for column in cells))
            for number, row in enumerate(zip(*cells, strict=True), start):
                yield number, dict(zip(names, row, strict=True))
        if found != said:
            is_more = "more" if found > said else f"{found:,}"
            raise UnusableFile(f"{self.called}: damaged: its footer says {said:,} rows, it has {is_more}")

    @contextmanager
    def _opened(self, as_dictionaries: Sequence[str] = ()) -> Iterator[Any]:
        from pyarrow import parquet  # noqa: PLC0415

        with (
            self.path.open("rb") as file,
            parquet.ParquetFile(
                file,
                buffer_size=_BUFFER,
                page_checksum_verification=True,
                read_dictionary=as_dictionaries,
            ) as table,
        ):
            yield table

    def _longest(self, table: Any, names: Sequence[str]) -> int:
        """Bytes of the longest text that a dictionary has: it stands there once, and may be each row's.

        Raises `UnusableFile` for one that is none.
        """
        from pyarrow import compute  # noqa: PLC0415

        texts = [name for name in names if _is_text(table.schema_arrow.field(name).type)]
        longest = 0
        if not texts:
            return longest
        with self._opened(texts) as dictionaries:
            for group in range(dictionaries.num_row_groups):
                batches = dictionaries.iter_batches(1, row_groups=[group], columns=texts, use_threads=False)
                for column in next(batches, ()):
                    lengths = compute.call_function("binary_length", [column.dictionary])
                    longest = max(longest, compute.call_function("max", [lengths]).as_py() or 0)
        if longest > _LONGEST:
            raise UnusableFile(
                f"{self.called}: holds a text of {longest:,} bytes; is it a list of recipients?"
            )
        return longest

    def _check(self, table: Any, columns: Columns) -> None:
        schema = table.schema_arrow
        paths = [table.schema.column(place).path for place in range(len(table.schema))]
        columns.check(self.called, schema.names)
        for name in columns.all:
            kind = schema.field(name).type
            if not _is_readable(kind):
                raise UnusableFile(
                    f"{self.called}: the column {name!r} is of type {kind}, not text or numbers"
                )
            if paths.count(name) > 1:
                raise UnusableFile(f"{self.called}: there are two columns {name!r}, one within another")


def _is_text(kind: Any) -> bool:
    from pyarrow import types  # noqa: PLC0415

    inner = kind.value_type if types.is_dictionary(kind) else kind
    return any(test(inner) for test in (types.is_string, types.is_large_string, types.is_string_view))


def _is_readable(kind: Any) -> bool:
    from pyarrow import types  # noqa: PLC0415

    if types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    tests = (
        _is_text,
        types.is_integer,
        types.is_floating,
        types.is_decimal,
        types.is_temporal,
        types.is_null,
    )
    return any(test(kind) for test in tests)


def _texts(column: Any) -> list[str]:
    from pyarrow import large_string, types  # noqa: PLC0415

    if types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if types.is_floating(column.type):  # what pandas makes of numbers where one is missing
        return ["" if value is None or isnan(value) else _written(value) for value in column.to_pylist()]
    if not _is_text(column.type):
        column = column.cast(large_string())
    return ["" if value is None else value for value in column.to_pylist()]


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)

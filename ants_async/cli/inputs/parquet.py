"""Parquet, by pyarrow (extra `parquet`): a few thousand rows of the needed columns at a time."""

from collections.abc import Iterator
from itertools import count
from math import isnan
from pathlib import Path
from typing import Any, Final

import attrs

from ants_async.cli.inputs.rows import BadRow, Columns, Row, UnusableFile
from ants_async.extras import needing_extra

_ROWS: Final = 4096  # at a time
_BUFFER: Final = 1024 * 1024  # bytes a column: without one, a whole row group would be in memory


@attrs.frozen(slots=True)
class ParquetReader:
    """Rows are numbered from 1. Numbers and times are taken as text; null, and NaN, is an empty one."""

    path: Path
    called: str

    def rows(self, columns: Columns) -> Iterator[Row | BadRow]:
        """All rows."""
        with needing_extra("parquet"):
            import pyarrow as pa  # noqa: PLC0415
            from pyarrow import parquet  # noqa: PLC0415
        try:
            with self.path.open("rb") as file, parquet.ParquetFile(file, buffer_size=_BUFFER) as table:
                self._check(table.schema_arrow, columns)
                numbers = count(1)
                names = columns.all
                for batch in table.iter_batches(_ROWS, columns=names, use_threads=False):
                    cells = [_texts(batch.column(name)) for name in names]
                    for row in zip(*cells, strict=True):
                        yield next(numbers), dict(zip(names, row, strict=True))
        except (pa.ArrowException, UnicodeDecodeError) as error:
            raise UnusableFile(f"{self.called}: cannot be read as Parquet: {error}") from None

    def _check(self, schema: Any, columns: Columns) -> None:
        columns.check(self.called, schema.names)
        for name in columns.all:
            kind = schema.field(name).type
            if not _is_readable(kind):
                raise UnusableFile(
                    f"{self.called}: the column {name!r} is of type {kind}, not text or numbers"
                )


def _is_readable(kind: Any) -> bool:
    from pyarrow import types  # noqa: PLC0415

    if types.is_dictionary(kind):
        return _is_readable(kind.value_type)
    tests = (
        types.is_string,
        types.is_large_string,
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
    return ["" if value is None else value for value in column.cast(large_string()).to_pylist()]


def _written(value: float) -> str:
    return str(int(value)) if value.is_integer() else repr(value)

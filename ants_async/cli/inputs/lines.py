"""Bytes of a file → lines of text: gzip and encodings are told by what is in it."""

import codecs
import gzip
import io
import zlib
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, TYPE_CHECKING, Any, Final

from ants_async.cli.inputs.rows import UnusableFile
from ants_async.cli.inputs.thai import CP874, ThaiGuess, shown

if TYPE_CHECKING:
    from _typeshed import WriteableBuffer

_LONGEST_LINE: Final = 1024 * 1024
"""Bytes: a file without line ends must not be read as one line into memory, however large it is."""

_BLOCK: Final = 64 * 1024
_GZIP: Final = b"\x1f\x8b"
_NOT_TEXT: Final = {
    b"PAR1": "a Parquet file: --format parquet reads it",
    b"PK\x03\x04": "an Excel workbook or another archive; save it as CSV in UTF-8",
    b"\xd0\xcf\x11\xe0": "an old Excel workbook; save it as CSV in UTF-8",
    b"\x28\xb5\x2f\xfd": "packed with zstd; only gzip is read, so unpack it first",
    b"\xfd7zX": "packed with xz; only gzip is read, so unpack it first",
    b"BZh": "packed with bzip2; only gzip is read, so unpack it first",
    _GZIP: "packed with gzip twice; unpack it once",
}
_MARKS: Final = {  # the longer ones first: one begins with another
    codecs.BOM_UTF32_LE: "utf-32",
    codecs.BOM_UTF32_BE: "utf-32",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_WIDE: Final[
    Mapping[tuple[bool, ...], str]
] = {  # which bytes of the first four are zero, in a header of plain letters without a mark
    (False, True, False, True): "utf-16-le",
    (True, False, True, False): "utf-16-be",
}
_UTF8: Final = "utf-8"


class Lines:
    """The lines of a text file with their line ends, as often as they are asked for.

    `encoding`: as the operator says. Without, UTF-8, or UTF-16 that shows itself at the start; a file that is
    neither but surely Thai is read as CP874. `form`: what its advice is to save the file as.
    """

    def __init__(self, path: Path, called: str, encoding: str | None, form: str) -> None:
        self._path = path
        self._called = called
        self._said = encoding
        self._form = form
        self.found: str | None = None
        """The encoding, where it was found out and is not UTF-8."""

    def __iter__(self) -> Iterator[str]:
        """Raises `UnusableFile`, `OSError`."""
        with ExitStack() as stack:
            file = stack.enter_context(self._opened())
            encoding = self._encoding(file)
            if "\n".encode(encoding)[-2:] != b"\n":  # lines are cut at a byte
                file = stack.enter_context(io.BufferedReader(_InUtf8(file, encoding, self._called), _BLOCK))
                encoding = _UTF8
            number = 0
            for number, line in enumerate(self._cut(file), start=1):
                try:
                    text = line.decode(encoding)
                except UnicodeError:
                    encoding = self._other(number, line)
                    text = line.decode(encoding)
                if number == 1:
                    text = text.removeprefix("\ufeff")
                if "\0" in text:
                    raise self._refusal(number, f"holds a NUL byte; {self._advice}")
                yield text
            if number == 0:
                raise UnusableFile(f"{self._called}: the file is empty")

    @property
    def _advice(self) -> str:
        return f"save the file as {self._form} in UTF-8"

    def _refusal(self, number: int, reason: str) -> UnusableFile:
        return UnusableFile(f"{self._called}, line {number}: {reason}")

    @contextmanager
    def _opened(self) -> Iterator["io.BufferedReader[Any]"]:
        """The file, unpacked."""
        with self._path.open("rb") as file:
            if not file.peek(len(_GZIP)).startswith(_GZIP):
                yield file
                return
            try:
                with gzip.GzipFile(fileobj=file) as inner, io.BufferedReader(inner, _BLOCK) as unpacked:
                    yield unpacked
            except (EOFError, zlib.error, gzip.BadGzipFile) as error:
                raise UnusableFile(f"{self._called}: not a whole gzip file: {error}") from None

    def _encoding(self, file: "io.BufferedReader[Any]") -> str:
        start = file.peek(4)[:4]
        for mark, reason in _NOT_TEXT.items():
            if start.startswith(mark):
                raise UnusableFile(f"{self._called}: {reason}")
        if self._said is not None:
            return self._said
        marked = next((name for mark, name in _MARKS.items() if start.startswith(mark)), None)
        self.found = marked or _WIDE.get(tuple(not byte for byte in start))
        return self.found or _UTF8

    def _other(self, number: int, line: bytes) -> str:
        """What a line is in that is not in what it should be. Raises `UnusableFile` if nobody can tell."""
        if self._said is not None:
            raise self._refusal(number, f"not in {self._said}, as --encoding says")
        guess = ThaiGuess()
        with self._opened() as file:  # all of it: a few words can be read as Thai whatever they are
            for other in self._cut(file):
                if not other.isascii() and not guess.read(other):
                    break
        if guess.is_sure:
            self.found = CP874
            return CP874
        words = shown(line)
        as_thai = f", or give --encoding {CP874} if this is right: {words}" if words else ""
        raise self._refusal(number, f"not UTF-8; {self._advice}{as_thai}")

    def _cut(self, file: IO[bytes]) -> Iterator[bytes]:
        for number, line in enumerate(iter(lambda: file.readline(_LONGEST_LINE + 1), b""), start=1):
            if len(line) > _LONGEST_LINE:
                raise self._refusal(number, f"longer than {_LONGEST_LINE:,} bytes; is it {self._form}?")
            yield line


class _InUtf8(io.RawIOBase):
    """A stream of an encoding whose lines have no end of one byte, written again in UTF-8."""

    def __init__(self, file: IO[bytes], encoding: str, called: str) -> None:
        self._file = file
        self._decoder = codecs.getincrementaldecoder(encoding)()
        self._encoding = encoding
        self._called = called
        self._rest = b""
        self._lines = 1

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: "WriteableBuffer") -> int:
        view = memoryview(buffer).cast("B")
        is_over = False
        while not self._rest and not is_over:
            block = self._file.read(_BLOCK)
            is_over = not block
            try:
                self._rest = self._decoder.decode(block, final=is_over).encode()
            except UnicodeError:
                where = f"about line {self._lines}"
                raise UnusableFile(f"{self._called}, {where}: not in {self._encoding}") from None
            self._lines += self._rest.count(b"\n")
        some = self._rest[: len(view)]
        self._rest = self._rest[len(view) :]
        view[: len(some)] = some
        return len(some)

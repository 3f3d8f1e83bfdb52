"""The code that pages show: what a reader would copy."""

import re
from pathlib import Path
from textwrap import dedent

import attrs

PROJECT = Path(__file__).parents[1]
DOCS = PROJECT / "docs"
_FENCE = re.compile(
    r"(?:<!-- not run: (?P<reason>[^\n]*?) -->\s*)?"
    r"^(?P<indent> *)```(?P<language>\w*)[^\n]*\n(?P<code>.*?)^(?P=indent)```$",
    re.MULTILINE | re.DOTALL,
)
_INLINE = re.compile(r"(?<!`)`(ants-async [^`\n]+)`(?!`)")
_COMMAND = re.compile(r"(?:[A-Z_]+=\S+ )*(ants-async .*)")


@attrs.frozen
class Block:
    """A block of code: its page, its line, and why it is not run, where that is said."""

    page: str
    line: int
    language: str
    code: str
    reason: str | None

    def __str__(self):
        return f"{self.page}:{self.line}"

    @property
    def is_program(self):
        """Whether it can be run as it is."""
        return "asyncio.run(" in self.code and self.reason is None

    @property
    def is_test_file(self):
        """Whether pytest can run it as it is."""
        return "import pytest" in self.code and "def test_" in self.code and self.reason is None

    @property
    def is_fragment(self):
        """Whether it is Python that wants what the page has said before, or takes for granted."""
        is_whole = self.is_program or self.is_test_file
        return self.language in {"python", "py"} and self.reason is None and not is_whole


def pages():
    """What a reader reads."""
    return [PROJECT / "README.md", *sorted(DOCS.glob("*.md"))]


def blocks():
    """All of all pages."""
    return [one for page in pages() for one in _blocks_of(page)]


def _blocks_of(page):
    text = page.read_text(encoding="utf-8")
    name = page.relative_to(PROJECT).as_posix()
    for found in _FENCE.finditer(text):
        line = text.count("\n", 0, found.start("code")) + 1
        yield Block(name, line, found["language"], dedent(found["code"]), found["reason"])


def commands():
    """Every `ants-async …` of the pages, and where it stands."""
    for block in blocks():
        if block.language in {"", "sh", "bash"}:
            for number, line in enumerate(block.code.splitlines()):
                for part in re.split(r" (?:\||&&) ", re.sub(r"(^|\s)#.*", "", line)):
                    if found := _COMMAND.fullmatch(part.strip()):
                        yield f"{block.page}:{block.line + number}", found[1]
    for page in pages():
        text = page.read_text(encoding="utf-8")
        for found in _INLINE.finditer(text):
            place = f"{page.relative_to(PROJECT).as_posix()}:{text.count(chr(10), 0, found.start()) + 1}"
            yield place, found[1]

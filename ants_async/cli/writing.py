"""Files that a command writes: nothing of somebody's is overwritten, and a half one never stands there."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from ants_async.errors import ConfigurationError


def check_place(name: str, target: Path, what: str, *starts: bytes) -> None:
    """Refuse a place where `what` cannot be written, or where that would cost somebody a file.

    What is there is replaced if it is empty, or begins with one of `starts`, as what we write does. `name`:
    the option, for the message. Raises `ConfigurationError`.
    """
    named = f"{name} {target}".lstrip()
    if target.is_dir() or not os.access(target.parent, os.W_OK | os.X_OK):
        raise ConfigurationError(f"{named}: cannot be written there")
    if target.exists() and not target.is_file():
        raise ConfigurationError(f"{named}: is there already, and is no regular file")
    if target.exists() and not _begins_with(target, starts):
        raise ConfigurationError(
            f"{named}: is there already, and holds something else than {what}; move it away"
        )


@contextmanager
def replacing(target: Path) -> Iterator[TextIO]:
    """A text file that takes `target`'s place when it is complete; on an error nothing changes."""
    draft = target.with_name(f".{target.name}.{os.getpid()}.tmp")
    try:
        # What a rejected row holds may be half a character, which is then spelt out.
        with draft.open("w", encoding="utf-8", errors="backslashreplace", newline="") as file:
            yield file
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)


def _begins_with(target: Path, starts: tuple[bytes, ...]) -> bool:
    with target.open("rb") as file:
        begin = file.read(max(map(len, starts)))
    return not begin or begin.startswith(starts)

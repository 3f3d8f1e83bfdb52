"""Where a run says how it goes, for as long as somebody can read it."""

import os

from rich.console import Console


class Terminal(Console):
    """A run does not end because nobody reads on, or because the disk of its log is full."""

    def on_broken_pipe(self) -> None:
        """To whoever prints; rich's own would exit."""
        raise  # noqa: PLE0704 - called where the error was caught

    def hush(self) -> None:
        """Say nothing more, also not what Python still has to write at its end."""
        self.quiet = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), self.file.fileno())


def say(console: Terminal, line: str) -> None:
    """One line, as it is: nothing in it is markup."""
    try:
        console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)
    except OSError:
        console.hush()

"""Where a run says how it goes, for as long as somebody can read it."""

import os

from rich.console import Console


class Terminal(Console):
    """A run does not end because nobody reads on, or because the disk of its log is full."""

    def _check_buffer(self) -> None:
        """All that rich writes is written here."""
        try:
            super()._check_buffer()
        except OSError:
            self._hush()

    def on_broken_pipe(self) -> None:
        """Rich's own would exit."""
        self._hush()

    def _hush(self) -> None:
        """Say nothing more, also not what Python still has to write at its end."""
        self.quiet = True
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, self.file.fileno())
        os.close(nowhere)


def say(console: Terminal, line: str) -> None:
    """One line, as it is: nothing in it is markup."""
    console.print(line, markup=False, highlight=False, emoji=False, soft_wrap=True)

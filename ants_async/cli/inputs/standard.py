"""Standard input as a list: it comes once and is read twice, so a copy of it is."""

import os
import shutil
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from hashlib import file_digest
from pathlib import Path
from tempfile import TemporaryDirectory

import attrs

from ants_async.cli.files import RecipientFile
from ants_async.cli.inputs.layout import STDIN, Kind, Layout
from ants_async.dispatch.campaign import Campaign


@contextmanager
def opened(file: Path, layout: Layout, campaign: Campaign) -> Iterator[RecipientFile]:
    """FILE, or for `-` a copy of standard input, which is gone with the block.

    Raises `ConfigurationError`, `ValidationError` for a layout that cannot be.
    """
    if file != STDIN:
        yield RecipientFile(file.absolute(), layout, campaign.template, quiet_hours=campaign.quiet_hours)
        return
    with TemporaryDirectory(prefix="ants-async-") as folder:
        copy = Path(folder, f"{campaign.id}.{layout.kind or Kind.CSV}")
        source = RecipientFile(
            copy, layout, campaign.template, copied_for=campaign.id, quiet_hours=campaign.quiet_hours
        )
        with copy.open("xb") as target:
            shutil.copyfileobj(sys.stdin.buffer, target)
        yield source


def keep_beside(ledger: Path, file: RecipientFile) -> RecipientFile:
    """The copy, in a file that only its owner may read, for `resume` to go on from."""
    with file.path.open("rb") as source:
        digest = file_digest(source, "sha256").hexdigest()[:8]
        source.seek(0)
        # By its content: a run that is refused replaces no other's copy.
        target = ledger.absolute().with_name(f"{_start(ledger)}{file.stem}-{digest}.{file.kind}")
        draft = target.with_name(f"{target.name}.{os.getpid()}.tmp")
        try:
            with os.fdopen(os.open(draft, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as there:
                shutil.copyfileobj(source, there)
            draft.replace(target)
        finally:
            draft.unlink(missing_ok=True)
    return attrs.evolve(file, path=target)


def drop(ledger: Path, copy: Path) -> None:
    """Remove a copy that is not needed any more; never any other file."""
    if copy.parent == ledger.absolute().parent and copy.name.startswith(_start(ledger)):
        with suppress(OSError):
            copy.unlink(missing_ok=True)


def _start(ledger: Path) -> str:
    return f"{ledger.name}.list."

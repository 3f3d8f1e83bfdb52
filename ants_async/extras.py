"""What only an extra installs."""

from collections.abc import Iterator
from contextlib import contextmanager

from ants_async.errors import ConfigurationError


@contextmanager
def needing_extra(name: str) -> Iterator[None]:
    """Imports of what only an extra installs; says how to get it when it is missing."""
    try:
        yield
    except ModuleNotFoundError as error:
        advice = f"pip install 'ants-async[{name}]'"
        raise ConfigurationError(f"this needs the extra {name!r}: {advice}") from error

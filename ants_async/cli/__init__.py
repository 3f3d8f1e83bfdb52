"""The operator's door: `ants-async` in a terminal."""

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the `ants-async` command."""
    if not (find_spec("click") and find_spec("rich")):
        sys.stderr.write("ants-async needs its terminal extra: pip install 'ants-async[cli]'\n")
        sys.exit(2)
    from ants_async.cli.root import cli  # noqa: PLC0415 - only now click is known to be there

    cli(prog_name="ants-async")

"""The operator's door: `ants-async` in a terminal."""

import sys
from importlib.util import find_spec


def main() -> None:
    """Run the `ants-async` command."""
    if not (find_spec("click") and find_spec("rich")):
        sys.stderr.write("ants-async needs its terminal extra: pip install 'ants-async[cli]'\n")
        sys.exit(2)
    import click  # noqa: PLC0415 - only now it is known to be there

    from ants_async.cli.root import cli  # noqa: PLC0415

    try:
        code = cli.main(prog_name="ants-async", standalone_mode=False)
    except click.ClickException as error:
        error.show()
        code = error.exit_code
    except click.Abort:  # Ctrl-C before a command listened for it; click's own code for this is 1
        code = 130
    sys.exit(code)

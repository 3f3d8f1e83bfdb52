"""`python -m ants_async.cli` is `ants-async`."""

from ants_async.cli import main

main()

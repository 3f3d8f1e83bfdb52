"""`python -m ants_async` is `ants-async`, where scripts of packages are not on the PATH."""

from ants_async.cli import main

main()

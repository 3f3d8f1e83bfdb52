"""How fast, how small, how steady: `python -m benchmarks`, or one by itself, as README.md says."""

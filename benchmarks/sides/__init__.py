"""The ways to send that are compared: a module each, with `async def run(box, **options)`.

Each runs in a process of its own (`_lib/worker.py`) and does what a person would write with its library:
plain dicts in, the answer read and its accepted messages counted.
"""

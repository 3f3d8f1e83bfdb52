"""Bugs on purpose: what the runner must notice. None of them is in the package."""

import time

from fuzz.target import Target

NEEDLE = b"bug!"


def unnamed_error(data):
    """An exception nobody promised."""
    if NEEDLE in data:
        raise KeyError("messageId")


def endless(data):
    """An input that is never done with."""
    while NEEDLE in data:
        time.sleep(0)


def greedy(data):
    """An input that takes all the memory there is."""
    if NEEDLE in data:
        hoard = []
        while True:
            hoard.append(b"x" * 2**20)


def dead(data):
    """An input that takes the process with it."""
    if NEEDLE in data:
        import os

        os.abort()


SEEDS = (b"good", b"a " + NEEDLE)
PLANTED = {check.__name__: Target(check, SEEDS, share=1) for check in (unnamed_error, endless, greedy, dead)}

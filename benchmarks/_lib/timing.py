"""How long a piece of work takes, by itself."""

import gc
import time
from statistics import median


def per_item(work, items, rounds):
    """Median seconds an item, over so many calls of `work`, which does `items` of them."""
    times = []
    for _ in range(rounds):
        gc.collect()
        started = time.perf_counter()
        work()
        times.append((time.perf_counter() - started) / items)
    return median(times)

"""What is to be reached, as data; and what was."""

import attrs

from benchmarks._lib.results import load


@attrs.frozen
class Goal:
    """`figure` of the results of `benchmark` has to be `sign` (≥ or ≤) `bound`, in `unit`."""

    name: str
    what: str
    benchmark: str
    figure: str
    sign: str
    bound: float
    unit: str

    def is_met(self, value):
        return value >= self.bound if self.sign == "≥" else value <= self.bound

    def shown(self, value):
        """A share in percent, all else with its unit."""
        if self.unit == "%":
            return f"{value:.1%}"
        return f"{value:,.0f} {self.unit}" if value >= 20 else f"{value:.2f} {self.unit}"


BULK, SINGLE = "compare_bulk", "compare_single"
GOALS = (
    Goal("P1", "bulk, memory ledger: aiohttp + orjson by hand", BULK, "memory_to_hand", "≥", 0.65, "×"),
    Goal("P2", "bulk, SQLite ledger: the same", BULK, "disk_to_hand", "≥", 0.35, "×"),
    Goal("P2", "bulk, SQLite ledger: infobip client", BULK, "disk_to_official", "≥", 10, "×"),
    Goal("P3", "single, 32 in flight: httpx.AsyncClient", SINGLE, "ours_to_httpx_at_32", "≥", 12, "×"),
    Goal("P3", "single, 32 in flight: aiohttp by hand", SINGLE, "ours_to_hand_at_32", "≥", 0.9, "×"),
    Goal("P3", "single, 256 in flight: itself at 8", SINGLE, "ours_at_256_to_8", "≥", 0.9, "×"),
    Goal("P4", "peak memory, 1,000,000 recipients", "memory", "peak_mb", "≤", 120, "MB"),
    Goal("P4", "the same: 100,000 recipients", "memory", "growth", "≤", 1.1, "×"),
    Goal("P5", "report calls once ready: ceil(messages / limit)", "tracking", "calls", "≤", 1.3, "×"),
    Goal("P5", "report ready to outcome, median", "tracking", "late", "≤", 2, "s"),
    Goal("P6", "storms: cases that meet all their goals", "storms", "met", "≥", 1, "%"),
    Goal("P7", "import ants_async: import httpx", "start", "import_ratio", "≤", 1.5, "×"),
    Goal("P7", "ants-async --help", "start", "help", "≤", 0.5, "s"),
    Goal("P7", "1,000,000 messages taken up again: first request", "start", "resume", "≤", 3, "s"),
    Goal("P8", "10,000 to 10,000,000 recipients: spread of time", "growth", "time", "≤", 0.15, "%"),
    Goal("P8", "the same: spread of CPU a message", "growth", "cpu", "≤", 0.15, "%"),
)
"""What is measured, then, after a colon, what it is compared with."""


def judged():
    """The goals as rows of a table, by the newest results there are."""
    rows = []
    for goal in GOALS:
        result = load(goal.benchmark)
        value = None if result is None else result["figures"].get(goal.figure)
        met = "not measured" if value is None else "met" if goal.is_met(value) else "NOT MET"
        rows.append(
            {
                "": goal.name,
                "what": goal.what,
                "goal": f"{goal.sign} {goal.shown(goal.bound)}",
                "figure": "" if value is None else goal.shown(value),
                "met": met,
            }
        )
    return rows

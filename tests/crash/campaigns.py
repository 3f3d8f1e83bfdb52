"""Campaigns in processes of their own, killed again and again; the server's own count is the judge.

Each campaign has a simulator of its own in another process, and a failing network of its own. It is killed
with SIGKILL mostly, and with the gentler signals sometimes: at any time, just when the server has handed out
reports, just when it has accepted texts. In between the process is stopped and continued, with a second one
at its ledger, and old copies of the ledger are put back. Then it is run to its end.
"""

import random
import signal
import subprocess
import time
from pathlib import Path

import attrs

from crash.processes import PATIENCE, Place, environment, finish, simulator

FAULTS = "drop-before=0.02,drop-after=0.04,500=0.02"
INTERRUPTED, REFUSED = 130, 2
_GENTLE = (signal.SIGTERM, signal.SIGINT)
_MOMENTS = {
    "at any time": None,
    "with reports in hand": "reports_handed_out",
    "with texts accepted": "accepted",
}


class Breach(AssertionError):
    """Somebody was lost, or texted twice."""


@attrs.define
class Count:
    """What was done, and what came of it."""

    campaigns: int = 0
    messages: int = 0
    kills: int = 0
    kills_with_reports_in_hand: int = 0
    kills_with_texts_accepted: int = 0
    signals: int = 0
    stops: int = 0
    old_copies: int = 0
    deduplicated: int = 0
    unresolved: int = 0
    lost: int = 0
    twice: int = 0


def campaign(folder, seed, *, recipients, kills, count):
    """One campaign, killed so many times, then run to its end. Raises `Breach`."""
    rng = random.Random(seed)
    place = Place(Path(folder))
    mode = rng.choice(["advanced", "advanced", "multi"])
    numbers = [str(66_800_000_000 + number) for number in rng.sample(range(10**6), recipients)]
    options = ["--latency", "20ms", "--delivery-time", "500ms", "--faults", FAULTS, "--seed", seed]
    with simulator(*options) as api:
        words = place.run(api.base_url, "--mode", mode, *_pace(rng, mode))
        for _ in range(kills):
            rng.shuffle(numbers)
            place.write(numbers)
            if _interrupt(words, rng, api, count):
                break
            # Mode multi needs a ledger that knows at least of the campaign: `docs/promises.md`.
            if rng.random() < 0.15 and api.stats()["accepted"]:
                place.keep_copy()
            elif rng.random() < 0.15:
                count.old_copies += place.put_back_copy()
        done = finish(words)
        if done.returncode != 0:
            raise Breach(f"it did not come to its end: {done.stdout[-500:]}{done.stderr[-2000:]}")
        stats = api.stats()
    rows = place.rows()
    count.campaigns += 1
    count.messages += recipients
    count.deduplicated += sum(row["deduplicated"] == "true" for row in rows)
    judge(stats, rows, numbers, count)


def _pace(rng, mode):
    """Without ids each unclear request has ten seconds to settle: fewer and larger ones."""
    if mode == "multi":
        return "--chunk", 100, "--concurrency", 8
    return "--chunk", rng.choice([10, 20, 100]), "--concurrency", rng.randint(1, 4)


def judge(stats, rows, numbers, count):
    """The server's word, and the results. Raises `Breach`."""
    count.twice += stats["accepted"] - stats["accepted_recipients"]
    count.lost += len(numbers) - stats["accepted_recipients"]
    count.unresolved += sum(row["outcome"] != "final" for row in rows)
    if not stats["accepted"] == stats["accepted_recipients"] == len(numbers):
        raise Breach(f"{len(numbers)} recipients, and the server says {stats}")
    if sorted(row["to"] for row in rows) != sorted(numbers):
        raise Breach("the results are not one row a recipient")
    if {row["outcome"] for row in rows} != {"final"}:
        raise Breach("somebody has no final status")


def _interrupt(words, rng, api, count):
    """Let it run for a moment, and end it; True when it came to its end before."""
    process = subprocess.Popen(words, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    moment = rng.choice(list(_MOMENTS))
    number = signal.SIGKILL if rng.random() < 0.9 else rng.choice(_GENTLE)
    struck = _await_moment(process, rng, api, _MOMENTS[moment])
    if struck and _MOMENTS[moment] and process.poll() is None and rng.random() < 0.1:
        _stop_and_continue(process, words, count)
    process.send_signal(number)
    code = process.wait(PATIENCE)
    if code == 0:
        return True
    if code == -signal.SIGKILL:
        count.kills += 1
        count.kills_with_reports_in_hand += struck and moment == "with reports in hand"
        count.kills_with_texts_accepted += struck and moment == "with texts accepted"
    elif code in {INTERRUPTED, -signal.SIGTERM, -signal.SIGINT}:  # before it listened for signals: at once
        count.signals += 1
    else:
        raise Breach(f"exit code {code} after {signal.Signals(number).name}")
    return False


def _await_moment(process, rng, api, figure):
    """Wait for a time, or for the server's figure to grow once or some times more; False when it did not."""
    if figure is None:
        try:
            process.wait(rng.uniform(0.3, 4.0))
        except subprocess.TimeoutExpired:
            return True
        return False
    times, seen, end = rng.randint(1, 4), api.stats()[figure], time.monotonic() + 15.0
    while process.poll() is None and time.monotonic() < end:
        now = api.stats()[figure]
        if now != seen:
            seen, times = now, times - 1
        if not times:
            return True
    return False


def _stop_and_continue(process, words, count):
    """A process that stands still, past its requests' turns, keeps its ledger: a second one is refused."""
    process.send_signal(signal.SIGSTOP)
    second = finish(words)
    if second.returncode != REFUSED or "is in use by another process" not in second.stderr:
        raise Breach(f"a second process at the ledger: {second.returncode} {second.stdout}{second.stderr}")
    process.send_signal(signal.SIGCONT)
    count.stops += 1

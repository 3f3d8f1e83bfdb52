"""What is asked of whole clients: each check says what it saw, and what of it breaks a goal."""

from functools import partial

from storms.api import melt_down, starved, two_clients, waiters
from storms.cases import FIRST_SEED, Case
from storms.goals import goal


def check_waiters(server, limit, trip, seed, retry_after=None):
    """Nobody starves in the line."""
    calls = waiters(server, limit, trip, seed, retry_after=retry_after)
    longest = max(call.answered - call.asked for call in calls)
    name = f"waiters, {server}, {limit}/s, {trip * 1000:g} ms, Retry-After {retry_after or 'none'}"
    words = f"{name}: {len(calls):,} calls, the longest wait {longest:.1f} s"
    left = starved(calls, limit)
    return words, [f"{name}: {len(left)} calls starved"] if left else []


def check_two_clients(server, limit, trip, seed, retry_after=None):
    """The sum of two is as good as one: the goals of `goals.py`."""
    goodput, refused = two_clients(server, limit, trip, seed, retry_after=retry_after)
    name = f"two whole clients, {server}, {limit}/s, {trip * 1000:g} ms, Retry-After {retry_after or 'none'}"
    words = f"{name}: {goodput:.1%}, {refused:.2%} refused"
    case = Case("second client", server, trip, "none" if retry_after is None else "one", limit, seed)
    wanted = goal(case)
    found = [f"{words}, goal {wanted.goodput:.1%}"] if goodput < wanted.goodput else []
    return words, found + ([f"{words}, goal {wanted.refused:.2%}"] if refused > wanted.refused else [])


def check_melt_down(share, limit, trip, seed):
    """The retry budget holds, the pace does not rise, and afterwards all is as before."""
    seen = melt_down(share, limit, trip, seed)
    name = f"melt-down, {share:.0%} of requests fail, {limit}/s, {trip * 1000:g} ms"
    words = (
        f"{name}: {seen.requests:,} requests for {seen.messages:,} messages,"
        f" {seen.fastest:.0f}/s at most, {seen.after:.0%} afterwards"
    )
    found = []
    if seen.requests > seen.allowed:
        found.append(f"{name}: {seen.requests:,} requests, {seen.allowed:,.0f} allowed")
    # A quarter more: a bucket has a burst to give. And requests that fail are not counted by the limit.
    if seen.fastest > 1.25 * limit / (1 - share if share < 1 else 1):
        found.append(
            f"{name}: {seen.fastest:.0f} requests a second, more than the server takes when it is well"
        )
    if seen.after < 0.9:
        found.append(f"{name}: {seen.after:.0%} of the limit afterwards")
    return words, found


WHOLES = (
    partial(check_waiters, "fixed window", 5, 0.05, FIRST_SEED),
    partial(check_waiters, "fixed window", 21, 0.3, FIRST_SEED, "1"),
    partial(check_waiters, "sliding window", 43, 0.05, FIRST_SEED),
    partial(check_waiters, "token bucket", 60, 0.005, FIRST_SEED, "1"),
    partial(check_two_clients, "fixed window", 43, 0.05, FIRST_SEED),
    partial(check_two_clients, "sliding window", 60, 0.05, FIRST_SEED, "1"),
    partial(check_two_clients, "token bucket", 43, 0.005, FIRST_SEED),
    partial(check_melt_down, 1.0, 43, 0.05, FIRST_SEED),
    partial(check_melt_down, 0.5, 43, 0.3, FIRST_SEED),
    partial(check_melt_down, 0.1, 21, 0.005, FIRST_SEED),
)


def check_whole(check):
    """Run one of them (a process of the pool cannot take a lambda)."""
    return check()

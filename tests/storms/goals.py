"""What is asked of a client that is not told the limit, and where arithmetic allows less."""

import math

import attrs

CHANGE = 60.0
"""When the limit moves, or a storm begins ..."""

STORM_END = 90.0
"""... and when the storm is over."""


@attrs.frozen
class Goal:
    """`goodput`: at least this share of the limit. `refused`: at most this share; in a storm, this number."""

    goodput: float
    refused: float


def goal(case):
    """The goal of one case."""
    slow = case.limit < 20
    match case.scenario:
        case "steady":
            return Goal(0.88, 0.02) if slow else Goal(0.95, 0.01)
        case "second client":
            return _second_client(case, slow=slow)
        case "halves":
            return Goal(0.0, 0.02)
        case "doubles":
            return Goal(0.9, 1.0)
        case "storm":
            return Goal(0.9, _inside_a_storm(case))
    raise ValueError(case.scenario)


def _second_client(case, *, slow):
    """Two clients that do not know of each other are judged by their sum.

    *Windows.* A window of L holds two even streams of a and b requests a second for sure only while
    ceil(a) + ceil(b) <= L: where the two pass each other, a window sees one more than a + b. So the most that
    two such clients can have without refusals is L - 1. A bucket has no such grain.

    *Windows that ask for a pause.* The newcomer gets its share by growing until the other one is refused,
    step by step, and each step costs a pause of 1 to 1.25 s, mostly of the larger one: eight steps are 5 % of
    these three minutes. That is what cuts of 2 to 7 % a step cost, not a law of nature.

    *Buckets.* A second's worth of tokens hides the limit L from slow start. A rate that grows by 0.8 per
    accept is at x L when they are used up, where x - 1 - ln x = 0.8: x = 2.6. Until the first refusal is
    back, 1.6 L trip of its requests are refused; for two clients 3.2 L trip, of L requests in each second.
    """
    bucket = case.server == "token bucket"
    grain = 0.0 if bucket else 1 / case.limit
    hidden = 3.2 * case.trip / case.end if bucket else 0.0
    if slow:
        return Goal(0.88 - grain, 0.02)
    dear = not bucket and case.retry_after != "none"
    return Goal((0.90 if dear else 0.95) - grain, 0.01 + hidden)


def _inside_a_storm(case):
    """Twenty; or, over a long way, those that had left before the first refusal was back, and ten more.

    At 260 requests a second and 300 ms there and back, 78 arrive in a closed server before any client can
    know, whatever it does.
    """
    in_flight = math.ceil(1.1 * case.limit * case.trip)  # a bucket's client may be above its limit a little
    return max(20, in_flight + 10)

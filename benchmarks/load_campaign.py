"""A campaign worker under load: a limit it is not told, reports after 2 to 10 s, along the time.

250,000 recipients to an API that takes 20 requests a second (10,000 messages) and refuses more with 429; all
settings of the client at their defaults. `python -m benchmarks.load_campaign [--smoke]`
"""

from benchmarks._lib.command import benchmark
from benchmarks._lib.results import Result
from benchmarks._lib.rounds import Side, fresh
from benchmarks._lib.stub import running_stub

LIMIT = 20


def measure(options):
    size = 2_000 if options.smoke else 250_000
    delays = (0.0, 0.0) if options.smoke else (2.0, 10.0)
    side = Side("campaign worker", "campaign_ours", most=size, stub={"limit": LIMIT, "delays": delays})
    with running_stub() as stub:
        found = fresh(side, stub)
    seconds = {int(second): counts for second, counts in found["stub"]["seconds"].items()}
    accepted, refused = (sum(counts[place] for counts in seconds.values()) for place in (0, 1))
    sending = max(seconds) + 1
    figures = {
        "share_of_limit": accepted / sending / LIMIT,
        "refused": refused / (accepted + refused),
        "wall": found["wall"],
        "peak_mb": found["peak_mb"],
    }
    rows = [
        {"what": "recipients, all final", "figure": found["messages"]},
        {"what": "seconds to the last receipt", "figure": sending},
        {"what": "seconds to the last final outcome", "figure": found["wall"]},
        {"what": "requests accepted, of what the limit allows", "figure": f"{figures['share_of_limit']:.1%}"},
        {"what": "requests refused with 429", "figure": f"{figures['refused']:.2%}"},
        {"what": "calls for reports", "figure": found["stub"]["requests"]["/sms/1/reports"]},
        {"what": "CPU of the worker, s", "figure": found["cpu"]},
        {"what": "peak memory of the worker, MB", "figure": found["peak_mb"]},
    ]

    def draw(figure):
        rate, progress, memory = figure.subplots(3, 1, sharex=True)
        lines = found["lines"]
        at = [line["at"] for line in lines]
        whole = range(max(seconds) + 1)
        rate.plot(whole, [seconds.get(n, (0, 0))[0] for n in whole], label="accepted")
        rate.plot(whole, [seconds.get(n, (0, 0))[1] for n in whole], color="#cc3311", label="refused")
        rate.plot(at, [line["rate"] for line in lines], color="#999999", lw=0.8, label="pace of the client")
        rate.axhline(LIMIT, color="k", ls="--", label="limit")
        rate.set(ylabel="requests/s", ylim=(0, 2 * LIMIT))
        progress.plot(at, [line["accepted"] for line in lines], label="accepted")
        progress.plot(at, [line["final"] for line in lines], label="final")
        progress.set_ylabel("messages")
        memory.plot(at, [line["memory"] for line in lines])
        memory.set(ylabel="memory, MB", xlabel="seconds", ylim=(0, None))
        rate.legend(fontsize="small")
        progress.legend(fontsize="small")

    return Result(figures, rows, draw, raw=found, size=(9.0, 8.0))


if __name__ == "__main__":
    benchmark(__file__, __doc__, measure)
